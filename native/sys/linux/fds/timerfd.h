// timerfd_create(2): a timer that is an fd. counter_read() takes its expirations.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

constexpr double kMaxTimerMs = 9007199254740991.0;  // the whole milliseconds of a double are exact up to here

// Milliseconds; a value of 0 is a timer that is not armed.
struct TimerTimes {
  double value_ms;
  double interval_ms;
};

// Non-blocking and close-on-exec, whatever the flags are.
Result timerfd_open(int clock, int flags);
// Rounds up to a nanosecond. Times outside 0 to kMaxTimerMs are bad arguments.
Result timerfd_set(int fd, int flags, TimerTimes times, TimerTimes* previous);
Result timerfd_get(int fd, TimerTimes* times);

}  // namespace fdreactor
