#include "iocp.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <vector>

#include "../../../core/afd_events.h"
#include "../../../core/check.h"
#include "../../clock.h"
#include "../transfer_windows.h"
#include "../wsa_result.h"
#include "afd_device_windows.h"
#include "afd_operation.h"
#include "host_wait.h"
#include "operation.h"
#include "waker_windows.h"

namespace fdreactor {
namespace {

constexpr ULONG kMaxEntries = 1024;  // taken out of the port by one call
constexpr double kDrainMs = 5000;    // a driver that does not give a request back in that time may never do so
constexpr double kMaxWaitMs = 86400000;

constexpr LayoutWord kLayout[] = {
    {"firstWord", in_words(sizeof(EventBatchHeader))},
    {"eventWords", in_words(sizeof(PortEvent))},
    {"slotWord", in_words(offsetof(PortEvent, slot))},
    {"generationWord", in_words(offsetof(PortEvent, generation))},
    {"statusWord", in_words(offsetof(PortEvent, status))},
    {"bytesWord", in_words(offsetof(PortEvent, bytes))},
    {"keyWord", in_words(offsetof(PortEvent, key))},
    {"operationWord", in_words(offsetof(PortEvent, operation))},
};

// A wait's limit for GetQueuedCompletionStatusEx: whole milliseconds, rounded up.
DWORD limit_of(const WaitClock& clock) {
  return clock.is_limited() ? static_cast<DWORD>(std::ceil(std::min(clock.remaining_ms(), kMaxWaitMs))) : INFINITE;
}

uint32_t status_of(const Operation* operation) {
  return static_cast<uint32_t>(reinterpret_cast<const OVERLAPPED*>(operation->overlapped)->Internal);
}

}  // namespace

class Port {
 public:
  explicit Port(HANDLE opened) : handle(opened), device(opened), afd(&device), entries(kMaxEntries) {}

  Result take(ULONG max, DWORD limit_ms);
  bool translate(const OVERLAPPED_ENTRY& entry, PortEvent* event);
  void let_go(Operation* operation);

  HANDLE handle;
  AfdDeviceWindows device;
  AfdPoller afd;
  std::unordered_set<Operation*> pending;
  // Packets that were taken out; [next, taken) are still to be translated.
  std::vector<OVERLAPPED_ENTRY> entries;
  ULONG next = 0;
  ULONG taken = 0;

 private:
  void complete(Operation* operation, PortEvent* event);
};

// A failure of the call other than that its time was up means that the port is gone.
Result Port::take(ULONG max, DWORD limit_ms) {
  next = taken = 0;
  ULONG count = 0;
  if (GetQueuedCompletionStatusEx(handle, entries.data(), std::min(max, kMaxEntries), &count, limit_ms, FALSE) == 0) {
    return GetLastError() == WAIT_TIMEOUT ? 0 : last_win32_error();
  }
  taken = count;
  return static_cast<Result>(count);
}

// False if the packet makes no event.
bool Port::translate(const OVERLAPPED_ENTRY& entry, PortEvent* event) {
  const auto key = static_cast<uint64_t>(entry.lpCompletionKey);
  auto* const context = entry.lpOverlapped;
  *event = {kCompletionSlot, 0, 0, entry.dwNumberOfBytesTransferred, key, 0};
  if (key == kNudgeKey) return false;
  if (key == kTransferKey) {
    afd.transfer_done(static_cast<int>(reinterpret_cast<intptr_t>(context)));
    return false;
  }
  if (key == kWakerKey) {
    const auto slot = static_cast<int32_t>(reinterpret_cast<intptr_t>(context));
    *event = {slot, entry.dwNumberOfBytesTransferred, kReadable, 0, 0, 0};
    return true;
  }
  auto* const operation = reinterpret_cast<Operation*>(context);
  if (pending.count(operation) > 0) {
    complete(operation, event);
    return true;
  }
  if (key == kAfdKey) {
    AfdReady told = {};
    CHECK(afd.complete(context, &told));  // only the AFD device's handles have this key
    *event = {static_cast<int32_t>(told.slot), told.generation, told.ready, 0, 0, 0};
    return told.ready != 0;
  }
  // An operation that other code began on a handle that is associated here: only its key is known.
  event->status = static_cast<uint32_t>(entry.Internal);
  return true;
}

void Port::complete(Operation* operation, PortEvent* event) {
  event->status = status_of(operation);
  if (operation->kind == OperationKind::kAfdPoll) {
    const AfdAnswer answer = afd_operation_answered(&device, operation);
    event->status = answer.status;
    event->bytes = answer.events;
    event->key = static_cast<uint64_t>(answer.fd);
  }
  event->operation = operation->id;
  event->status = operation_completed(operation, event->status, event->bytes);
  let_go(operation);
}

void Port::let_go(Operation* operation) {
  CHECK(operation->state == OperationState::kPending && pending.erase(operation) == 1);
  operation->state = OperationState::kIdle;
  operation->port = nullptr;
  operation_release(operation);
}

Result port_open(Port** port) {
  HANDLE handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  if (handle == nullptr) return last_win32_error();
  *port = new Port(handle);
  return 0;
}

// Once the wakers and the sendfiles have forgotten the port, no thread posts to it any more. Then cancels the
// operations that the kernel still has, and takes their packets out.
void port_close(Port* port) {
  waker_forget_port(port->handle);
  transfer_forget_port(port->handle);
  for (Operation* operation : port->pending) operation_cancel(operation);
  port->afd.remove_all();
  WaitClock clock(kDrainMs, kNoDeadline);
  PortEvent ignored;
  while (!port->pending.empty() || port->afd.in_flight() > 0) {
    while (port->next < port->taken) port->translate(port->entries[port->next++], &ignored);
    if (port->pending.empty() && port->afd.in_flight() == 0) break;
    clock.read();
    if (clock.is_over() || port->take(kMaxEntries, limit_of(clock)) < 0) {
      port->afd.abandon();
      return;  // the kernel may write into this memory at any time: it is kept, and the port with it
    }
  }
  HANDLE handle = port->handle;
  delete port;
  CloseHandle(handle);
}

void* port_handle(const Port* port) { return port->handle; }
AfdPoller& port_afd(Port* port) { return port->afd; }
AfdDevice& port_device(Port* port) { return port->device; }
size_t port_pending(const Port* port) { return port->pending.size(); }

Result port_take_error(Port* port, int fd) {
  const int32_t status = port->afd.take_error(fd);
  return status == 0 ? 0 : error_from_ntstatus(static_cast<uint32_t>(status));
}

// The modes are set first: they can be refused, and a handle never leaves its port again.
Result port_associate(Port* port, uint64_t handle, uint64_t key, bool skip_on_success) {
  if (key >= kFirstOwnKey) return kBadArgument;
  auto* const associated = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(handle));
  if (skip_on_success) {
    const UCHAR modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
    const Result set = from_win32_call(SetFileCompletionNotificationModes(associated, modes));
    if (set < 0) return set;
  }
  return from_win32_call(CreateIoCompletionPort(associated, port->handle, static_cast<ULONG_PTR>(key), 0) != nullptr);
}

