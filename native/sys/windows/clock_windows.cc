#include "../clock.h"

#include "windows_headers.h"

namespace fdreactor {

// As Node's own clock. QueryInterruptTime would stand still in sleep, but steps in half milliseconds at best.
double monotonic_ms() {
  static const double ticks_per_ms = [] {
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);  // cannot fail from Windows XP on, nor change
    return static_cast<double>(frequency.QuadPart) / 1e3;
  }();
  LARGE_INTEGER now;
  QueryPerformanceCounter(&now);
  return static_cast<double>(now.QuadPart) / ticks_per_ms;
}

}  // namespace fdreactor
