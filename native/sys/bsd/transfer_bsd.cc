// sendfile(2) of macOS and FreeBSD. OpenBSD and NetBSD have no sendfile(2), and nothing stands in for it.
//
// Both say in one variable how many bytes went out, and say so too when they fail with EAGAIN (a non-blocking socket
// took only a part, or nothing) or EINTR: those bytes are on their way and must be counted. What the variable is worth
// after other errors no manual says. 0 bytes asked for would mean "to the end of the file", so that is never asked.
#include "../transfer.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>

#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr size_t kMaxBytes = 0x7ffff000;  // as on Linux; the kernels would take more

#if defined(__APPLE__) || defined(__FreeBSD__)
constexpr bool kHasSendfile = true;
#else
constexpr bool kHasSendfile = false;
#endif

// *moved: how many bytes went out, after success, EAGAIN and EINTR.
int call(int out_fd, int in_fd, off_t offset, size_t count, off_t* moved) {
#if defined(__APPLE__)
  *moved = static_cast<off_t>(count);
  return ::sendfile(in_fd, out_fd, offset, moved, nullptr, 0);
#elif defined(__FreeBSD__)
  *moved = 0;
  return ::sendfile(in_fd, out_fd, offset, count, nullptr, moved, 0);
#else
  *moved = 0;
  static_cast<void>(out_fd), static_cast<void>(in_fd), static_cast<void>(offset), static_cast<void>(count);
  errno = ENOSYS;
  return -1;
#endif
}

}  // namespace

bool has_sendfile() { return kHasSendfile; }

Result transfer_sendfile(int out_fd, int in_fd, int64_t offset, size_t count) {
  if (count == 0) return 0;
  return retry_send([=]() -> int64_t {
    off_t moved;
    if (call(out_fd, in_fd, offset, std::min(count, kMaxBytes), &moved) == 0) return moved;
    const bool may_have_moved = is_would_block(errno) || errno == EINTR;
    return may_have_moved && moved > 0 ? moved : -1;
  });
}

}  // namespace fdreactor
