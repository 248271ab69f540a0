// Says whether a number still stands for the same open file: a number that was closed may stand for another file soon.
// Sockets and pipes have an identity each. Regular files have the inode's; anonymous files (epoll, eventfd) share one.
// Internet sockets of FreeBSD, OpenBSD and NetBSD share one as well. On Windows it is the number, and how often
// fd_close() has closed that number: nothing but this package closes a SOCKET of the package (libuv takes none from
// outside).
#pragma once

#include <cstdint>

#include "../core/result.h"

namespace fdreactor {

struct FdIdentity {
  uint64_t device;
  uint64_t inode;

  bool operator==(const FdIdentity& other) const { return device == other.device && inode == other.inode; }
};

// 0, or the failure of fstat(2): EBADF for a number that is not open. Windows has no such failure.
Result fd_identify(int fd, FdIdentity* identity);

// The same, and on Windows the failure of getsockopt() for a number that is not an open socket.
Result fd_identify_open(int fd, FdIdentity* identity);

// The same as one number of 52 bits, which a double holds exactly. Two files share it by a chance of 2^-52.
Result identity_number(const FdIdentity& identity);

// Both.
Result fd_identity(int fd);
Result fd_open_identity(int fd);

// On Windows alone: the number is about to be closed.
void fd_identity_ends(int fd);

}  // namespace fdreactor
