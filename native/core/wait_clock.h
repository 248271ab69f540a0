// The clock of one wait: when the wait began, when it must end, and how much remains. Every facility that waits
// (epoll(7), kqueue(2), a completion port, poll(2)) uses it, so that they agree on what a time-out means. It reads the
// clock that it is given: sys/clock.h has the real one, tests set their own.
//
//   WaitClock clock(timeout_ms, deadline_ms);
//   do {
//     count = ...;      // one system call, which waits for at most clock.remaining_ms()
//     error = errno;
//   } while (clock.must_wait_again(count, error));
//   clock.store(header);
#pragma once

#include <algorithm>
#include <cerrno>
#include <limits>

#include "event_layout.h"

namespace fdreactor {

constexpr double kNoDeadline = std::numeric_limits<double>::infinity();

template <double (*kNow)()>
class BasicWaitClock {
 public:
  // timeout_ms: negative for no limit. deadline_ms: a moment of the monotonic clock, or kNoDeadline. The earlier of the
  // two ends the wait.
  BasicWaitClock(double timeout_ms, double deadline_ms)
      : start_ms_(kNow()),
        now_ms_(start_ms_),
        end_ms_(timeout_ms < 0 ? deadline_ms : std::min(start_ms_ + timeout_ms, deadline_ms)) {}

  // False: the wait has no end of its own.
  bool is_limited() const { return end_ms_ < kNoDeadline; }

  // What remains since the clock was last read: 0 or more, or -1 without a limit.
  double remaining_ms() const { return is_limited() ? std::max(end_ms_ - now_ms_, 0.0) : -1; }

  bool is_over() const { return now_ms_ >= end_ms_; }

  void read() { now_ms_ = kNow(); }

  // Reads the clock after a system call. True if a signal interrupted the call, or if the call returned no event before
  // the end: system calls have limits of their own (24 days), and some round down to a tick.
  bool must_wait_again(int count, int error) {
    read();
    return count < 0 ? error == EINTR : count == 0 && !is_over();
  }

  void store(EventBatchHeader* header) const {
    header->now_ms = now_ms_;
    header->waited_ms = now_ms_ - start_ms_;
  }

 private:
  double start_ms_;
  double now_ms_;
  double end_ms_;
};

}  // namespace fdreactor
