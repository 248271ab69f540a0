// fstat(2) tells open files apart; on Apple's systems proc_pidfdinfo() does it for sockets.
#include "../fd_identity.h"

#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#include <libproc.h>
#endif

#include "errno_result.h"

namespace fdreactor {
namespace {

constexpr uint64_t kIdentityMask = (uint64_t{1} << 52) - 1;

// Spreads every bit of the input over the whole output (the finalizer of splitmix64).
uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

#ifdef __APPLE__

// Sockets have no inode there, but each has its own place in the kernel for as long as it is open.
Result identify_socket(int fd, FdIdentity* identity) {
  socket_fdinfo info = {};
  if (proc_pidfdinfo(getpid(), fd, PROC_PIDFDSOCKETINFO, &info, sizeof info) <= 0) return from_errno();
  *identity = {0, info.psi.soi_so};
  return 0;
}

#endif

}  // namespace

// The kind of file is a part of the identity: where sockets have no inode, a socket and a kqueue would look alike.
Result fd_identify(int fd, FdIdentity* identity) {
  struct stat status;
  const Result result = from_call(::fstat(fd, &status));
  if (result < 0) return result;
#ifdef __APPLE__
  if (S_ISSOCK(status.st_mode)) return identify_socket(fd, identity);
#endif
  const auto kind = static_cast<uint64_t>(status.st_mode & S_IFMT);
  *identity = {static_cast<uint64_t>(status.st_dev) ^ (kind << 48), static_cast<uint64_t>(status.st_ino)};
  return 0;
}

Result identity_number(const FdIdentity& identity) {
  return static_cast<Result>(mix(mix(identity.device) + identity.inode) & kIdentityMask);
}

Result fd_identify_open(int fd, FdIdentity* identity) { return fd_identify(fd, identity); }

Result fd_open_identity(int fd) { return fd_identity(fd); }

Result fd_identity(int fd) {
  FdIdentity identity;
  const Result result = fd_identify(fd, &identity);
  return result < 0 ? result : identity_number(identity);
}

}  // namespace fdreactor
