#include "../waker.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <random>

#include "../posix/errno_result.h"
#include "waker_kqueue.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;

constexpr int kNoQueue = -1;

struct Waker {
  int kqueue_fd;
  uint64_t udata;
  bool ringing;  // the event was triggered (or waits for a queue), and its handler has not acknowledged that yet
};

uint64_t random_bits() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

// Never destroyed: a thread may still ring while the process exits.
WakerRegistry<Waker>& wakers() {
  static auto* all = new WakerRegistry<Waker>(random_bits());
  return *all;
}

Result change(uint64_t id, const Waker& waker, uint16_t flags, uint32_t fflags) {
  Kevent event = {};
  EV_SET(&event, static_cast<uintptr_t>(id), EVFILT_USER, flags, fflags, 0,
         reinterpret_cast<void*>(static_cast<uintptr_t>(waker.udata)));
  return retry_eintr([&] { return ::kevent(waker.kqueue_fd, &event, 1, nullptr, 0, nullptr); });
}

}  // namespace

Result waker_open(uint64_t* id) {
  *id = wakers().add({kNoQueue, 0, false});
  return static_cast<Result>(*id);
}

Result waker_bind(uint64_t source, int kqueue_fd, uint64_t udata) {
  return wakers().with(source, kBadArgument, [&](Waker& waker) {
    waker.kqueue_fd = kqueue_fd;
    waker.udata = udata;
    Result result = change(source, waker, EV_ADD | EV_CLEAR, 0);
    if (result >= 0 && waker.ringing) result = change(source, waker, 0, NOTE_TRIGGER);
    if (result < 0) waker.kqueue_fd = kNoQueue;
    return result;
  });
}

Result waker_unbind(uint64_t source) {
  return wakers().with(source, 0, [source](Waker& waker) {
    if (waker.kqueue_fd == kNoQueue) return Result{0};
    const Result result = change(source, waker, EV_DELETE, 0);
    waker.kqueue_fd = kNoQueue;
    return result;
  });
}

void waker_forget_kqueue(int kqueue_fd) {
  wakers().each([kqueue_fd](Waker& waker) {
    if (waker.kqueue_fd == kqueue_fd) waker.kqueue_fd = kNoQueue;
  });
}

Result waker_wake(uint64_t id) {
  return wakers().wake(id, [id](const Waker& waker) {
    return waker.kqueue_fd == kNoQueue ? Result{0} : change(id, waker, 0, NOTE_TRIGGER);
  });
}

Result waker_acknowledge(uint64_t id) {
  return wakers().with(id, 0, [](Waker& waker) {
    waker.ringing = false;
    return Result{0};
  });
}

Result waker_close(uint64_t id, bool) {
  return wakers().remove(id, [id](const Waker& waker) {
    if (waker.kqueue_fd != kNoQueue) change(id, waker, EV_DELETE, 0);
  });
}

Result waker_was_made(uint64_t id) { return wakers().was_made(id); }

}  // namespace fdreactor
