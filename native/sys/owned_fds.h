// The fds that one environment made and has not closed, for an environment that may end before its process does (a
// worker thread): what is left then is closed. A number alone would not do: an fd handed to net.Socket is closed by
// libuv, and its number given to a stranger. So each is remembered with its file's identity, and closed only if that is
// still it. That is exact for sockets and pipes, which are what is handed on; anonymous files (epoll) all share one
// identity, but the objects that own those keep them to themselves. (On Windows nobody else closes our sockets, and the
// number is all there is. On the BSDs internet sockets share one identity too: there release() has to be called.)
#pragma once

#include <cstdint>
#include <unordered_map>

namespace fdreactor {

class OwnedFds {
 public:
  void add(int fd);
  void remove(int fd) { identity_by_fd_.erase(fd); }
  void close_all();

 private:
  struct Identity {
    uint64_t device;
    uint64_t inode;
  };

  static bool identify(int fd, Identity* identity);

  std::unordered_map<int, Identity> identity_by_fd_;
};

}  // namespace fdreactor
