// The monotonic clock: milliseconds, with fractions, since some fixed moment. Never goes back. While the machine sleeps
// it stands still on Linux (CLOCK_MONOTONIC) and macOS (CLOCK_UPTIME_RAW), and goes on on Windows
// (QueryPerformanceCounter) and some BSDs.
#pragma once

#include "../core/wait_clock.h"

namespace fdreactor {

double monotonic_ms();

using WaitClock = BasicWaitClock<monotonic_ms>;

}  // namespace fdreactor
