#include "timerfd.h"

#include <sys/timerfd.h>

#include <cmath>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr int64_t kMsPerSecond = 1000;
constexpr int64_t kNsPerMs = 1000000;
constexpr int64_t kNsPerSecond = kMsPerSecond * kNsPerMs;

bool is_time(double ms) { return ms >= 0 && ms <= kMaxTimerMs; }

// Whole milliseconds apart from the fraction: their product with 10^6 would lose the nanoseconds of a date.
timespec from_ms(double ms) {
  const double whole = std::floor(ms);
  const auto count = static_cast<int64_t>(whole);
  const int64_t ns =
      count % kMsPerSecond * kNsPerMs + static_cast<int64_t>(std::ceil((ms - whole) * static_cast<double>(kNsPerMs)));
  timespec time = {};
  time.tv_sec = static_cast<time_t>(count / kMsPerSecond + ns / kNsPerSecond);
  time.tv_nsec = static_cast<long>(ns % kNsPerSecond);
  return time;
}

double to_ms(const timespec& time) {
  return static_cast<double>(time.tv_sec) * static_cast<double>(kMsPerSecond) +
         static_cast<double>(time.tv_nsec) / static_cast<double>(kNsPerMs);
}

TimerTimes to_times(const itimerspec& times) { return {to_ms(times.it_value), to_ms(times.it_interval)}; }

}  // namespace

Result timerfd_open(int clock, int flags) {
  return from_plain_call(::timerfd_create(clock, flags | TFD_CLOEXEC | TFD_NONBLOCK));
}

Result timerfd_set(int fd, int flags, TimerTimes times, TimerTimes* previous) {
  if (!is_time(times.value_ms) || !is_time(times.interval_ms)) return kBadArgument;
  itimerspec wanted = {};
  itimerspec old = {};
  wanted.it_value = from_ms(times.value_ms);
  wanted.it_interval = from_ms(times.interval_ms);
  const Result result = from_plain_call(::timerfd_settime(fd, flags, &wanted, &old));
  if (result >= 0) *previous = to_times(old);
  return result;
}

Result timerfd_get(int fd, TimerTimes* times) {
  itimerspec now = {};
  const Result result = from_plain_call(::timerfd_gettime(fd, &now));
  if (result >= 0) *times = to_times(now);
  return result;
}

}  // namespace fdreactor
