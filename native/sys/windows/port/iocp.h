// An I/O completion port (CreateIoCompletionPort), shared by what a reactor and a user do with it: overlapped
// operations, posted packets, wakers, finished sendfiles and the readiness of sockets (afd.h) all come out of one wait.
//
// A Port belongs to one thread; others only post to it (port_handle). It returns PortEvents. A packet that concerns no
// registration any more, such as the poll of a socket that was deregistered, makes none.
//
// The key of a packet says what it is:
//   below 2^53      a handle that a user associated, or a user's post; `overlapped` is an Operation, or null
//   kAfdKey         a poll operation of afd.h; `overlapped` points to it
//   kWakerKey       a waker or signal rang; `overlapped` is its slot, the byte count its generation
//   kTransferKey    a sendfile has finished; `overlapped` is its socket
//   kNudgeKey       nothing: ends a wait of the waiting thread (host_wait.h)
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../../core/event_layout.h"
#include "../../../core/result.h"

namespace fdreactor {

struct Operation;  // operation.h
class AfdPoller;   // afd.h
class AfdDevice;   // afd.h

constexpr uint64_t kFirstOwnKey = uint64_t{1} << 53;
constexpr uint64_t kAfdKey = kFirstOwnKey;
constexpr uint64_t kWakerKey = kFirstOwnKey + 1;
constexpr uint64_t kTransferKey = kFirstOwnKey + 2;
constexpr uint64_t kNudgeKey = kFirstOwnKey + 3;

// One event. JavaScript reads it by port_event_layout().
struct PortEvent {
  int32_t slot;         // >= 0: of a reactor's registration; kCompletionSlot: a packet of the user's
  uint32_t generation;  // of the slot
  uint32_t status;      // Ready bits for a registration; an NTSTATUS for a completion
  uint32_t bytes;
  uint64_t key;
  uint64_t operation;  // Operation::id; 0: the packet has none
};

constexpr int32_t kCompletionSlot = -2;
static_assert(alignof(PortEvent) <= alignof(EventBatchHeader), "events follow the header");
static_assert(sizeof(PortEvent) == 32, "no padding, which would be memory that was never written");

class Port;

Result port_open(Port** port);

// Cancels what is pending, waits for its completions and frees the port. What the kernel does not give back in time
// stays allocated for good: never freed early.
void port_close(Port* port);

void* port_handle(const Port* port);
AfdPoller& port_afd(Port* port);
AfdDevice& port_device(Port* port);

// handle: a SOCKET or a HANDLE. ERROR_INVALID_PARAMETER where it is on a port already. skip_on_success: an operation
// that succeeds at once makes no packet (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
Result port_associate(Port* port, uint64_t handle, uint64_t key, bool skip_on_success);

// operation may be null; else it is pending until its packet was taken out.
Result port_post(Port* port, uint64_t key, uint32_t bytes, Operation* operation);

// Operations in flight, and posted ones. The port keeps each until its packet came out, and then lets go of it.
void port_began(Port* port, Operation* operation);
void port_did_not_begin(Port* port, Operation* operation);  // the call failed, or succeeded without a packet
size_t port_pending(const Port* port);

// What broke the connection of a socket that is watched: an error number, once; 0 for none. Winsock's SO_ERROR does not
// know of what only a poll has seen.
Result port_take_error(Port* port, int fd);

// As epoll_wait_batch (epoll.h): fills an EventBatch with PortEvents.
EventLayout port_event_layout();
Result port_wait(Port* port, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms);

}  // namespace fdreactor
