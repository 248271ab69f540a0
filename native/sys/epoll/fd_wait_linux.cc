#include "fd_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../clock.h"
#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr double kLongestMs = 1e12;  // 31 years; keeps the conversion in range

timespec to_timespec(double ms) {
  const double ns = std::ceil(std::min(std::max(ms, 0.0), kLongestMs) * 1e6);
  timespec time = {};
  time.tv_sec = static_cast<time_t>(ns / 1e9);
  time.tv_nsec = static_cast<long>(ns - static_cast<double>(time.tv_sec) * 1e9);
  return time;
}

// ppoll(2): how many are ready; a caught signal ends it as well, with -1.
int wait_once(pollfd* fds, nfds_t count, double deadline_ms) {
  const timespec timeout = to_timespec(deadline_ms - monotonic_ms());
  const bool is_limited = deadline_ms < std::numeric_limits<double>::infinity();
  return ppoll(fds, count, is_limited ? &timeout : nullptr, nullptr);
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
  for (;;) {
    const int ready = wait_once(fds, 2, deadline_ms);
    if (ready > 0 || (ready == 0 && monotonic_ms() >= deadline_ms)) break;
    if (ready < 0 && errno != EINTR) break;  // out of memory: the turn that follows may free some
  }
  uint64_t count;
  if ((fds[1].revents & POLLIN) != 0) retry_eintr([&] { return ::read(wait.nudge_fd, &count, sizeof count); });
}

void fd_wait_interrupt(const FdWait& wait) {
  const uint64_t one = 1;
  retry_eintr([&] { return ::write(wait.nudge_fd, &one, sizeof one); });
}

}  // namespace fdreactor
