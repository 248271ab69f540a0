// socketpair() for Windows, which lacks it: two sockets that are connected to each other over the loopback address.
// Each knows the other's address before data can come, so no other process on the machine gets in between.
#include "../socket.h"
#include "winsock.h"

namespace fdreactor {
namespace {

constexpr ULONGLONG kPatienceMs = 2000;  // for a handshake that takes microseconds
constexpr int kMaxStrangers = 1024;      // datagrams or connections of other processes that came first

// Closes itself, unless it is given away.
class Socket {
 public:
  explicit Socket(Result fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) fd_close(static_cast<int>(fd_));
  }
  Result result() const { return fd_; }
  int fd() const { return static_cast<int>(fd_); }
  int give_away() {
    const int fd = this->fd();
    fd_ = -1;
    return fd;
  }

 private:
  Result fd_;
};

Result set_flag(int fd, int level, int name) {
  BOOL on = TRUE;
  return socket_set_option(fd, level, name, {&on, sizeof on});
}

// On a free port of the loopback address that no other process can bind as well.
Result bind_to_loopback(int fd, Address* bound) {
  Address address;
  Result result = address_from_ip("127.0.0.1", 0, &address);
  if (result >= 0) result = set_flag(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE);
  if (result >= 0) result = socket_bind(fd, address);
  if (result >= 0) result = socket_local_address(fd, bound);
  return result;
}

bool is_same(const Address& left, const Address& right) {
  const auto* a = reinterpret_cast<const sockaddr_in*>(left.storage);
  const auto* b = reinterpret_cast<const sockaddr_in*>(right.storage);
  return a->sin_family == b->sin_family && a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

enum class Awaited { kConnection, kConnected };

Result wait_for(Awaited awaited, int fd, ULONGLONG deadline) {
  const ULONGLONG now = GetTickCount64();
  if (now >= deadline) return failure(WSAETIMEDOUT);
  const auto left = static_cast<long>(deadline - now);
  timeval time_limit = {left / 1000, left % 1000 * 1000};
  fd_set ready;
  fd_set failed;
  FD_ZERO(&ready);
  FD_ZERO(&failed);
  ready.fd_array[ready.fd_count++] = socket_of(fd);
  failed.fd_array[failed.fd_count++] = socket_of(fd);
  const bool is_reading = awaited == Awaited::kConnection;
  const Result count =
      from_wsa_call(::select(0, is_reading ? &ready : nullptr, is_reading ? nullptr : &ready, &failed, &time_limit));
  if (count < 0) return count;
  if (count == 0) return failure(WSAETIMEDOUT);
  const Result error = socket_take_error(fd);
  return error > 0 ? failure(static_cast<int>(error)) : error;
}

// Accepts the connection from `peer`, and closes those from other processes.
Result accept_from(int listener, const Address& peer, ULONGLONG deadline) {
  for (int tries = 0; tries < kMaxStrangers; ++tries) {
    const Result ready = wait_for(Awaited::kConnection, listener, deadline);
    if (ready < 0) return ready;
    const Result accepted = socket_accept(listener, nullptr);
    if (accepted == kWouldBlock) continue;
    if (accepted < 0) return accepted;
    Socket connection(accepted);
    Address from;
    if (socket_peer_address(connection.fd(), &from) >= 0 && is_same(from, peer)) return connection.give_away();
  }
  return failure(WSAECONNABORTED);
}

Result stream_pair(int* first_fd, int* second_fd) {
  const Socket listener(socket_open(AF_INET, SOCK_STREAM, 0));
  Socket first(socket_open(AF_INET, SOCK_STREAM, 0));
  if (listener.result() < 0) return listener.result();
  if (first.result() < 0) return first.result();
  Address address_of_listener;
  Address address_of_first;
  Result result = bind_to_loopback(listener.fd(), &address_of_listener);
  if (result >= 0) result = socket_listen(listener.fd(), 1);
  if (result >= 0) result = bind_to_loopback(first.fd(), &address_of_first);
  if (result < 0) return result;

  const ULONGLONG deadline = GetTickCount64() + kPatienceMs;
  const Result connecting = socket_connect(first.fd(), address_of_listener);
  if (connecting < 0 && connecting != kWouldBlock) return connecting;
  Socket second(accept_from(listener.fd(), address_of_first, deadline));
  if (second.result() < 0) return second.result();
  if (connecting == kWouldBlock) result = wait_for(Awaited::kConnected, first.fd(), deadline);
  if (result >= 0) result = set_flag(first.fd(), IPPROTO_TCP, TCP_NODELAY);
  if (result >= 0) result = set_flag(second.fd(), IPPROTO_TCP, TCP_NODELAY);
  if (result < 0) return result;
  *first_fd = first.give_away();
  *second_fd = second.give_away();
  return 0;
}

// A stranger's datagrams, from the time before the socket was connected.
void discard_received(int fd) {
  char bytes[1];
  for (int i = 0; i < kMaxStrangers; ++i) {
    if (socket_receive(fd, {bytes, sizeof bytes}, 0) < 0) return;
  }
}

Result datagram_pair(int* first_fd, int* second_fd) {
  Socket first(socket_open(AF_INET, SOCK_DGRAM, 0));
  Socket second(socket_open(AF_INET, SOCK_DGRAM, 0));
  if (first.result() < 0) return first.result();
  if (second.result() < 0) return second.result();
  Address address_of_first;
  Address address_of_second;
  Result result = bind_to_loopback(first.fd(), &address_of_first);
  if (result >= 0) result = bind_to_loopback(second.fd(), &address_of_second);
  if (result >= 0) result = socket_connect(first.fd(), address_of_second);
  if (result >= 0) result = socket_connect(second.fd(), address_of_first);
  if (result < 0) return result;
  discard_received(first.fd());
  discard_received(second.fd());
  *first_fd = first.give_away();
  *second_fd = second.give_away();
  return 0;
}

}  // namespace

Result socket_pair(int domain, int type, int* first_fd, int* second_fd) {
  if (domain != AF_INET) return failure(WSAEAFNOSUPPORT);
  if (type == SOCK_STREAM) return stream_pair(first_fd, second_fd);
  return type == SOCK_DGRAM ? datagram_pair(first_fd, second_fd) : failure(WSAEOPNOTSUPP);
}

}  // namespace fdreactor
