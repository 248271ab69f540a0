// By fd_close(), which on Windows lets go of what the kernel still does with the socket. The environment has ended when
// close_all() runs, so a failure has no reader.
#include "owned_fds.h"

#include "fd.h"

namespace fdreactor {

void OwnedFds::add(int fd) {
  FdIdentity identity;
  if (fd_identify(fd, &identity) == 0) identity_by_fd_[fd] = identity;
}

void OwnedFds::close_all() {
  for (const auto& [fd, made] : identity_by_fd_) {
    FdIdentity now;
    if (fd_identify(fd, &now) == 0 && now == made) fd_close(fd);
  }
  identity_by_fd_.clear();
}

}  // namespace fdreactor
