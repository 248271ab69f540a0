// timerfd_create(2): how milliseconds become a timespec, and what comes back.
#include <poll.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <cmath>
#include <limits>

#include "../../sys/linux/fds/eventfd.h"
#include "../../sys/linux/fds/timerfd.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr double kHourMs = 3600000;

// The interval that the kernel has kept of this one.
double kept(int fd, double interval_ms) {
  TimerTimes times = {};
  EXPECT_EQ(timerfd_set(fd, 0, {kHourMs, interval_ms}, &times), 0);
  EXPECT_EQ(timerfd_get(fd, &times), 0);
  return times.interval_ms;
}

}  // namespace

TEST("times are rounded up to a nanosecond, to the last milliseconds of a double") {
  const Fd fd(timerfd_open(CLOCK_MONOTONIC, 0));
  EXPECT(is_non_blocking_and_cloexec(fd));
  EXPECT_EQ(kept(fd, 0), 0.0);
  EXPECT_EQ(kept(fd, std::numeric_limits<double>::denorm_min()), 1e-6);
  EXPECT_EQ(kept(fd, 0.0000015), 2e-6);
  EXPECT_EQ(kept(fd, 0.9999999), 1.0);
  EXPECT_EQ(kept(fd, 999.9999999), 1000.0);
  EXPECT_EQ(kept(fd, 1764400000000.25), 1764400000000.25);
  EXPECT_EQ(kept(fd, std::nextafter(1000.0, 2000.0)), 1000.000001);
}

TEST("negative and endless times are bad arguments, before a call") {
  const Fd fd(timerfd_open(CLOCK_MONOTONIC, 0));
  TimerTimes previous = {7, 7};
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {-1.0, -1e-300, kMaxTimerMs + 1, infinity, std::nan("")}) {
    EXPECT_EQ(timerfd_set(fd, 0, {bad, 0}, &previous), kBadArgument);
    EXPECT_EQ(timerfd_set(fd, 0, {1, bad}, &previous), kBadArgument);
  }
  EXPECT_EQ(previous.value_ms, 7.0);
  EXPECT_EQ(timerfd_set(fd, 0, {kMaxTimerMs, kMaxTimerMs}, &previous), 0);
}

TEST("a timer fires, and is read once") {
  const Fd fd(timerfd_open(CLOCK_REALTIME, 0));
  TimerTimes previous = {};
  uint64_t count = 0;
  EXPECT_EQ(counter_read(fd, &count), kWouldBlock);
  EXPECT_EQ(timerfd_set(fd, TFD_TIMER_ABSTIME, {1, 0}, &previous), 0);
  pollfd ready = {fd, POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 30000), 1);
  EXPECT_EQ(counter_read(fd, &count), 0);
  EXPECT_EQ(count, uint64_t{1});
  EXPECT_EQ(counter_read(fd, &count), kWouldBlock);
}

TEST("what is not a timer is EINVAL") {
  const Pipe pipe;
  TimerTimes times = {};
  EXPECT_EQ(timerfd_set(pipe.read, 0, {1, 0}, &times), failure(EINVAL));
  EXPECT_EQ(timerfd_get(pipe.read, &times), failure(EINVAL));
  EXPECT_EQ(timerfd_open(99, 0), failure(EINVAL));
}
