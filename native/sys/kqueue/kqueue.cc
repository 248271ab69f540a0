#include "kqueue.h"

#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <algorithm>
#include <climits>
#include <iterator>

#include "../../core/event_layout.h"
#include "../clock.h"
#include "../posix/errno_result.h"
#include "../posix/timespec.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;  // the function has the same name

constexpr size_t kMaxEvents = INT_MAX / sizeof(Kevent);

static_assert(sizeof(Kevent::ident) == 8 && sizeof(Kevent::data) == 8 && sizeof(Kevent::udata) == 8,
              "64-bit systems only");
static_assert(sizeof(Kevent::filter) == sizeof(Kevent::flags) && sizeof(Kevent::fflags) == sizeof(uint32_t),
              "as JavaScript reads it");
static_assert(sizeof(Kevent::filter) == sizeof(uint32_t) || offsetof(Kevent, flags) == offsetof(Kevent, filter) + 2,
              "one word, the filter in its lower half");
constexpr LayoutWord kLayout[] = {
    {"firstWord", in_words(sizeof(EventBatchHeader))}, {"eventWords", in_words(sizeof(Kevent))},
    {"identWord", in_words(offsetof(Kevent, ident))},  {"filterWord", in_words(offsetof(Kevent, filter))},
    {"flagsWord", in_words(offsetof(Kevent, flags))},  {"fflagsWord", in_words(offsetof(Kevent, fflags))},
    {"dataWord", in_words(offsetof(Kevent, data))},    {"udataWord", in_words(offsetof(Kevent, udata))},
};
static_assert(alignof(Kevent) <= alignof(EventBatchHeader), "events follow the header");

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

}  // namespace

EventLayout kevent_layout() { return {kLayout, std::size(kLayout)}; }

size_t kqueue_batch_bytes(size_t count) { return sizeof(EventBatchHeader) + count * sizeof(Kevent); }

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
  if (batch_bytes < sizeof(EventBatchHeader) || change_count > kMaxEvents) return kBadArgument;
  auto* header = static_cast<EventBatchHeader*>(batch);
  auto* events = reinterpret_cast<Kevent*>(header + 1);
  const size_t room = (batch_bytes - sizeof(EventBatchHeader)) / sizeof(Kevent);
  const auto capacity = static_cast<int>(std::min(room, kMaxEvents));
  const auto* list = changes == nullptr ? nullptr : changes_in(changes);
  auto pending = static_cast<int>(change_count);

  WaitClock clock(capacity == 0 ? 0 : timeout_ms, deadline_ms);
  int count;
  int error;
  do {
    const timespec limit = to_timespec(clock.remaining_ms());
    errno = 0;  // libkqueue may leave errno as it is when it reports a failed change
    count = ::kevent(kqueue_fd, pending == 0 ? nullptr : list, pending, events, capacity,
                     clock.is_limited() ? &limit : nullptr);
    error = errno;
    pending = 0;  // a call that a signal interrupts has applied them as well (kqueue(2), EINTR)
  } while (clock.must_wait_again(count, error));
  clock.store(header);
  errno = error;
  return from_call(count);
}

}  // namespace fdreactor
