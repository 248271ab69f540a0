#include "../clock.h"

#include <time.h>

namespace fdreactor {

namespace {

#ifdef CLOCK_UPTIME_RAW
constexpr clockid_t kClock = CLOCK_UPTIME_RAW;  // macOS: as kevent's time-outs, and libuv's clock
#else
constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif

}  // namespace

double monotonic_ms() {
  timespec now;
  clock_gettime(kClock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace fdreactor
