#include "owned_fds.h"

#include <sys/stat.h>
#include <unistd.h>

namespace fdreactor {

bool OwnedFds::identify(int fd, Identity* identity) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  *identity = {status.st_dev, status.st_ino};
  return true;
}

void OwnedFds::add(int fd) {
  Identity identity;
  if (identify(fd, &identity)) identity_by_fd_[fd] = identity;
}

void OwnedFds::close_all() {
  for (const auto& [fd, made] : identity_by_fd_) {
    Identity now;
    if (identify(fd, &now) && now.device == made.device && now.inode == made.inode) ::close(fd);
  }
  identity_by_fd_.clear();
}

}  // namespace fdreactor
