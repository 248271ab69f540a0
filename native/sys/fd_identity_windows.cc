// A SOCKET is closed by nothing but this package: libuv takes none from outside. The number is the identity.
#include "fd_identity.h"

namespace fdreactor {

Result fd_identify(int fd, FdIdentity* identity) {
  *identity = {0, static_cast<uint64_t>(fd)};
  return 0;
}

Result fd_identity(int fd) { return fd; }

}  // namespace fdreactor
