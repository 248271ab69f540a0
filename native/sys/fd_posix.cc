#include "fd.h"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <climits>

#include "errno_result.h"
#include "io_size.h"
#include "new_fd.h"

namespace fdreactor {
namespace {

static_assert(kMostSpans <= IOV_MAX, "every list that is let through must fit in one call");
static_assert(sizeof(Span) == sizeof(iovec) && offsetof(Span, size) == offsetof(iovec, iov_len),
              "a Span is passed to the kernel as an iovec");

const iovec* as_iovec(const Span* spans) { return reinterpret_cast<const iovec*>(spans); }

}  // namespace

Result fd_read(int fd, Span buffer) {
  buffer = within_limit(buffer);
  return retry_eintr([=] { return ::read(fd, buffer.data, buffer.size); });
}

Result fd_write(int fd, Span buffer) {
  buffer = within_limit(buffer);
  return retry_send([=] { return ::write(fd, buffer.data, buffer.size); });
}

Result fd_readv(int fd, const Span* buffers, size_t count) {
  const size_t fitting = spans_within_limit(buffers, count);
  if (fitting == 0 && count > 0) return fd_read(fd, buffers[0]);
  return retry_eintr([=] { return ::readv(fd, as_iovec(buffers), static_cast<int>(fitting)); });
}

Result fd_writev(int fd, const Span* buffers, size_t count) {
  const size_t fitting = spans_within_limit(buffers, count);
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

bool fd_is_readable(int fd) {
  pollfd watched = {fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace fdreactor
