#include "../waker.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <mutex>
#include <random>
#include <unordered_map>

#include "../posix/errno_result.h"
#include "waker_kqueue.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;

constexpr int kNoQueue = -1;

struct Waker {
  int kqueue_fd;
  uint64_t udata;
  bool ringing;  // it was triggered (or would have been) and its handler has not acknowledged it yet
};

// All wakers of the process. The lock is held over the one system call, so that the queue cannot be closed in between.
struct Wakers {
  std::mutex mutex;
  std::unordered_map<uint64_t, Waker> by_id;
  const uint64_t first_id = random_id();
  uint64_t next_id = first_id;

  static uint64_t random_id() {
    std::random_device random;
    return 1 + (uint64_t{random()} << 20 ^ random()) % (kLargestWakerId / 2);
  }
};

// Never destroyed: a thread may still ring while the process exits.
Wakers& wakers() {
  static auto* all = new Wakers;
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
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  *id = all.next_id++;
  all.by_id.emplace(*id, Waker{kNoQueue, 0, false});
  return static_cast<Result>(*id);
}

Result waker_bind(uint64_t source, int kqueue_fd, uint64_t udata) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(source);
  if (found == all.by_id.end()) return kBadArgument;
  Waker& waker = found->second;
  waker.kqueue_fd = kqueue_fd;
  waker.udata = udata;
  Result result = change(source, waker, EV_ADD | EV_CLEAR, 0);
  if (result >= 0 && waker.ringing) result = change(source, waker, 0, NOTE_TRIGGER);
  if (result < 0) waker.kqueue_fd = kNoQueue;
  return result;
}

Result waker_unbind(uint64_t source) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(source);
  if (found == all.by_id.end() || found->second.kqueue_fd == kNoQueue) return 0;
  const Result result = change(source, found->second, EV_DELETE, 0);
  found->second.kqueue_fd = kNoQueue;
  return result;
}

void waker_forget_kqueue(int kqueue_fd) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (auto& entry : all.by_id) {
    if (entry.second.kqueue_fd == kqueue_fd) entry.second.kqueue_fd = kNoQueue;
  }
}

Result waker_wake(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  Waker& waker = found->second;
  if (waker.ringing) return 1;
  const Result rung = waker.kqueue_fd == kNoQueue ? 0 : change(id, waker, 0, NOTE_TRIGGER);
  if (rung < 0) return rung;
  waker.ringing = true;
  return 1;
}

Result waker_acknowledge(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found != all.by_id.end()) found->second.ringing = false;
  return 0;
}

Result waker_close(uint64_t id, bool) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  if (found->second.kqueue_fd != kNoQueue) change(id, found->second, EV_DELETE, 0);
  all.by_id.erase(found);
  return 1;
}

Result waker_was_made(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return id >= all.first_id && id < all.next_id ? 1 : 0;
}

}  // namespace fdreactor
