#include <sys/stat.h>
#include <unistd.h>

#include "owned_fds.h"

namespace fdreactor {
namespace {

bool inode_of(int fd, uint64_t* inode) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  *inode = status.st_ino;
  return true;
}

}  // namespace

void OwnedFds::add(int fd) {
  uint64_t inode;
  if (inode_of(fd, &inode)) inode_by_fd_[fd] = inode;
}

void OwnedFds::close_all() {
  for (const auto& [fd, inode] : inode_by_fd_) {
    uint64_t now;
    if (inode_of(fd, &now) && now == inode) ::close(fd);
  }
  inode_by_fd_.clear();
}

}  // namespace fdreactor
