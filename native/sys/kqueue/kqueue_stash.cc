#include "kqueue_stash.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <algorithm>
#include <vector>

#include "../../core/event_layout.h"
#include "../clock.h"
#include "../posix/errno_result.h"
#include "kqueue.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;

constexpr size_t kMaxEvents = 1024;
constexpr uintptr_t kNudgeIdent = 0;  // no waker has it (waker.h)
constexpr intptr_t kNudgeSlot = -1;   // of the event that ends a wait; lib/reactor/backends/kqueue.ts passes over it

Kevent nudge(uint16_t flags, uint32_t fflags) {
  Kevent event = {};
  EV_SET(&event, kNudgeIdent, EVFILT_USER, flags, fflags, 0, reinterpret_cast<void*>(kNudgeSlot));
  return event;
}

}  // namespace

struct KqueueStash {
  int kqueue_fd;
  std::vector<unsigned char> batch;  // as kqueue_wait_batch() fills it
  size_t next;
  size_t count;

  Kevent* events() { return reinterpret_cast<Kevent*>(batch.data() + sizeof(EventBatchHeader)); }
};

Result kqueue_stash_open(int kqueue_fd, KqueueStash** stash) {
  const Kevent added = nudge(EV_ADD | EV_CLEAR, 0);
  const Result result = from_call(::kevent(kqueue_fd, &added, 1, nullptr, 0, nullptr));
  if (result < 0) return result;
  *stash = new KqueueStash{kqueue_fd, {}, 0, 0};
  (*stash)->batch.resize(sizeof(EventBatchHeader) + kMaxEvents * sizeof(Kevent));
  return 0;
}

void kqueue_stash_close(KqueueStash* stash) { delete stash; }

void kqueue_stash_wait(KqueueStash* stash, double deadline_ms) {
  if (!kqueue_stash_is_empty(stash)) return;
  stash->next = 0;
  const Result count =
      kqueue_wait_batch(stash->kqueue_fd, nullptr, 0, stash->batch.data(), stash->batch.size(), -1, deadline_ms);
  stash->count = static_cast<size_t>(std::max<Result>(count, 0));
}

void kqueue_stash_interrupt(KqueueStash* stash) {
  const Kevent triggered = nudge(0, NOTE_TRIGGER);
  ::kevent(stash->kqueue_fd, &triggered, 1, nullptr, 0, nullptr);
}

bool kqueue_stash_is_empty(const KqueueStash* stash) { return stash->next == stash->count; }

Result kqueue_stash_take(KqueueStash* stash, void* batch, size_t batch_bytes) {
  if (batch_bytes < sizeof(EventBatchHeader)) return kBadArgument;
  auto* header = static_cast<EventBatchHeader*>(batch);
  const size_t room = (batch_bytes - sizeof(EventBatchHeader)) / sizeof(Kevent);
  const size_t taken = std::min(room, stash->count - stash->next);
  std::copy_n(stash->events() + stash->next, taken, reinterpret_cast<Kevent*>(header + 1));
  stash->next += taken;
  WaitClock(0, kNoDeadline).store(header);  // taking events does not wait
  return static_cast<Result>(taken);
}

}  // namespace fdreactor
