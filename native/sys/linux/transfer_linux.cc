// sendfile(2), splice(2), tee(2), vmsplice(2). None of them has a MSG_NOSIGNAL: see sigpipe.h.
#include "../transfer.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr size_t kMaxBytes = 0x7ffff000;  // what Linux moves in one call at most, on every architecture

// Never waits: vmsplice(2) does not look at the pipe's own O_NONBLOCK, and the others not on every kernel.
unsigned non_blocking(unsigned flags) { return flags | SPLICE_F_NONBLOCK; }

size_t clamp(size_t count) { return std::min(count, kMaxBytes); }

// How many bytes a pipe holds. The reading end is refused: there vmsplice(2) reads out of the pipe, into the buffers.
Result size_of_writable_pipe(int fd) {
  const Result mode = from_call(::fcntl(fd, F_GETFL));
  if (mode < 0) return mode;
  return (mode & O_ACCMODE) == O_RDONLY ? failure(EBADF) : from_call(::fcntl(fd, F_GETPIPE_SZ));
}

// A copy of buffers, of `max` bytes at most, in pages that nothing else is in. Once they are unmapped, the pages
// belong to the pipes and sockets that refer to them, and are free when the last of these has let go.
class OwnPages {
 public:
  OwnPages(const Bytes* buffers, size_t count, size_t max) {
    for (size_t i = 0; i < count && size_ < max; ++i) size_ += std::min(buffers[i].size, max - size_);
    if (size_ == 0) return;
    pages_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (failed()) return;
    size_t copied = 0;
    for (size_t i = 0; copied < size_; ++i) {
      const size_t length = std::min(buffers[i].size, size_ - copied);
      if (length > 0) std::memcpy(static_cast<char*>(pages_) + copied, buffers[i].data, length);
      copied += length;
    }
  }
  OwnPages(const OwnPages&) = delete;
  OwnPages& operator=(const OwnPages&) = delete;
  ~OwnPages() {
    if (pages_ != nullptr && !failed()) ::munmap(pages_, size_);
  }

  bool failed() const { return pages_ == MAP_FAILED; }
  iovec whole() const { return {pages_, size_}; }

 private:
  void* pages_ = nullptr;
  size_t size_ = 0;
};

// Asks the kernel, in a set of its own. Which devices can be polled is written nowhere else.
Result unwatchable(int fd) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return from_errno();
  epoll_event none = {};
  const bool refused = ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &none) != 0 && errno == EPERM;
  ::close(set);
  return refused ? kSideUnwatchable : 0;
}

// A terminal that hung up is known by EIO, which is what it answers to any ioctl(2). musl's isatty(3) hides the error.
Result side_of_device(int fd) {
  termios settings = {};
  if (::tcgetattr(fd, &settings) == 0) return kSideTerminal;
  return errno == EIO ? kSideHungUp : unwatchable(fd);
}

}  // namespace

bool has_sendfile() { return true; }

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

// The pipe, and whatever the bytes are teed or spliced to, refers to the pages long after the call, and nothing tells
// when that ends. So they are never the caller's: V8 would use the memory again, and show what is in it by then.
Result transfer_vmsplice(int fd, const Bytes* buffers, size_t count, unsigned flags) {
  const Result room = size_of_writable_pipe(fd);
  if (room < 0) return room;
  const OwnPages copy(buffers, count, static_cast<size_t>(room));
  if (copy.failed()) return failure(ENOMEM);
  const iovec part = copy.whole();
  return retry_eintr([&] { return ::vmsplice(fd, &part, 1, non_blocking(flags)); });
}

Result transfer_set_pipe_size(int fd, size_t bytes) {
  return from_call(::fcntl(fd, F_SETPIPE_SZ, static_cast<int>(std::min<size_t>(bytes, INT_MAX))));
}

Result transfer_bytes_in_pipe(int fd) {
  int bytes = 0;
  const Result result = from_call(::ioctl(fd, FIONREAD, &bytes));
  return result < 0 ? result : bytes;
}

Result transfer_side(int fd) {
  const Result mode = from_call(::fcntl(fd, F_GETFL));
  if (mode < 0) return mode;
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return from_errno();
  const Result appends = (mode & O_APPEND) != 0 ? kSideAppends : 0;
  switch (status.st_mode & S_IFMT) {
    case S_IFIFO:
      return 0;
    case S_IFSOCK:
      return appends;
    case S_IFREG:
    case S_IFDIR:
    case S_IFBLK:
      return appends | kSideUnwatchable;
    default: {
      const Result side = side_of_device(fd);
      return side < 0 ? side : appends | side;
    }
  }
}

}  // namespace fdreactor
