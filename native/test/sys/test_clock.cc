// The monotonic clock never goes back and counts in milliseconds.
#include <ctime>

#include "../../sys/clock.h"
#include "../harness.h"

using namespace fdreactor;

TEST("the clock never goes back") {
  double last = monotonic_ms();
  for (int i = 0; i < 10000; i++) {
    const double now = monotonic_ms();
    EXPECT(now >= last);
    last = now;
  }
}

TEST("the clock counts milliseconds") {
  const double before = monotonic_ms();
  const timespec pause = {0, 3'000'000};
  nanosleep(&pause, nullptr);
  const double passed = monotonic_ms() - before;
  EXPECT(passed >= 3);
  EXPECT(passed < 3000);
}
