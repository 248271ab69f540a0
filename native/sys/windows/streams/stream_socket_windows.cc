// Winsock's side of stream_socket.h: a stream is a socket in any case.
#include "../../streams/stream_socket.h"

#include "../../socket.h"
#include "../winsock.h"

namespace fdreactor {

const int kStreamNoMemory = ERROR_NOT_ENOUGH_MEMORY;
const int kStreamBrokenPipe = ERROR_BROKEN_PIPE;

StreamFd stream_kind(int fd) {
  int type = 0;
  int length = sizeof type;
  if (check_socket(fd) < 0) return StreamFd::kNoSocket;
  const int result = ::getsockopt(socket_of(fd), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &length);
  return result == 0 && (type == SOCK_DGRAM || type == SOCK_RAW) ? StreamFd::kDatagrams : StreamFd::kStream;
}

bool stream_only_sends(int) { return false; }

Result stream_receive(int fd, bool, Bytes room) { return socket_receive(fd, room, 0); }

Result stream_send(int fd, bool, const Bytes* parts, size_t count, bool) {
  return count == 1 ? socket_send(fd, parts[0], 0) : fd_writev(fd, parts, count);
}

void stream_shutdown(int fd) { ::shutdown(socket_of(fd), SD_SEND); }

int stream_take_error(int fd, bool) {
  const Result error = socket_take_error(fd);
  return error > 0 ? static_cast<int>(error) : 0;
}

void stream_set_no_delay(int fd) {
  const BOOL on = TRUE;
  ::setsockopt(socket_of(fd), IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&on), sizeof on);
}

void stream_make_close_reset(int fd) {
  const linger now = {1, 0};
  ::setsockopt(socket_of(fd), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&now), sizeof now);
}

}  // namespace fdreactor
