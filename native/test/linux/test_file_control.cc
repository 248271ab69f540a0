// Which commands of fcntl(2) are let through.
#include <cerrno>

#include "../../sys/linux/fds/file_control.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("commands of integers work") {
  const Pipe pipe;
  EXPECT_EQ(file_control(pipe.read, F_GETFD, 0), FD_CLOEXEC);
  EXPECT_EQ(file_control(pipe.read, F_SETFL, O_NONBLOCK), 0);
  EXPECT(file_control(pipe.read, F_SETPIPE_SZ, 5000) >= 5000);
  const Fd second(file_control(pipe.read, F_DUPFD_CLOEXEC, 50));
  EXPECT(second >= 50 && is_non_blocking_and_cloexec(second));
  EXPECT(file_control_makes_fd(F_DUPFD_CLOEXEC) && !file_control_makes_fd(F_GETFD));
  EXPECT_EQ(file_control(-1, F_GETFD, 0), failure(EBADF));
}

TEST("all others are refused, and so is O_ASYNC") {
  const Pipe pipe;
  int refused = 0;
  for (int command = 0; command < 2000; command++) {
    if (command == F_DUPFD_CLOEXEC) continue;
    if (file_control(pipe.read, command, 0) == kBadArgument) refused++;
  }
  EXPECT_EQ(refused, 2000 - 9);
  for (const int command : {F_DUPFD, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN, F_SETSIG, F_SETLEASE, F_NOTIFY, -1}) {
    EXPECT_EQ(file_control(pipe.read, command, 0), kBadArgument);
  }
  EXPECT_EQ(file_control(pipe.read, F_SETFL, O_ASYNC | O_NONBLOCK), kBadArgument);
}
