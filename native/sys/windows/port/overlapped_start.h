// How every overlapped call is begun and what its answer means; for overlapped.cc and overlapped_file.cc.
#pragma once

#include "../wsa_result.h"
#include "iocp.h"
#include "operation_memory.h"

namespace fdreactor {

inline OVERLAPPED* overlapped_of(Operation* operation) { return reinterpret_cast<OVERLAPPED*>(operation->overlapped); }

inline size_t size_of(const Piece* pieces, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) size += pieces[i].bytes.size;
  return size;
}

// The kernel has done part of what was asked: the rest of a datagram or message did not fit.
inline bool is_warning(int error) { return error == WSAEMSGSIZE || error == ERROR_MORE_DATA; }

// What `error`, the call's own answer, means. A call that succeeds at once, also with a warning, makes a packet like
// any other, unless the handle skips it; one that fails makes none.
inline Result started(const Channel& channel, Operation* operation, int error) {
  if (error == ERROR_IO_PENDING) return kWouldBlock;
  const bool skips = channel.skip_on_success;
  if ((error == 0 || is_warning(error)) && !skips) return kWouldBlock;
  const auto bytes = static_cast<uint32_t>(overlapped_of(operation)->InternalHigh);
  const uint32_t status = error == 0 ? operation_completed(operation, 0, bytes) : 0;
  port_did_not_begin(channel.port, operation);
  if (error != 0) return failure(error);
  return status_is_failure(status) ? failure(error_from_ntstatus(status)) : static_cast<Result>(bytes);
}

// call: makes the system call, and returns 0 or its error number.
template <typename Call>
Result start(const Channel& channel, OperationKind kind, Operation* operation, Call call) {
  operation->kind = kind;
  operation->handle = static_cast<uint64_t>(channel.handle);
  port_began(channel.port, operation);
  return started(channel, operation, call());
}

inline int wsa_error(int returned) { return returned == 0 ? 0 : WSAGetLastError(); }
inline int wsa_error_of_bool(BOOL returned) { return returned != 0 ? 0 : WSAGetLastError(); }
inline int win32_error_of_bool(BOOL returned) { return returned != 0 ? 0 : static_cast<int>(GetLastError()); }

}  // namespace fdreactor
