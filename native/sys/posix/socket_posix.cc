#include "../socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <climits>

#include "../io_size.h"
#include "../socket_options.h"
#include "errno_result.h"
#include "new_fd.h"

namespace fdreactor {

const int kSocketpairDomain = AF_UNIX;

namespace {

constexpr int kMaxAbortedConnections = 16;  // in one accept; a kernel that says nothing else is told to the caller

// Of each call that moves bytes: an fd from outside may be a blocking one, or become one (a child clears O_NONBLOCK of
// what it inherits as stdio). macOS obeys this flag when it receives, and not when it sends.
constexpr int kNeverWait = MSG_DONTWAIT;

sockaddr* as_sockaddr(Address* address) { return reinterpret_cast<sockaddr*>(address->storage); }
const sockaddr* as_sockaddr(const Address& address) { return reinterpret_cast<const sockaddr*>(address.storage); }

// The kernel says how long the address is, which may be more than there was room for.
void keep_length(Address* address, socklen_t length) {
  address->length = length <= sizeof address->storage ? length : static_cast<socklen_t>(sizeof address->storage);
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

Result name_of(NameCall call, int fd, Address* address) {
  *address = {};
  socklen_t length = sizeof address->storage;
  const Result result = from_call(call(fd, as_sockaddr(address), &length));
  if (result >= 0) keep_length(address, length);
  return result;
}

}  // namespace

Result socket_open(int domain, int type, int protocol) { return new_socket(domain, type, protocol); }

Result socket_pair(int domain, int type, int* first_fd, int* second_fd) {
  int fds[2];
  const Result result = new_socket_pair(domain, type, fds);
  if (result < 0) return result;
  *first_fd = fds[0];
  *second_fd = fds[1];
  return 0;
}

Result socket_bind(int fd, const Address& address) {
  return from_call(::bind(fd, as_sockaddr(address), address.length));
}

Result socket_listen(int fd, int backlog) { return from_call(::listen(fd, backlog)); }

// EAGAIN does not mean "under way": if the backlog of a Unix listener is full, the socket is not connected, and will
// not be by itself (connect(2)). EINTR does: the kernel goes on connecting.
Result socket_connect(int fd, const Address& address) {
  if (::connect(fd, as_sockaddr(address), address.length) == 0) return 0;
  return errno == EINPROGRESS || errno == EINTR ? kWouldBlock : failure(errno);
}

Result socket_accept(int fd, Address* peer) {
  Result result;
  int tries = 0;
  sockaddr* const name = peer == nullptr ? nullptr : as_sockaddr(peer);
  socklen_t length = 0;
  do {
    length = sizeof peer->storage;
    result = new_connection(fd, name, name == nullptr ? nullptr : &length);
  } while (result == failure(ECONNABORTED) && ++tries < kMaxAbortedConnections);
  if (result >= 0 && peer != nullptr) keep_length(peer, length);
  return result;
}

Result socket_receive(int fd, Bytes buffer, int flags) {
  buffer = within_limit(buffer);
  return retry_eintr([=] { return ::recv(fd, buffer.data, buffer.size, flags | kNeverWait); });
}

Result socket_send(int fd, Bytes buffer, int flags) {
  buffer = within_limit(buffer);
  return retry_send([=] { return ::send(fd, buffer.data, buffer.size, flags | kSendFlags | kNeverWait); });
}

Result socket_receive_from(int fd, Bytes buffer, int flags, Address* sender) {
  socklen_t length = sizeof sender->storage;
  const Result result = retry_eintr(
      [&] { return ::recvfrom(fd, buffer.data, buffer.size, flags | kNeverWait, as_sockaddr(sender), &length); });
  if (result >= 0) keep_length(sender, length);
  return result;
}

Result socket_send_to(int fd, Bytes buffer, int flags, const Address& to) {
  return retry_send([&] {
    return ::sendto(fd, buffer.data, buffer.size, flags | kSendFlags | kNeverWait, as_sockaddr(to), to.length);
  });
}

Result socket_shutdown(int fd, int how) { return from_call(::shutdown(fd, how)); }

Result socket_local_address(int fd, Address* address) { return name_of(::getsockname, fd, address); }

Result socket_peer_address(int fd, Address* address) { return name_of(::getpeername, fd, address); }

Result socket_get_option(int fd, int level, int name, Bytes* value) {
  if (!option_may_be_read(level, name)) return kBadArgument;
  OptionValue filled(*value, option_takes_input(level, name) ? OptionInput::kBuffer : OptionInput::kNone);
  if (filled.data() == nullptr) return failure(ENOMEM);
  auto length = static_cast<socklen_t>(filled.size());
  const Result result = from_call(::getsockopt(fd, level, name, filled.data(), &length));
  if (result < 0) return result;
  filled.copy_out(length);
  value->size = length;
  return result;
}

Result socket_set_option(int fd, int level, int name, Bytes value) {
  if (!option_may_be_set(level, name, value.size)) return kBadArgument;
  if (value.size > INT_MAX) return failure(EINVAL);  // the kernel takes the length as an int
  OptionValue given(value, OptionInput::kBuffer);
  if (given.data() == nullptr) return failure(ENOMEM);
  return from_call(::setsockopt(fd, level, name, given.data(), static_cast<socklen_t>(given.size())));
}

Result socket_take_error(int fd) {
  int error = 0;
  Bytes value = {&error, sizeof error};
  const Result result = socket_get_option(fd, SOL_SOCKET, SO_ERROR, &value);
  return result < 0 ? result : error;
}

bool socket_flags_hold_buffer(int flags) {
#ifdef MSG_ZEROCOPY
  return (flags & MSG_ZEROCOPY) != 0;
#else
  (void)flags;
  return false;
#endif
}

bool socket_flags_connect(int flags) {
#ifdef MSG_FASTOPEN
  return (flags & MSG_FASTOPEN) != 0;
#else
  (void)flags;
  return false;
#endif
}

}  // namespace fdreactor
