// Winsock's side of fd.h: an fd is a SOCKET. (There are no pipes among them, and nothing here asks whether one is
// readable without a port.)
#include "../fd.h"

#include "../fd_identity.h"
#include "../socket.h"
#include "transfer_windows.h"
#include "winsock.h"

namespace fdreactor {
namespace {

// Buffers as Winsock takes them, no more than `max` bytes together.
struct BufferList {
  WSABUF buffers[kMaxBuffers];
  DWORD count = 0;
  size_t bytes = 0;

  BufferList(const Bytes* given, size_t given_count, size_t max) {
    for (size_t i = 0; i < given_count && bytes < max; ++i) {
      if (given[i].size == 0) continue;
      const auto length = static_cast<ULONG>(std::min(given[i].size, max - bytes));
      buffers[count++] = {length, static_cast<char*>(given[i].data)};
      bytes += length;
    }
  }
};

// close(2) waits for what SO_LINGER asked for, whether the socket blocks or not. closesocket() refuses to, and leaves a
// non-blocking one open.
Result close_lingering(SOCKET socket) {
  u_long non_blocking = 0;
  if (::ioctlsocket(socket, FIONBIO, &non_blocking) != 0) return last_wsa_error();
  return from_wsa_call(::closesocket(socket));
}

}  // namespace

// Nothing asked for is nothing done, as read(2) has it; Winsock would wait for data.
Result fd_read(int fd, Bytes buffer) { return buffer.size == 0 ? check_socket(fd) : socket_receive(fd, buffer, 0); }

Result fd_write(int fd, Bytes buffer) { return socket_send(fd, buffer, 0); }

Result fd_readv(int fd, const Bytes* buffers, size_t count) {
  BufferList list(buffers, count, kMaxBytesToReceive);
  if (list.count == 0) return check_socket(fd);
  DWORD received = 0;
  DWORD flags = 0;
  if (::WSARecv(socket_of(fd), list.buffers, list.count, &received, &flags, nullptr, nullptr) == 0) return received;
  const int error = WSAGetLastError();
  return error == WSAEMSGSIZE ? static_cast<Result>(list.bytes) : from_wsa_error(error);
}

Result fd_writev(int fd, const Bytes* buffers, size_t count) {
  BufferList list(buffers, count, kMaxBytesToSend);
  if (list.count == 0) return check_socket(fd);
  DWORD sent = 0;
  const int result = ::WSASend(socket_of(fd), list.buffers, list.count, &sent, 0, nullptr, nullptr);
  return result == 0 ? static_cast<Result>(sent) : last_wsa_error();
}

Result fd_close(int fd) {
  transfer_forget_socket(fd);
  fd_identity_ends(fd);  // before the number is free, or the next owner's identity would end
  const Result result = from_wsa_call(::closesocket(socket_of(fd)));
  return result == kWouldBlock ? close_lingering(socket_of(fd)) : result;
}

Result fd_set_non_blocking(int fd, bool on) {
  u_long non_blocking = on ? 1 : 0;
  return from_wsa_call(::ioctlsocket(socket_of(fd), FIONBIO, &non_blocking));
}

// Winsock does not say which mode a socket has, so the mode is set in any case.
Result fd_ensure_non_blocking(int fd) { return fd_set_non_blocking(fd, true); }

}  // namespace fdreactor
