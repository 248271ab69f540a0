// SO_ATTACH_REUSEPORT_CBPF: what is attached, and what is refused.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "../../sys/linux/cpu_steering_linux.h"
#include "../../sys/socket.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("a program is attached, replaced and detached") {
  const Fd fd(socket_open(AF_INET, SOCK_STREAM, 0));
  int one = 1;
  EXPECT_EQ(socket_set_option(fd, SOL_SOCKET, SO_REUSEPORT, {&one, sizeof one}), 0);
  EXPECT_EQ(steer_by_cpu(fd, 1), 0);
  EXPECT_EQ(steer_by_cpu(fd, kMaxSteeredSockets), 0);
  constexpr int kDetach = 68;
  EXPECT_EQ(socket_set_option(fd, SOL_SOCKET, kDetach, {&one, sizeof one}), 0);
  EXPECT_EQ(socket_set_option(fd, SOL_SOCKET, kDetach, {&one, sizeof one}), failure(ENOENT));
}

TEST("no sockets, too many, and a socket without SO_REUSEPORT are refused") {
  const Fd fd(socket_open(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(steer_by_cpu(fd, 0), kBadArgument);
  EXPECT_EQ(steer_by_cpu(fd, kMaxSteeredSockets + 1), kBadArgument);
  EXPECT_EQ(steer_by_cpu(fd, 2), failure(EINVAL));
  EXPECT_EQ(steer_by_cpu(-1, 2), failure(EBADF));
}
