// The monotonic clock: milliseconds, with fractions, since some fixed moment. Never goes back, stands still while the
// machine sleeps (CLOCK_MONOTONIC).
#pragma once

namespace fdreactor {

double monotonic_ms();

}  // namespace fdreactor
