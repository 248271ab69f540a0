// sendfile(2), splice(2), tee(2), vmsplice(2). None of them has a MSG_NOSIGNAL: see sigpipe.h.
#include "transfer.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <algorithm>
#include <climits>

#include "errno_result.h"

namespace fdreactor {
namespace {

constexpr size_t kMostBytes = 0x7ffff000;  // what Linux moves in one call at most, on every architecture

// Never waits: vmsplice(2) does not look at the pipe's own O_NONBLOCK, and the others not on every kernel.
unsigned non_blocking(unsigned flags) { return flags | SPLICE_F_NONBLOCK; }

size_t clamp(size_t count) { return std::min(count, kMostBytes); }

}  // namespace

Result transfer_sendfile(int out_fd, int in_fd, int64_t offset, size_t count) {
  return retry_eintr([=] {
    off_t position = offset;
    return ::sendfile(out_fd, in_fd, &position, clamp(count));
  });
}

Result transfer_splice(int in_fd, int64_t in_offset, int out_fd, int64_t out_offset, size_t length, unsigned flags) {
  return retry_eintr([=] {
    loff_t in_position = in_offset;
    loff_t out_position = out_offset;
    return ::splice(in_fd, in_offset == kNoOffset ? nullptr : &in_position, out_fd,
                    out_offset == kNoOffset ? nullptr : &out_position, clamp(length), non_blocking(flags));
  });
}

Result transfer_tee(int in_fd, int out_fd, size_t length, unsigned flags) {
  return retry_eintr([=] { return ::tee(in_fd, out_fd, clamp(length), non_blocking(flags)); });
}

Result transfer_vmsplice(int fd, const Span* buffers, size_t count, unsigned flags) {
  return retry_eintr(
      [=] { return ::vmsplice(fd, reinterpret_cast<const iovec*>(buffers), count, non_blocking(flags)); });
}

Result transfer_set_pipe_size(int fd, size_t bytes) {
  return from_call(::fcntl(fd, F_SETPIPE_SZ, static_cast<int>(std::min<size_t>(bytes, INT_MAX))));
}

Result transfer_bytes_in_pipe(int fd) {
  int bytes = 0;
  const Result result = from_call(::ioctl(fd, FIONREAD, &bytes));
  return result < 0 ? result : bytes;
}

}  // namespace fdreactor
