#include "epoll.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cmath>
#include <iterator>

#include "../clock.h"
#include "../posix/errno_result.h"
#include "../posix/timespec.h"

#ifndef SYS_epoll_pwait2  // Linux 5.11; one number on every architecture, so that older headers can build it
#define SYS_epoll_pwait2 441
#endif

namespace fdreactor {
namespace {

constexpr size_t kMaxEvents = INT_MAX / sizeof(epoll_event);

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "JavaScript reads the low half of the user data first");
static_assert(offsetof(epoll_event, events) == 0, "JavaScript reads the ready bits at word 0");

constexpr LayoutWord kLayout[] = {
    {"firstWord", in_words(sizeof(EventBatchHeader))},
    {"eventWords", in_words(sizeof(epoll_event))},
    {"dataWord", in_words(offsetof(epoll_event, data))},
};

// Cleared for good by the first call that finds epoll_pwait2 missing: ENOSYS from an older kernel, EPERM from a
// seccomp filter that does not know it.
std::atomic<bool> has_pwait2{true};

int wait_ns(int epoll_fd, epoll_event* events, int capacity, double remaining_ms) {
  const timespec timeout = to_timespec(remaining_ms);
  return static_cast<int>(syscall(SYS_epoll_pwait2, epoll_fd, events, capacity, &timeout, nullptr, 0));
}

int wait_ms(int epoll_fd, epoll_event* events, int capacity, double remaining_ms) {
  return epoll_wait(epoll_fd, events, capacity, static_cast<int>(std::ceil(std::min(remaining_ms, double{INT_MAX}))));
}

// One system call. remaining_ms is negative for no limit.
int wait_once(int epoll_fd, epoll_event* events, int capacity, double remaining_ms) {
  if (remaining_ms <= 0) return epoll_wait(epoll_fd, events, capacity, remaining_ms < 0 ? -1 : 0);
  if (has_pwait2.load(std::memory_order_relaxed)) {
    const int count = wait_ns(epoll_fd, events, capacity, remaining_ms);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    has_pwait2.store(false, std::memory_order_relaxed);
  }
  return wait_ms(epoll_fd, events, capacity, remaining_ms);
}

}  // namespace

EventLayout epoll_event_layout() { return {kLayout, std::size(kLayout)}; }

Result epoll_open() { return from_call(epoll_create1(EPOLL_CLOEXEC)); }

Result epoll_control(int epoll_fd, int op, int fd, uint32_t events, uint64_t data) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = data;
  return from_call(epoll_ctl(epoll_fd, op, fd, &event));
}

Result epoll_replace(int epoll_fd, int fd, uint32_t events, uint64_t data) {
  const Result removed = epoll_control(epoll_fd, EPOLL_CTL_DEL, fd, 0, 0);
  return removed < 0 ? removed : epoll_control(epoll_fd, EPOLL_CTL_ADD, fd, events, data);
}

Result epoll_wait_batch(int epoll_fd, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms) {
  if (batch_bytes < sizeof(EventBatchHeader) + sizeof(epoll_event)) return kBadArgument;
  auto* header = static_cast<EventBatchHeader*>(batch);
  auto* events = reinterpret_cast<epoll_event*>(header + 1);
  const size_t room = (batch_bytes - sizeof(EventBatchHeader)) / sizeof(epoll_event);
  const int capacity = static_cast<int>(std::min(room, kMaxEvents));

  WaitClock clock(timeout_ms, deadline_ms);
  int count;
  int error;
  do {
    count = wait_once(epoll_fd, events, capacity, clock.remaining_ms());
    error = errno;
  } while (clock.must_wait_again(count, error));
  clock.store(header);
  errno = error;
  return from_call(count);
}

}  // namespace fdreactor
