#include "../../waker.h"

#include <random>

#include "../wsa_result.h"
#include "iocp.h"
#include "waker_windows.h"

namespace fdreactor {
namespace {

struct Waker {
  HANDLE port;  // nullptr: no port watches the waker
  uint32_t slot;
  uint32_t generation;
  bool ringing;  // its packet was posted (or waits for a port), and its handler has not acknowledged that yet
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

Result post(const Waker& waker) {
  auto* slot = reinterpret_cast<OVERLAPPED*>(static_cast<uintptr_t>(waker.slot));
  return from_win32_call(PostQueuedCompletionStatus(waker.port, waker.generation, kWakerKey, slot));
}

}  // namespace

Result waker_open(uint64_t* id) {
  *id = wakers().add({nullptr, 0, 0, false});
  return static_cast<Result>(*id);
}

Result waker_bind(uint64_t source, void* port_handle, uint32_t slot, uint32_t generation) {
  return wakers().with(source, kBadArgument, [&](Waker& waker) {
    waker.port = port_handle;
    waker.slot = slot;
    waker.generation = generation;
    return waker.ringing ? post(waker) : 0;
  });
}

void waker_unbind(uint64_t source) {
  wakers().with(source, 0, [](Waker& waker) {
    waker.port = nullptr;
    return Result{0};
  });
}

void waker_forget_port(void* port_handle) {
  wakers().each([port_handle](Waker& waker) {
    if (waker.port == port_handle) waker.port = nullptr;
  });
}

Result waker_wake(uint64_t id) {
  return wakers().wake(id, [](const Waker& waker) { return waker.port == nullptr ? 0 : post(waker); });
}

Result waker_acknowledge(uint64_t id) {
  return wakers().with(id, 0, [](Waker& waker) {
    waker.ringing = false;
    return Result{0};
  });
}

Result waker_close(uint64_t id, bool) {
  return wakers().remove(id, [](const Waker&) {});
}

Result waker_was_made(uint64_t id) { return wakers().was_made(id); }

}  // namespace fdreactor
