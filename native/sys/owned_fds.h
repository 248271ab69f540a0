// The fds that one environment made and has not closed, for an environment that may end before its process does (a
// worker thread): what is left then is closed. A number alone would not do: an fd handed to net.Socket is closed by
// libuv, and its number given to a stranger; so each is remembered with its inode and closed only if that is still it.
#pragma once

#include <cstdint>
#include <unordered_map>

namespace fdreactor {

class OwnedFds {
 public:
  void add(int fd);
  void remove(int fd) { inode_by_fd_.erase(fd); }
  void close_all();

 private:
  std::unordered_map<int, uint64_t> inode_by_fd_;
};

}  // namespace fdreactor
