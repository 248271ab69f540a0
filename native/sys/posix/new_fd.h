// New fds as all of ours are: close-on-exec, non-blocking, and without SIGPIPE where an fd can have that. Linux and the
// BSDs take it as flags of the call that makes the fd; macOS wants a call for each afterwards. A child that is made in
// between would inherit the fd, but not one of Node's own: libuv has them made with POSIX_SPAWN_CLOEXEC_DEFAULT there.
#pragma once

#include <sys/socket.h>

#include "../../core/result.h"

namespace fdreactor {

Result new_socket(int domain, int type, int protocol);
Result new_socket_pair(int domain, int type, int (&fds)[2]);
Result new_connection(int listener_fd);  // accept(2)
Result new_pipe(int (&fds)[2]);

// Of each send. Not on macOS, whose newest headers have MSG_NOSIGNAL, but not every kernel: there SO_NOSIGPIPE does it.
#if defined(MSG_NOSIGNAL) && !defined(__APPLE__)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

}  // namespace fdreactor
