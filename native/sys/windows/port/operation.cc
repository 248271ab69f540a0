#include "operation.h"

#include "../../../core/check.h"
#include "../wsa_result.h"
#include "operation_memory.h"

namespace fdreactor {
namespace {

constexpr uint32_t kStatusCancelled = 0xC0000120;

// NTSTATUS_FROM_WIN32 of the driver kit: an error number as a status.
uint32_t status_from_error(int error) { return 0xC0070000U | (static_cast<uint32_t>(error) & 0xFFFFU); }

// Until then shutdown(), getpeername() and others do not work on the socket. A number that was closed meanwhile may be
// a stranger's by now, and is left alone.
uint32_t finish_accept(const OperationMemory& memory) {
  if (!memory.started_on.still_the_same() || !memory.accepted.still_the_same()) return kStatusCancelled;
  const auto listener = static_cast<SOCKET>(memory.started_on.number);
  const auto accepted = static_cast<SOCKET>(memory.accepted.number);
  const auto* value = reinterpret_cast<const char*>(&listener);
  if (setsockopt(accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, value, sizeof listener) == 0) return 0;
  return status_from_error(WSAGetLastError());
}

uint32_t finish_connect(const OperationMemory& memory) {
  if (!memory.started_on.still_the_same()) return kStatusCancelled;
  const auto connected = static_cast<SOCKET>(memory.started_on.number);
  if (setsockopt(connected, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, nullptr, 0) == 0) return 0;
  return status_from_error(WSAGetLastError());
}

}  // namespace

Operation* operation_new(uint64_t id) {
  auto* operation = new Operation;
  operation->id = id;
  return operation;
}

void operation_hold(Operation* operation) { ++operation->holders; }

void operation_release(Operation* operation) {
  if (--operation->holders > 0) return;
  CHECK(operation->state == OperationState::kIdle);  // the port holds it while it is pending
  if (operation->free_details != nullptr) operation->free_details(operation->details);
  delete operation;
}

uint32_t operation_completed(Operation* operation, uint32_t status, uint32_t) {
  const OperationMemory* memory = memory_of(operation);
  if (status_is_failure(status) || memory == nullptr) return status;
  if (operation->kind == OperationKind::kAccept) return finish_accept(*memory);
  if (operation->kind == OperationKind::kConnect) return finish_connect(*memory);
  return status;
}

Result operation_cancel(Operation* operation) {
  if (operation->state != OperationState::kPending || operation->kind == OperationKind::kPosted) {
    return failure(ERROR_NOT_FOUND);
  }
  auto* const handle = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(operation->handle));
  return from_win32_call(CancelIoEx(handle, reinterpret_cast<OVERLAPPED*>(operation->overlapped)));
}

}  // namespace fdreactor
