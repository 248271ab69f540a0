#include "owned_fds.h"

#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#include <libproc.h>
#endif

namespace fdreactor {

bool OwnedFds::identify(int fd, Identity* identity) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
#ifdef __APPLE__
  // Sockets have no inode there, but each has its own place in the kernel for as long as it is open.
  if (S_ISSOCK(status.st_mode)) {
    socket_fdinfo info = {};
    if (proc_pidfdinfo(getpid(), fd, PROC_PIDFDSOCKETINFO, &info, sizeof info) <= 0) return false;
    *identity = {0, info.psi.soi_so};
    return true;
  }
#endif
  *identity = {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino)};
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
