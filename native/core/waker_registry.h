// The wakers of a process by their numbers, for the waker.h of each platform. A number is given out once. Each copy of
// the add-on starts at a random number, so that a copy does not take a waker of another copy for one that it made.
//
// Every call holds the lock while it uses a waker, so that the waker's fd, queue or port cannot be closed meanwhile.
// Waker is what a platform needs to ring one, and has a member `bool ringing`: it was rung, and its handler has not
// acknowledged that yet.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "result.h"

namespace fdreactor {

constexpr uint64_t kMaxWakerId = (uint64_t{1} << 53) - 1;  // a safe integer in JavaScript

template <typename Waker>
class WakerRegistry {
 public:
  // The upper half of the numbers is left to count in.
  explicit WakerRegistry(uint64_t random) : first_id_(1 + random % (kMaxWakerId / 2)) {}
  WakerRegistry(const WakerRegistry&) = delete;
  WakerRegistry& operator=(const WakerRegistry&) = delete;

  uint64_t add(const Waker& waker) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t id = next_id_++;
    by_id_.emplace(id, waker);
    return id;
  }

  // Returns what use(waker) does, or `absent` if there is no such waker.
  template <typename Use>
  Result with(uint64_t id, Result absent, Use use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? absent : use(found->second);
  }

  template <typename Use>
  void each(Use use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& entry : by_id_) use(entry.second);
  }

  // 1: ring(waker) has rung it, or it is ringing already. 0: there is no such waker. Else the failure of ring(waker),
  // after which the next wake tries again.
  template <typename Ring>
  Result wake(uint64_t id, Ring ring) {
    return with(id, 0, [&](Waker& waker) {
      if (waker.ringing) return Result{1};
      const Result rung = ring(waker);
      if (rung < 0) return rung;
      waker.ringing = true;
      return Result{1};
    });
  }

  // 1: gone, after end(waker). 0: there was no such waker.
  template <typename End>
  Result remove(uint64_t id, End end) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return 0;
    end(found->second);
    by_id_.erase(found);
    return 1;
  }

  // 1: add() has returned this number, whether the waker still exists or not.
  Result was_made(uint64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return id >= first_id_ && id < next_id_ ? 1 : 0;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, Waker> by_id_;
  const uint64_t first_id_;
  uint64_t next_id_ = first_id_;
};

}  // namespace fdreactor
