#include "fd_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../clock.h"
#include "../posix/errno_result.h"
#include "../posix/timespec.h"

namespace fdreactor {
namespace {

// ppoll(2): returns how many fds are ready, or -1. A caught signal interrupts it.
int wait_once(pollfd* fds, nfds_t count, const WaitClock& clock) {
  const timespec timeout = to_timespec(clock.remaining_ms());
  return ppoll(fds, count, clock.is_limited() ? &timeout : nullptr, nullptr);
}

}  // namespace

Result fd_wait_open(int fd, FdWait* made) {
  const Result nudge_fd = from_call(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (nudge_fd < 0) return nudge_fd;
  *made = {fd, static_cast<int>(nudge_fd)};
  return 0;
}

void fd_wait_close(FdWait* wait) {
  ::close(wait->nudge_fd);
  *wait = {};
}

void fd_wait(const FdWait& wait, double deadline_ms) {
  pollfd fds[] = {{wait.fd, POLLIN, 0}, {wait.nudge_fd, POLLIN, 0}};
  WaitClock clock(-1, deadline_ms);
  int ready;
  do {
    ready = wait_once(fds, 2, clock);
  } while (clock.must_wait_again(ready, errno));  // ENOMEM ends the wait: the turn that follows may free memory
  uint64_t count;
  if ((fds[1].revents & POLLIN) != 0) retry_eintr([&] { return ::read(wait.nudge_fd, &count, sizeof count); });
}

void fd_wait_interrupt(const FdWait& wait) {
  const uint64_t one = 1;
  retry_eintr([&] { return ::write(wait.nudge_fd, &one, sizeof one); });
}

}  // namespace fdreactor
