#include "kqueue.h"

#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <cmath>

#include "../../core/event_layout.h"
#include "../clock.h"
#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;  // the function has the same name

constexpr size_t kWord = sizeof(uint32_t);
constexpr double kLongestMs = 1e11;  // three years; keeps every conversion below in range
constexpr size_t kMostEvents = INT_MAX / sizeof(Kevent);

static_assert(sizeof(Kevent::ident) == 8 && sizeof(Kevent::data) == 8 && sizeof(Kevent::udata) == 8,
              "64-bit systems only");
static_assert(sizeof(Kevent::filter) == sizeof(Kevent::flags) && sizeof(Kevent::fflags) == kWord,
              "as JavaScript reads it");
static_assert(sizeof(Kevent::filter) == kWord || offsetof(Kevent, flags) == offsetof(Kevent, filter) + 2,
              "one word, the filter in its lower half");
static_assert(alignof(Kevent) <= alignof(EventBatchHeader), "events follow the header");

timespec to_timespec(double remaining_ms) {
  const double ns = std::ceil(std::min(remaining_ms, kLongestMs) * 1e6);
  timespec time;
  time.tv_sec = static_cast<time_t>(ns / 1e9);
  time.tv_nsec = static_cast<long>(ns - static_cast<double>(time.tv_sec) * 1e9);
  return time;
}

const Kevent* changes_in(const void* batch) {
  return reinterpret_cast<const Kevent*>(static_cast<const EventBatchHeader*>(batch) + 1);
}

constexpr uint32_t kMachReceive = 2;  // MACH_RCV_MSG, of a header that has much more in it

bool holds_address(const Kevent& change) {
  switch (change.filter) {
#ifdef EVFILT_AIO
    case EVFILT_AIO:
#endif
#ifdef EVFILT_LIO
    case EVFILT_LIO:
#endif
#ifdef EVFILT_SENDFILE
    case EVFILT_SENDFILE:
#endif
#ifdef EVFILT_WORKLOOP
    case EVFILT_WORKLOOP:
#endif
      return true;
#ifdef EVFILT_MACHPORT
    case EVFILT_MACHPORT:
      return (change.fflags & kMachReceive) != 0;
#endif
    default:
      return false;
  }
}

// The moment at which the wait ends, or infinity.
double end_of_wait(double start_ms, double timeout_ms, double deadline_ms) {
  return timeout_ms < 0 ? deadline_ms : std::min(start_ms + timeout_ms, deadline_ms);
}

}  // namespace

KeventLayout kevent_layout() {
  return {sizeof(EventBatchHeader) / kWord, sizeof(Kevent) / kWord,          offsetof(Kevent, ident) / kWord,
          offsetof(Kevent, filter) / kWord, offsetof(Kevent, flags) / kWord, offsetof(Kevent, fflags) / kWord,
          offsetof(Kevent, data) / kWord,   offsetof(Kevent, udata) / kWord};
}

bool kqueue_changes_hold_address(const void* changes, size_t count) {
  const Kevent* first = changes_in(changes);
  return std::any_of(first, first + count, holds_address);
}

// Not every system has kqueue1(O_CLOEXEC). In between, a child could only come by fork and exec, and loses it at fork.
Result kqueue_open() {
  const Result fd = from_call(::kqueue());
  if (fd >= 0) ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
  return fd;
}

Result kqueue_wait_batch(int kqueue_fd, const void* changes, size_t change_count, void* batch, size_t batch_bytes,
                         double timeout_ms, double deadline_ms) {
  if (batch_bytes < sizeof(EventBatchHeader) || change_count > kMostEvents) return kBadArgument;
  auto* header = static_cast<EventBatchHeader*>(batch);
  auto* events = reinterpret_cast<Kevent*>(header + 1);
  const size_t room = (batch_bytes - sizeof(EventBatchHeader)) / sizeof(Kevent);
  const auto capacity = static_cast<int>(std::min(room, kMostEvents));
  const auto* list = changes == nullptr ? nullptr : changes_in(changes);
  auto pending = static_cast<int>(change_count);

  const double start_ms = monotonic_ms();
  const double end_ms = capacity == 0 ? start_ms : end_of_wait(start_ms, timeout_ms, deadline_ms);
  double now_ms = start_ms;
  int count;
  for (;;) {
    const timespec limit = to_timespec(std::max(end_ms - now_ms, 0.0));
    errno = 0;  // libkqueue's answer to a change may be the errno that was there
    count = ::kevent(kqueue_fd, pending == 0 ? nullptr : list, pending, events, capacity,
                     std::isinf(end_ms) ? nullptr : &limit);
    const int error = errno;
    now_ms = monotonic_ms();
    pending = 0;  // applied, also by a call that a signal has ended (kqueue(2), EINTR)
    const bool interrupted = count < 0 && error == EINTR;
    const bool too_early = count == 0 && now_ms < end_ms;
    if (!interrupted && !too_early) {
      errno = error;
      break;
    }
  }
  header->now_ms = now_ms;
  header->waited_ms = now_ms - start_ms;
  return from_call(count);
}

}  // namespace fdreactor
