// The monotonic clock: milliseconds, with fractions, since some fixed moment. Never goes back. While the machine sleeps
// it stands still on Linux (CLOCK_MONOTONIC) and goes on on Windows (QueryPerformanceCounter).
#pragma once

namespace fdreactor {

double monotonic_ms();

}  // namespace fdreactor
