#include "pulse.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "../posix/errno_result.h"
#include "../posix/timespec.h"

namespace fdreactor {

Result pulse_open(double period_ms) {
  if (!(period_ms >= 1 && period_ms <= 1e6)) return kBadArgument;
  const Result fd = from_call(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (fd < 0) return fd;
  itimerspec period = {};
  period.it_value = to_timespec(period_ms);
  period.it_interval = period.it_value;
  const Result set = from_call(timerfd_settime(static_cast<int>(fd), 0, &period, nullptr));
  if (set < 0) ::close(static_cast<int>(fd));
  return set < 0 ? set : fd;
}

}  // namespace fdreactor
