#include "../../waker.h"

#include <mutex>
#include <random>
#include <unordered_map>

#include "../wsa_result.h"
#include "iocp.h"
#include "waker_windows.h"

namespace fdreactor {
namespace {

struct Waker {
  HANDLE port;  // nullptr: nobody watches it
  uint32_t slot;
  uint32_t generation;
  bool ringing;  // its packet was posted (or would have been) and its handler has not acknowledged it yet
};

// All wakers of the process. The lock is held over the one system call, so that the port cannot be closed in between.
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

Result post(const Waker& waker) {
  auto* slot = reinterpret_cast<OVERLAPPED*>(static_cast<uintptr_t>(waker.slot));
  return from_win32_call(PostQueuedCompletionStatus(waker.port, waker.generation, kWakerKey, slot));
}

}  // namespace

Result waker_open(uint64_t* id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  *id = all.next_id++;
  all.by_id.emplace(*id, Waker{nullptr, 0, 0, false});
  return static_cast<Result>(*id);
}

Result waker_bind(uint64_t source, void* port_handle, uint32_t slot, uint32_t generation) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(source);
  if (found == all.by_id.end()) return kBadArgument;
  Waker& waker = found->second;
  waker.port = port_handle;
  waker.slot = slot;
  waker.generation = generation;
  return waker.ringing ? post(waker) : 0;
}

void waker_unbind(uint64_t source) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(source);
  if (found != all.by_id.end()) found->second.port = nullptr;
}

void waker_forget_port(void* port_handle) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (auto& entry : all.by_id) {
    if (entry.second.port == port_handle) entry.second.port = nullptr;
  }
}

Result waker_wake(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  Waker& waker = found->second;
  if (waker.ringing) return 1;
  const Result posted = waker.port == nullptr ? 0 : post(waker);
  if (posted < 0) return posted;
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
  return static_cast<Result>(all.by_id.erase(id));
}

Result waker_was_made(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return id >= all.first_id && id < all.next_id ? 1 : 0;
}

}  // namespace fdreactor
