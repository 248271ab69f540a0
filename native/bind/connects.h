// The connections of one environment that are under way, by their fds. What became of one is told by SO_ERROR, when the
// kernel no longer says whom it was for (getpeername(2): ENOTCONN). An entry goes when the socket tells how its
// connection came out, when its number is closed, and when the number is given to a new socket.
#pragma once

#include <unordered_map>

#include "../sys/socket.h"

namespace fdreactor {

class Connects {
 public:
  // `result` is what the call that connects has answered.
  void called(int fd, const Address& to, Result result) {
    if (result == kWouldBlock) {
      peer_by_fd_[fd] = to;
    } else {
      forget(fd);
    }
  }

  // A new socket, or none, has this number.
  Result is_new(Result fd) {
    if (fd >= 0) forget(static_cast<int>(fd));
    return fd;
  }

  void forget(int fd) {
    if (!peer_by_fd_.empty()) peer_by_fd_.erase(fd);
  }

  // Whom the socket was to be connected to, or is; an address of length 0 where neither this nor the kernel knows.
  Address take(int fd) {
    Address peer = {};
    const auto found = peer_by_fd_.find(fd);
    if (found == peer_by_fd_.end()) return socket_peer_address(fd, &peer) >= 0 ? peer : Address{};
    peer = found->second;
    peer_by_fd_.erase(found);
    return peer;
  }

 private:
  std::unordered_map<int, Address> peer_by_fd_;
};

}  // namespace fdreactor
