#include "owned_fds.h"

#include "fd.h"

namespace fdreactor {

// A SOCKET is closed by nobody but this package: libuv takes none from outside. Its number is its identity.
bool OwnedFds::identify(int, Identity* identity) {
  *identity = {};
  return true;
}

void OwnedFds::add(int fd) {
  Identity identity;
  if (identify(fd, &identity)) identity_by_fd_[fd] = identity;
}

// By fd_close(), which lets go of what the kernel still does with the socket. The environment has ended, and there is
// nobody to be told of one that could not be closed.
void OwnedFds::close_all() {
  for (const auto& entry : identity_by_fd_) fd_close(entry.first);
  identity_by_fd_.clear();
}

}  // namespace fdreactor
