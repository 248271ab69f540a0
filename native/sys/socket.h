// socket(7), one function a call. Every socket made here is non-blocking and close-on-exec (on Windows, not inherited);
// no call here raises SIGPIPE.
#pragma once

#include <cstddef>

#include "../core/result.h"
#include "address.h"
#include "fd.h"

namespace fdreactor {

Result socket_open(int domain, int type, int protocol);
extern const int kSocketpairDomain;  // AF_UNIX; on Windows AF_INET, the only one that socket_pair() knows there
Result socket_pair(int domain, int type, int* first_fd, int* second_fd);
Result socket_bind(int fd, const Address& address);
Result socket_listen(int fd, int backlog);
Result socket_connect(int fd, const Address& address);  // 0: connected; kWouldBlock: under way (EINPROGRESS)
// Skips connections that were reset before they were accepted (ECONNABORTED). Fills the peer's address if the caller
// gives one, and only if there is a connection.
Result socket_accept(int fd, Address* peer);
Result socket_receive(int fd, Bytes buffer, int flags);
Result socket_send(int fd, Bytes buffer, int flags);
Result socket_receive_from(int fd, Bytes buffer, int flags, Address* sender);
Result socket_send_to(int fd, Bytes buffer, int flags, const Address& to);
Result socket_shutdown(int fd, int how);
Result socket_local_address(int fd, Address* address);
Result socket_peer_address(int fd, Address* address);
// value.size becomes the length that the kernel says, which may be more than there was room for. kBadArgument, here and
// for socket_set_option(): the value holds an address, or may hold one (socket_options.h).
Result socket_get_option(int fd, int level, int name, Bytes* value);
Result socket_set_option(int fd, int level, int name, Bytes value);
Result socket_take_error(int fd);  // SO_ERROR: an error number, 0 for none; the kernel clears it

// Whether a send with these flags would leave the kernel reading the buffer after the call (MSG_ZEROCOPY).
bool socket_flags_hold_buffer(int flags);

// Whether a send with these flags connects the socket first (MSG_FASTOPEN): kWouldBlock may then mean what it does of
// socket_connect().
bool socket_flags_connect(int flags);

}  // namespace fdreactor
