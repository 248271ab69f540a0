// Processes as fds, and what waitid(2) tells of children.
#include <poll.h>
#include <signal.h>

#include <cerrno>

#include "../../sys/linux/fds/pidfd.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr int kPidfd = 3;  // P_PIDFD

// A child that waits for a signal.
struct Child {
  pid_t pid = fork();
  Child() {
    CHECK(pid >= 0);
    while (pid == 0) ::pause();
  }
};

}  // namespace

TEST("a pidfd is readable when the process has ended, and waitid takes its state once") {
  const Child child;
  const Fd fd(pidfd_open_process(child.pid, 0));
  ChildState state = {};
  EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  EXPECT_EQ(child_take_state(kPidfd, fd, WEXITED, &state), 0);
  EXPECT_EQ(state.pid, 0);
  EXPECT_EQ(pidfd_signal(fd, 0), 0);
  EXPECT_EQ(pidfd_signal(fd, SIGKILL), 0);
  pollfd ready = {fd, POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 30000), 1);
  EXPECT_EQ(child_take_state(P_PID, child.pid, WEXITED | WNOWAIT, &state), 1);
  EXPECT_EQ(child_take_state(kPidfd, fd, WEXITED, &state), 1);
  EXPECT_EQ(state.pid, child.pid);
  EXPECT_EQ(state.uid, getuid());
  EXPECT_EQ(state.status, SIGKILL);
  EXPECT_EQ(state.code, CLD_KILLED);
  EXPECT_EQ(child_take_state(kPidfd, fd, WEXITED, &state), failure(ECHILD));
  EXPECT_EQ(pidfd_signal(fd, 0), failure(ESRCH));
}

TEST("errors of what is not a process") {
  const Pipe pipe;
  ChildState state = {};
  EXPECT_EQ(pidfd_open_process(INT32_MAX, 0), failure(ESRCH));
  EXPECT_EQ(pidfd_open_process(-1, 0), failure(EINVAL));
  EXPECT_EQ(pidfd_signal(pipe.read, 0), failure(EBADF));
  EXPECT_EQ(child_take_state(kPidfd, pipe.read, WEXITED, &state), failure(EBADF));
  EXPECT_EQ(child_take_state(99, 1, WEXITED, &state), failure(EINVAL));
  EXPECT_EQ(child_take_state(P_PID, getpid(), WEXITED, &state), failure(ECHILD));
}
