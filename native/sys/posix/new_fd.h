// Makes new fds close-on-exec, non-blocking, and without SIGPIPE if an fd can have that. Linux and the BSDs take these
// as flags of the call that makes the fd; macOS needs a call for each afterwards. A child that is made in between
// inherits the fd, but not a child of Node: libuv passes POSIX_SPAWN_CLOEXEC_DEFAULT there.
#pragma once

#include <sys/socket.h>

#include "../../core/result.h"

namespace fdreactor {

Result new_socket(int domain, int type, int protocol);
Result new_socket_pair(int domain, int type, int (&fds)[2]);
Result new_connection(int listener_fd, sockaddr* peer, socklen_t* length);  // accept(2)
Result new_pipe(int (&fds)[2]);

// The flags of each send. macOS uses SO_NOSIGPIPE: its newest headers have MSG_NOSIGNAL, but not all of its kernels.
#if defined(MSG_NOSIGNAL) && !defined(__APPLE__)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

}  // namespace fdreactor
