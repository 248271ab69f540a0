#include "new_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "errno_result.h"

namespace fdreactor {
namespace {

#if defined(SOCK_NOSIGPIPE)  // NetBSD
constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC | SOCK_NOSIGPIPE;
#elif defined(SOCK_NONBLOCK)
constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
#else  // macOS
constexpr int kTypeFlags = 0;
#endif

#ifndef SOCK_NONBLOCK

Result set_up(int fd) {
  const Result result = from_call(::fcntl(fd, F_SETFD, FD_CLOEXEC));
  return result < 0 ? result : from_call(::fcntl(fd, F_SETFL, O_NONBLOCK));
}

#endif

// What is left to do for a socket that was made with kTypeFlags: its number, or a failure, and then it is closed.
Result finish_socket(Result made) {
#ifndef SOCK_NONBLOCK
  if (made >= 0) {
    const Result result = set_up(static_cast<int>(made));
    if (result < 0) {
      ::close(static_cast<int>(made));
      return result;
    }
  }
#endif
#if defined(SO_NOSIGPIPE) && !defined(SOCK_NOSIGPIPE)
  // Without looking at the answer: it fails for a connection that has ended both ways already (EINVAL, macOS), and that
  // one has it from its listener.
  const int on = 1;
  if (made >= 0) ::setsockopt(static_cast<int>(made), SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return made;
}

Result finish_socket_pair(int (&fds)[2]) {
  for (const int fd : fds) {
    const Result result = finish_socket(fd);
    if (result >= 0) continue;
    // The one that failed is closed.
    ::close(fd == fds[0] ? fds[1] : fds[0]);
    return result;
  }
  return 0;
}

}  // namespace

Result new_socket(int domain, int type, int protocol) {
  return finish_socket(from_call(::socket(domain, type | kTypeFlags, protocol)));
}

Result new_socket_pair(int domain, int type, int (&fds)[2]) {
  const Result result = from_call(::socketpair(domain, type | kTypeFlags, 0, fds));
  return result < 0 ? result : finish_socket_pair(fds);
}

Result new_connection(int listener_fd, sockaddr* peer, socklen_t* length) {
#ifdef SOCK_NONBLOCK
  return finish_socket(retry_eintr([=] { return ::accept4(listener_fd, peer, length, kTypeFlags); }));
#else
  return finish_socket(retry_eintr([=] { return ::accept(listener_fd, peer, length); }));
#endif
}

#ifdef SOCK_NONBLOCK

Result new_pipe(int (&fds)[2]) {
#ifdef O_NOSIGPIPE  // NetBSD
  constexpr int kFlags = O_NONBLOCK | O_CLOEXEC | O_NOSIGPIPE;
#else
  constexpr int kFlags = O_NONBLOCK | O_CLOEXEC;
#endif
  return from_call(::pipe2(fds, kFlags));
}

#else

Result new_pipe(int (&fds)[2]) {
  Result result = from_call(::pipe(fds));
  if (result < 0) return result;
  for (const int fd : fds) {
    if (result >= 0) result = set_up(fd);
    if (result >= 0) result = from_call(::fcntl(fd, F_SETNOSIGPIPE, 1));
  }
  if (result >= 0) return 0;
  for (const int fd : fds) ::close(fd);
  return result;
}

#endif

}  // namespace fdreactor
