#include "../streams/stream_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../socket.h"
#include "errno_result.h"
#include "new_fd.h"

namespace fdreactor {
namespace {

#ifdef MSG_MORE
constexpr int kMore = MSG_MORE;
#else
constexpr int kMore = 0;
#endif

}  // namespace

const int kStreamNoMemory = ENOMEM;
const int kStreamBrokenPipe = EPIPE;

StreamFd stream_kind(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return StreamFd::kNoSocket;
  return type == SOCK_DGRAM || type == SOCK_RAW ? StreamFd::kDatagrams : StreamFd::kStream;
}

bool stream_only_sends(int fd) { return (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY; }

Result stream_receive(int fd, bool is_socket, Bytes room) {
  return is_socket ? socket_receive(fd, room, 0) : fd_read(fd, room);
}

// SIGPIPE is blocked in this thread (sigpipe.h), so writev(2) needs no flag against it.
Result stream_send(int fd, bool is_socket, const Bytes* parts, size_t count, bool is_corked) {
  if (!is_socket) return count == 1 ? fd_write(fd, parts[0]) : fd_writev(fd, parts, count);
  if (count > 1 && !is_corked) return fd_writev(fd, parts, count);
  // Of several parts all but the last are sent corked as well.
  Result sent = 0;
  for (size_t i = 0; i < count; ++i) {
    const Result now = socket_send(fd, parts[i], is_corked ? kMore : 0);
    if (now < 0) return sent > 0 && now == kWouldBlock ? sent : now;
    sent += now;
    if (static_cast<size_t>(now) < parts[i].size) break;
  }
  return sent;
}

void stream_shutdown(int fd) { ::shutdown(fd, SHUT_WR); }

int stream_take_error(int fd, bool is_socket) {
  const Result error = is_socket ? socket_take_error(fd) : 0;
  return error > 0 ? static_cast<int>(error) : 0;
}

void stream_set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void stream_make_close_reset(int fd) {
  const linger now = {1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace fdreactor
