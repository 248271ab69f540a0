// Converts milliseconds to the struct timespec that system calls take.
#pragma once

#include <time.h>

#include <algorithm>
#include <cmath>

namespace fdreactor {

constexpr double kMaxTimespecMs = 1e11;  // three years; BSD kernels refuse more

// Rounds up to a nanosecond, so that a wait does not end early. Negative times become 0, long ones kMaxTimespecMs.
inline timespec to_timespec(double ms) {
  const double ns = std::ceil(std::min(std::max(ms, 0.0), kMaxTimespecMs) * 1e6);
  timespec time = {};
  time.tv_sec = static_cast<time_t>(ns / 1e9);
  time.tv_nsec = static_cast<long>(ns - static_cast<double>(time.tv_sec) * 1e9);
  return time;
}

}  // namespace fdreactor
