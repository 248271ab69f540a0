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

const int kStreamNoMemory = ENOMEM;

bool stream_is_socket(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

bool stream_is_write_only(int fd) { return (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY; }

Result stream_receive(int fd, bool is_socket, Bytes room) {
  return is_socket ? socket_receive(fd, room, 0) : fd_read(fd, room);
}

// SIGPIPE is blocked in this thread (sigpipe.h), so writev(2) needs no flag against it.
Result stream_send(int fd, bool is_socket, const Bytes* parts, size_t count) {
  if (count == 1 && is_socket) return socket_send(fd, parts[0], 0);
  return count == 1 ? fd_write(fd, parts[0]) : fd_writev(fd, parts, count);
}

void stream_shutdown(int fd, bool is_socket) {
  if (is_socket) ::shutdown(fd, SHUT_WR);
}

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