Result port_post(Port* port, uint64_t key, uint32_t bytes, Operation* operation) {
  if (key >= kFirstOwnKey) return kBadArgument;
  if (operation != nullptr) {
    if (operation->state != OperationState::kIdle) return kBadArgument;
    operation->kind = OperationKind::kPosted;
    std::fill(std::begin(operation->overlapped), std::end(operation->overlapped), static_cast<unsigned char>(0));
    port_began(port, operation);
  }
  auto* const overlapped = reinterpret_cast<OVERLAPPED*>(operation);
  const Result posted =
      from_win32_call(PostQueuedCompletionStatus(port->handle, bytes, static_cast<ULONG_PTR>(key), overlapped));
  if (posted < 0 && operation != nullptr) port_did_not_begin(port, operation);
  return posted;
}

void port_began(Port* port, Operation* operation) {
  CHECK(operation->state == OperationState::kIdle);
  operation->state = OperationState::kPending;
  operation->port = port;
  operation_hold(operation);
  port->pending.insert(operation);
}

void port_did_not_begin(Port* port, Operation* operation) { port->let_go(operation); }

EventLayout port_event_layout() { return {kLayout, std::size(kLayout)}; }

// A round that took packets out but had nothing to tell (a poll was cancelled because more is wanted now) goes on even
// when the time is up: what is asked for anew may be there already, and no other turn may come.
Result port_wait(Port* port, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms) {
  if (batch_bytes < sizeof(EventBatchHeader) + sizeof(PortEvent)) return kBadArgument;
  auto* header = static_cast<EventBatchHeader*>(batch);
  auto* events = reinterpret_cast<PortEvent*>(header + 1);
  const auto capacity =
      static_cast<ULONG>(std::min<size_t>((batch_bytes - sizeof(EventBatchHeader)) / sizeof(PortEvent), kMaxEntries));

  WaitClock clock(timeout_ms, deadline_ms);
  ULONG count = 0;
  Result result = 0;
  for (;;) {
    result = port->afd.update();
    if (result >= 0 && port->next == port->taken) result = port->take(capacity, limit_of(clock));
    const bool took = port->next < port->taken;
    while (port->next < port->taken && count < capacity) {
      if (port->translate(port->entries[port->next++], &events[count])) ++count;
    }
    clock.read();
    if (result < 0 || count > 0 || (!took && clock.is_over())) break;
  }
  clock.store(header);
  return result < 0 && count == 0 ? result : static_cast<Result>(count);
}

void host_wait(Port* port, double deadline_ms) {
  if (port->next < port->taken) return;
  WaitClock clock(-1, deadline_ms);
  Result taken = 0;
  do {
    taken = port->take(kMaxEntries, limit_of(clock));
    clock.read();
  } while (taken == 0 && !clock.is_over());
}

void host_wait_interrupt(Port* port) { PostQueuedCompletionStatus(port->handle, 0, kNudgeKey, nullptr); }

}  // namespace fdreactor
