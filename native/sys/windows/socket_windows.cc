#include "../socket.h"

#include "../socket_options.h"
#include "winsock.h"

namespace fdreactor {

const int kSocketpairDomain = AF_INET;

namespace {

constexpr int kMaxAbortedConnections = 16;  // in one accept; a system that says nothing else is told to the caller

sockaddr* as_sockaddr(Address* address) { return reinterpret_cast<sockaddr*>(address->storage); }
const sockaddr* as_sockaddr(const Address& address) { return reinterpret_cast<const sockaddr*>(address.storage); }
int length_of(const Address& address) { return static_cast<int>(address.length); }

// The system says how long the address is. A stream has no sender's address: then the system writes neither the address
// nor the length.
void keep_length(Address* address, int length) {
  const bool is_filled = as_sockaddr(address)->sa_family != AF_UNSPEC && length > 0;
  address->length = is_filled ? std::min<uint32_t>(static_cast<uint32_t>(length), sizeof address->storage) : 0;
}

using NameCall = int(WSAAPI*)(SOCKET, sockaddr*, int*);

Result name_of(NameCall call, int fd, Address* address) {
  *address = {};
  int length = sizeof address->storage;
  const Result result = from_wsa_call(call(socket_of(fd), as_sockaddr(address), &length));
  if (result >= 0) keep_length(address, length);
  return result;
}

// An ICMP message "port unreachable" or "time exceeded" is the answer to one of our datagrams, and fails the next
// recvfrom() of its socket: for a server a stranger's fault. Linux tells connected sockets only, and so do we. Systems
// that lack the second one are no reason to refuse a socket.
void tell_of_icmp_errors(SOCKET socket, bool tell) {
  constexpr DWORD kUdpConnReset = _WSAIOW(IOC_VENDOR, 12);  // SIO_UDP_CONNRESET
  constexpr DWORD kUdpNetReset = _WSAIOW(IOC_VENDOR, 15);   // SIO_UDP_NETRESET
  BOOL value = tell ? TRUE : FALSE;
  DWORD bytes = 0;
  for (const DWORD code : {kUdpConnReset, kUdpNetReset}) {
    ::WSAIoctl(socket, code, &value, sizeof value, nullptr, 0, &bytes, nullptr, nullptr);
  }
}

int type_of(SOCKET socket) {
  int type = 0;
  int length = sizeof type;
  const int result = ::getsockopt(socket, SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &length);
  return result == 0 ? type : 0;
}

Result closed_with(SOCKET socket, Result result) {
  ::closesocket(socket);
  return result;
}

// A new socket as an fd: non-blocking, and a number that JavaScript's side of an fd can hold. Handles of the kernel are
// small numbers; those of a layered provider may be any.
Result as_fd(SOCKET socket) {
  if (socket > static_cast<SOCKET>(INT32_MAX)) return closed_with(socket, failure(WSAEMFILE));
  u_long non_blocking = 1;
  if (::ioctlsocket(socket, FIONBIO, &non_blocking) != 0) return closed_with(socket, last_wsa_error());
  return static_cast<Result>(socket);
}

bool is_aborted_connection(int error) { return error == WSAECONNRESET || error == WSAECONNABORTED; }

}  // namespace

Result socket_open(int domain, int type, int protocol) {
  constexpr DWORD kFlags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
  const SOCKET socket = ::WSASocketW(domain, type, protocol, nullptr, 0, kFlags);
  if (socket == INVALID_SOCKET) return last_wsa_error();
  if (type == SOCK_DGRAM) tell_of_icmp_errors(socket, false);
  return as_fd(socket);
}

Result socket_bind(int fd, const Address& address) {
  return from_wsa_call(::bind(socket_of(fd), as_sockaddr(address), length_of(address)));
}

Result socket_listen(int fd, int backlog) { return from_wsa_call(::listen(socket_of(fd), backlog)); }

Result socket_connect(int fd, const Address& address) {
  const SOCKET socket = socket_of(fd);
  const Result result = from_wsa_call(::connect(socket, as_sockaddr(address), length_of(address)));
  if (result == 0 && type_of(socket) == SOCK_DGRAM) tell_of_icmp_errors(socket, true);
  return result;
}

// accept() makes a handle that children inherit; only until the next line, which is as good as it can be had. The
// peer's name is asked for afterwards: accept() fails for a connection that was reset if it is to tell the name. A peer
// that is gone then has none.
Result socket_accept(int fd, Address* peer) {
  for (int tries = 1;; ++tries) {
    const SOCKET socket = ::accept(socket_of(fd), nullptr, nullptr);
    if (socket != INVALID_SOCKET) {
      const BOOL set = SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
      if (set == 0) return closed_with(socket, last_win32_error());
      const Result connection = as_fd(socket);
      if (connection >= 0 && peer != nullptr) name_of(::getpeername, static_cast<int>(connection), peer);
      return connection;
    }
    const int error = WSAGetLastError();
    if (!is_aborted_connection(error) || tries == kMaxAbortedConnections) return from_wsa_error(error);
  }
}

// A datagram that is longer than the buffer fills it; its rest is gone, as on every system.
Result socket_receive(int fd, Bytes buffer, int flags) {
  const int length = length_of(buffer, kMaxBytesToReceive);
  const int received = ::recv(socket_of(fd), data_of(buffer), length, flags);
  if (received >= 0) return received;
  const int error = WSAGetLastError();
  return error == WSAEMSGSIZE ? length : from_wsa_error(error);
}

Result socket_send(int fd, Bytes buffer, int flags) {
  return from_wsa_call(::send(socket_of(fd), data_of(buffer), length_of(buffer, kMaxBytesToSend), flags));
}

// The address is the caller's only once there is one: a call that would block leaves it as it was.
Result socket_receive_from(int fd, Bytes buffer, int flags, Address* sender) {
  Address from = {};
  int address_length = sizeof from.storage;
  const int length = length_of(buffer, kMaxBytesToReceive);
  const int received = ::recvfrom(socket_of(fd), data_of(buffer), length, flags, as_sockaddr(&from), &address_length);
  const int error = received < 0 ? WSAGetLastError() : 0;
  if (error != 0 && error != WSAEMSGSIZE) return from_wsa_error(error);
  keep_length(&from, address_length);
  *sender = from;
  return error == WSAEMSGSIZE ? length : received;
}

Result socket_send_to(int fd, Bytes buffer, int flags, const Address& to) {
  const int length = length_of(buffer, kMaxBytesToSend);
  return from_wsa_call(::sendto(socket_of(fd), data_of(buffer), length, flags, as_sockaddr(to), length_of(to)));
}

Result socket_shutdown(int fd, int how) { return from_wsa_call(::shutdown(socket_of(fd), how)); }

Result socket_local_address(int fd, Address* address) { return name_of(::getsockname, fd, address); }

Result socket_peer_address(int fd, Address* address) { return name_of(::getpeername, fd, address); }

Result socket_get_option(int fd, int level, int name, Bytes* value) {
  if (!option_may_be_read(level, name)) return kBadArgument;
  OptionValue filled(*value, option_takes_input(level, name) ? OptionInput::kBuffer : OptionInput::kNone);
  if (filled.data() == nullptr) return failure(WSAENOBUFS);
  auto length = static_cast<int>(filled.size());
  const Result result = from_wsa_call(::getsockopt(socket_of(fd), level, name, filled.data(), &length));
  if (result < 0) return result;
  filled.copy_out(static_cast<size_t>(std::max(length, 0)));
  value->size = static_cast<size_t>(std::max(length, 0));
  return result;
}

Result socket_set_option(int fd, int level, int name, Bytes value) {
  if (!option_may_be_set(level, name, value.size)) return kBadArgument;
  OptionValue given(value, OptionInput::kBuffer);
  if (given.data() == nullptr) return failure(WSAENOBUFS);
  const auto length = static_cast<int>(given.size());
  return from_wsa_call(::setsockopt(socket_of(fd), level, name, given.data(), length));
}

Result socket_take_error(int fd) {
  int error = 0;
  Bytes value = {&error, sizeof error};
  const Result result = socket_get_option(fd, SOL_SOCKET, SO_ERROR, &value);
  return result < 0 ? result : error;
}

bool socket_flags_hold_buffer(int) { return false; }

bool socket_flags_connect(int) { return false; }

}  // namespace fdreactor
