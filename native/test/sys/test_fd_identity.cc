// The identity of an open file: the same by every number, another for the next file that takes the number.
#include <cerrno>

#include "../../sys/fd_identity.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("an open file has one identity, by whatever number, and it fits in a double") {
  const Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  const Fd same(dup(socket));
  const Result identity = fd_identity(socket);
  EXPECT(identity >= 0 && identity < (Result{1} << 52));
  EXPECT_EQ(fd_identity(socket), identity);
  EXPECT_EQ(fd_identity(same), identity);
}

TEST("files that take a number one after another differ: TCP, UDP, Unix sockets, both ends of pipes") {
  Result before = -1;
  for (const int domain : {AF_INET, AF_UNIX, AF_INET, AF_UNIX}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM}) {
      const Fd fd(socket_open(domain, type, 0));
      EXPECT(fd_identity(fd) >= 0);
      EXPECT(fd_identity(fd) != before);
      before = fd_identity(fd);
    }
  }
  for (int i = 0; i < 4; ++i) {
    const Pipe pipe;
    EXPECT(fd_identity(pipe.read) >= 0);
    EXPECT(fd_identity(pipe.read) != before);
    before = fd_identity(pipe.read);
  }
}

TEST("a number that is not open has no identity") {
  Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  const int number = socket;
  socket.close();
  EXPECT_EQ(fd_identity(number), failure(EBADF));
}
