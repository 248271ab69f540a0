// One overlapped operation: what the kernel writes to while it is in flight, and the memory that it reads or fills.
// JavaScript's Overlapped object holds it, and so does the port on which it is pending; it is freed when both have let
// go: never before its completion was seen. It belongs to one thread, so holding is plain counting.
//
// Life: idle --(a call of overlapped.h, or port_post)--> pending --(its packet came out of the port)--> idle. A call
// that fails, or that succeeds without a packet, goes back to idle by port_did_not_begin().
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../../core/result.h"

namespace fdreactor {

class Port;

enum class OperationState {
  kIdle,     // the kernel has nothing of it: it may be used again, or freed
  kPending,  // given to the kernel, or posted: its packet has not come out of the port, and its memory must stay
};

enum class OperationKind {
  kPosted,
  kAccept,
  kConnect,
  kDisconnect,
  kReceive,
  kSend,
  kReceiveFrom,
  kSendTo,
  kTransmitFile,
  kReadFile,
  kWriteFile,
  kAfdPoll,
};

constexpr size_t kOverlappedBytes = 32;  // sizeof(OVERLAPPED) on 64-bit Windows

struct Operation {
  // The first member: the kernel hands its address back.
  alignas(8) unsigned char overlapped[kOverlappedBytes] = {};
  uint64_t id = 0;  // what JavaScript knows it by: never 0, never used again
  int holders = 1;
  OperationState state = OperationState::kIdle;
  OperationKind kind = OperationKind::kPosted;
  Port* port = nullptr;  // while pending
  uint64_t handle = 0;   // what it was started on
  // What belongs to the kind (buffers, addresses, the accepted socket): freed with the operation by this function.
  void* details = nullptr;
  void (*free_details)(void* details) = nullptr;
};

// Of an NTSTATUS: neither success nor information. Warnings count: STATUS_HANDLES_CLOSED, STATUS_BUFFER_OVERFLOW ...
constexpr bool status_is_failure(uint32_t status) { return status >= 0x80000000; }
// Errors proper; after a warning there may be bytes (a datagram that was cut off).
constexpr bool status_is_error(uint32_t status) { return status >= 0xC0000000; }

Operation* operation_new(uint64_t id);
void operation_hold(Operation* operation);
void operation_release(Operation* operation);

// What its kind wants done once its packet came out (SO_UPDATE_ACCEPT_CONTEXT ...). Returns the NTSTATUS to report: the
// one given, or that of what failed here.
uint32_t operation_completed(Operation* operation, uint32_t status, uint32_t bytes);

// Asks the kernel to end it (CancelIoEx); its packet comes all the same.
Result operation_cancel(Operation* operation);

}  // namespace fdreactor
