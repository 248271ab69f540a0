#include "../fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <climits>

#include "../io_size.h"
#include "errno_result.h"
#include "new_fd.h"

namespace fdreactor {
namespace {

static_assert(kMaxBuffers <= IOV_MAX, "every list that is let through must fit in one call");
static_assert(sizeof(Bytes) == sizeof(iovec) && offsetof(Bytes, size) == offsetof(iovec, iov_len),
              "a Bytes is passed to the kernel as an iovec");

const iovec* as_iovec(const Bytes* buffers) { return reinterpret_cast<const iovec*>(buffers); }

Result file_flags(int fd) { return from_call(::fcntl(fd, F_GETFL)); }

Result set_non_blocking(int fd, Result flags, bool on) {
  const auto now = static_cast<int>(flags);
  const int wanted = on ? now | O_NONBLOCK : now & ~O_NONBLOCK;
  return wanted == now ? 0 : from_call(::fcntl(fd, F_SETFL, wanted));
}

// A terminal's open file is the shell's too. The master of a pseudo-terminal is not one: only Linux can tell it apart.
bool is_shared_terminal(int fd) {
  if (::isatty(fd) == 0) return false;
#ifdef TIOCGPTN
  unsigned number = 0;
  return ::ioctl(fd, TIOCGPTN, &number) != 0;
#else
  return true;
#endif
}

}  // namespace

Result fd_read(int fd, Bytes buffer) {
  buffer = within_limit(buffer);
  return retry_eintr([=] { return ::read(fd, buffer.data, buffer.size); });
}

Result fd_write(int fd, Bytes buffer) {
  buffer = within_limit(buffer);
  return retry_send([=] { return ::write(fd, buffer.data, buffer.size); });
}

Result fd_readv(int fd, const Bytes* buffers, size_t count) {
  const size_t fitting = buffers_within_limit(buffers, count);
  if (fitting == 0 && count > 0) return fd_read(fd, buffers[0]);
  return retry_eintr([=] { return ::readv(fd, as_iovec(buffers), static_cast<int>(fitting)); });
}

Result fd_writev(int fd, const Bytes* buffers, size_t count) {
  const size_t fitting = buffers_within_limit(buffers, count);
  if (fitting == 0 && count > 0) return fd_write(fd, buffers[0]);
  return retry_send([=] { return ::writev(fd, as_iovec(buffers), static_cast<int>(fitting)); });
}

// The number is free after either error, on all systems here: EINTR (close(2)), and ECONNRESET, which FreeBSD says of a
// connection that the peer has reset before all was sent.
Result fd_close(int fd) {
  const int returned = ::close(fd);
  return returned < 0 && (errno == EINTR || errno == ECONNRESET) ? 0 : from_call(returned);
}

Result fd_pipe(int* read_fd, int* write_fd) {
  int fds[2];
  const Result result = new_pipe(fds);
  if (result < 0) return result;
  *read_fd = fds[0];
  *write_fd = fds[1];
  return 0;
}

Result fd_set_non_blocking(int fd, bool on) {
  const Result flags = file_flags(fd);
  return flags < 0 ? flags : set_non_blocking(fd, flags, on);
}

Result fd_is_non_blocking(int fd) {
  const Result flags = file_flags(fd);
  return flags < 0 ? flags : (flags & O_NONBLOCK) != 0;
}

Result fd_ensure_non_blocking(int fd) {
  const Result flags = file_flags(fd);
  if (flags < 0) return flags;
  if ((flags & O_NONBLOCK) != 0 || is_shared_terminal(fd)) return 0;
  const Result result = set_non_blocking(fd, flags, true);
  return result < 0 ? result : 1;
}

Result fd_duplicate(int fd) { return from_call(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

Result fd_file_size(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return from_plain_call(-1);
  if (S_ISDIR(status.st_mode)) return failure(EISDIR);
  return S_ISREG(status.st_mode) ? status.st_size : failure(EINVAL);
}

Result fd_traits(int fd) {
  const Result flags = file_flags(fd);
  if (flags < 0) return flags;
  const int access = static_cast<int>(flags) & O_ACCMODE;
  const int directions = access == O_RDWR ? kFdReads | kFdWrites : (access == O_WRONLY ? kFdWrites : kFdReads);
  struct stat file = {};
  const Result found = from_call(::fstat(fd, &file));
  if (found < 0) return found;
  if (S_ISSOCK(file.st_mode)) return directions | kFdSocket;
  if (S_ISFIFO(file.st_mode)) return directions | kFdPipe;
  if (S_ISREG(file.st_mode) || S_ISDIR(file.st_mode) || S_ISBLK(file.st_mode)) return directions | kFdOnDisk;
  return ::isatty(fd) != 0 ? directions | kFdTerminal : directions;
}

bool fd_is_readable(int fd) {
  pollfd watched = {fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace fdreactor
