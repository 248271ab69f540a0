// The fds that one environment made and has not closed, for an environment that may end before its process does (a
// worker thread): what is left then is closed. A number alone would not do: an fd handed to net.Socket is closed by
// libuv, and its number given to a stranger. So each is remembered with its file's identity (fd_identity.h), and closed
// only if that is still it. That is exact for sockets and pipes, which are what is handed on; anonymous files (epoll)
// all share one identity, but the objects that own those keep them to themselves. (Where internet sockets share one
// identity, on the BSDs, release() has to be called.)
#pragma once

#include <unordered_map>

#include "fd_identity.h"

namespace fdreactor {

class OwnedFds {
 public:
  void add(int fd);
  void add(int fd, const FdIdentity& identity) { identity_by_fd_[fd] = identity; }
  void remove(int fd) { identity_by_fd_.erase(fd); }
  void close_all();

 private:
  std::unordered_map<int, FdIdentity> identity_by_fd_;
};

}  // namespace fdreactor
