// The clock of a wait, by a clock that the test sets: when a wait ends, and what remains of it.
#include "../../core/wait_clock.h"
#include "../../sys/posix/timespec.h"
#include "../harness.h"

using namespace fdreactor;

namespace {

double fake_now_ms = 0;

double fake_now() { return fake_now_ms; }

class FakeClock : public BasicWaitClock<fake_now> {
 public:
  FakeClock(double timeout_ms, double deadline_ms) : BasicWaitClock(timeout_ms, deadline_ms) {}
  void read_at(double now_ms) {
    fake_now_ms = now_ms;
    read();
  }
  bool must_wait_again_at(double now_ms, int count, int error) {
    fake_now_ms = now_ms;
    return must_wait_again(count, error);
  }
};

FakeClock started_at(double now_ms, double timeout_ms, double deadline_ms) {
  fake_now_ms = now_ms;
  return {timeout_ms, deadline_ms};
}

}  // namespace

TEST("a wait ends at its time-out or its deadline, whichever is earlier") {
  EXPECT_EQ(started_at(1000, 50, kNoDeadline).remaining_ms(), 50);
  EXPECT_EQ(started_at(1000, -1, 1020).remaining_ms(), 20);
  EXPECT_EQ(started_at(1000, 50, 1020).remaining_ms(), 20);
  EXPECT_EQ(started_at(1000, 10, 1020).remaining_ms(), 10);
  EXPECT_EQ(started_at(1000, 0, kNoDeadline).remaining_ms(), 0);
}

TEST("a wait without time-out and deadline has no limit and is never over") {
  for (const double timeout_ms : {-1.0, kNoDeadline}) {
    FakeClock clock = started_at(1000, timeout_ms, kNoDeadline);
    EXPECT(!clock.is_limited());
    EXPECT_EQ(clock.remaining_ms(), -1);
    clock.read_at(1e15);
    EXPECT(!clock.is_over());
    EXPECT_EQ(clock.remaining_ms(), -1);
  }
}

TEST("a deadline in the past, even an infinite one, does not wait") {
  for (const double deadline_ms : {999.0, 0.0, -kNoDeadline}) {
    const FakeClock clock = started_at(1000, -1, deadline_ms);
    EXPECT(clock.is_limited());
    EXPECT(clock.is_over());
    EXPECT_EQ(clock.remaining_ms(), 0);
  }
}

TEST("what remains shrinks to 0 and stays there") {
  FakeClock clock = started_at(1000, 30, kNoDeadline);
  clock.read_at(1010);
  EXPECT_EQ(clock.remaining_ms(), 20);
  EXPECT(!clock.is_over());
  clock.read_at(1030);
  EXPECT_EQ(clock.remaining_ms(), 0);
  EXPECT(clock.is_over());
  clock.read_at(1100);
  EXPECT_EQ(clock.remaining_ms(), 0);
  EXPECT(clock.is_over());
}

TEST("an interrupted call waits again, other failures and events do not") {
  FakeClock clock = started_at(1000, 30, kNoDeadline);
  EXPECT(clock.must_wait_again_at(1010, -1, EINTR));
  EXPECT_EQ(clock.remaining_ms(), 20);
  EXPECT(clock.must_wait_again_at(1040, -1, EINTR));  // one last look, which does not wait
  EXPECT_EQ(clock.remaining_ms(), 0);
  EXPECT(!clock.must_wait_again_at(1010, -1, EBADF));
  EXPECT(!clock.must_wait_again_at(1010, 1, EINTR));
}

TEST("a call that returns too early without events waits again") {
  FakeClock clock = started_at(1000, 30, kNoDeadline);
  EXPECT(clock.must_wait_again_at(1029.999, 0, 0));
  EXPECT(!clock.must_wait_again_at(1030, 0, 0));
  FakeClock endless = started_at(1000, -1, kNoDeadline);
  EXPECT(endless.must_wait_again_at(1e15, 0, 0));
}

TEST("a batch's header gets the moment and the length of the wait") {
  FakeClock clock = started_at(1000, 30, kNoDeadline);
  EventBatchHeader header = {-1, -1};
  clock.store(&header);
  EXPECT_EQ(header.now_ms, 1000);
  EXPECT_EQ(header.waited_ms, 0);
  clock.read_at(1012.5);
  clock.store(&header);
  EXPECT_EQ(header.now_ms, 1012.5);
  EXPECT_EQ(header.waited_ms, 12.5);
}

TEST("milliseconds become a timespec, rounded up and within what kernels take") {
  EXPECT_EQ(to_timespec(0).tv_nsec, 0);
  EXPECT_EQ(to_timespec(-1).tv_sec, 0);
  EXPECT_EQ(to_timespec(-1).tv_nsec, 0);
  EXPECT_EQ(to_timespec(1500).tv_sec, 1);
  EXPECT_EQ(to_timespec(1500).tv_nsec, 500000000);
  EXPECT_EQ(to_timespec(1e-9).tv_nsec, 1);
  EXPECT_EQ(to_timespec(kNoDeadline).tv_sec, 100000000);
  EXPECT_EQ(to_timespec(kNoDeadline).tv_nsec, 0);
}
