// A SOCKET has nothing to be told by but its number. So the closes of each number are counted, from the first time on
// that its identity is asked for.
#include "../fd_identity.h"

#include <mutex>
#include <unordered_map>

#include "winsock.h"

namespace fdreactor {
namespace {

constexpr int kNumberBits = 31;
constexpr uint64_t kCountMask = (uint64_t{1} << (52 - kNumberBits)) - 1;

struct Closes {
  std::mutex mutex;
  std::unordered_map<int, uint64_t> count_by_fd;
};

// Never destroyed: a worker may still close sockets while the process ends.
Closes& closes() {
  static auto* const kept = new Closes();
  return *kept;
}

}  // namespace

Result fd_identify(int fd, FdIdentity* identity) {
  const std::lock_guard<std::mutex> lock(closes().mutex);
  *identity = {closes().count_by_fd[fd], static_cast<uint64_t>(fd)};
  return 0;
}

Result fd_identify_open(int fd, FdIdentity* identity) {
  int type = 0;
  int length = sizeof type;
  char* const value = reinterpret_cast<char*>(&type);
  const Result result = from_wsa_call(::getsockopt(socket_of(fd), SOL_SOCKET, SO_TYPE, value, &length));
  return result < 0 ? result : fd_identify(fd, identity);
}

Result identity_number(const FdIdentity& identity) {
  return static_cast<Result>((identity.device & kCountMask) << kNumberBits | identity.inode);
}

Result fd_identity(int fd) {
  FdIdentity identity;
  fd_identify(fd, &identity);
  return identity_number(identity);
}

Result fd_open_identity(int fd) {
  FdIdentity identity;
  const Result result = fd_identify_open(fd, &identity);
  return result < 0 ? result : identity_number(identity);
}

void fd_identity_ends(int fd) {
  const std::lock_guard<std::mutex> lock(closes().mutex);
  const auto found = closes().count_by_fd.find(fd);
  if (found != closes().count_by_fd.end()) ++found->second;
}

}  // namespace fdreactor
