// An environment that ends closes its own fds, and no stranger's.
#include <sys/eventfd.h>

#include "../../sys/owned_fds.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST("what was added and not removed is closed, once") {
  OwnedFds owned;
  int ends[2];
  REQUIRE(fd_pipe(&ends[0], &ends[1]) == 0);
  owned.add(ends[0]);
  owned.add(ends[1]);
  owned.remove(ends[1]);
  owned.close_all();
  EXPECT(!is_open(ends[0]));
  EXPECT(is_open(ends[1]));
  owned.close_all();
  ::close(ends[1]);
}

TEST("a number that was given to a stranger meanwhile is left alone") {
  OwnedFds owned;
  const Fd stranger(socket_open(AF_INET, SOCK_STREAM, 0));
  const int mine = static_cast<int>(socket_open(AF_INET, SOCK_STREAM, 0));
  owned.add(mine);
  CHECK(dup2(stranger, mine) == mine);
  owned.close_all();
  EXPECT(is_open(mine));
  ::close(mine);
}

TEST("a number that is closed already is not an error") {
  OwnedFds owned;
  Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  owned.add(socket);
  owned.add(-1);
  socket.close();
  owned.close_all();
}
