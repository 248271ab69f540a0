// Overlapped calls on files, pipes and devices, and opening them for it: see overlapped.h.
#include <climits>

#include "overlapped_start.h"

namespace fdreactor {
namespace {

HANDLE handle_of(int handle) { return reinterpret_cast<HANDLE>(static_cast<uintptr_t>(handle)); }

Result found_something(Result cancelled) {
  if (cancelled >= 0) return 1;
  return cancelled == failure(ERROR_NOT_FOUND) ? 0 : cancelled;
}

Result prepare(Operation* operation, const Piece& piece, uint64_t offset) {
  if (operation->state != OperationState::kIdle || piece.bytes.size > kMaxOverlappedBytes) return kBadArgument;
  if (!fresh_memory(operation)->lay_out(&piece, 1)) return failure(ERROR_NOT_ENOUGH_MEMORY);
  auto* const overlapped = overlapped_of(operation);
  overlapped->Offset = static_cast<DWORD>(offset);
  overlapped->OffsetHigh = static_cast<DWORD>(offset >> 32);
  return 0;
}

}  // namespace

// Windows calls the end of a file an error.
Result overlapped_read(const Channel& channel, Piece piece, uint64_t offset, Operation* operation) {
  const Result prepared = prepare(operation, piece, offset);
  if (prepared < 0) return prepared;
  const WSABUF& buffer = memory_of(operation)->buffers()[0];
  const Result result = start(channel, OperationKind::kReadFile, operation, [&] {
    return win32_error_of_bool(
        ReadFile(handle_of(channel.handle), buffer.buf, buffer.len, nullptr, overlapped_of(operation)));
  });
  return result == failure(ERROR_HANDLE_EOF) ? 0 : result;
}

Result overlapped_write(const Channel& channel, Piece piece, uint64_t offset, Operation* operation) {
  const Result prepared = prepare(operation, piece, offset);
  if (prepared < 0) return prepared;
  OperationMemory* memory = memory_of(operation);
  memory->copy_in(&piece);
  const WSABUF& buffer = memory->buffers()[0];
  return start(channel, OperationKind::kWriteFile, operation, [&] {
    return win32_error_of_bool(
        WriteFile(handle_of(channel.handle), buffer.buf, buffer.len, nullptr, overlapped_of(operation)));
  });
}

Result overlapped_cancel(Operation* operation) { return found_something(operation_cancel(operation)); }

Result overlapped_cancel_all(int handle) {
  return found_something(from_win32_call(CancelIoEx(handle_of(handle), nullptr)));
}

int error_of_status(uint32_t status) { return status_is_failure(status) ? error_from_ntstatus(status) : 0; }

Result file_open(const char16_t* path, uint32_t access, uint32_t share, uint32_t disposition, uint32_t flags) {
  static_assert(sizeof(char16_t) == sizeof(WCHAR), "Windows' own characters");
  HANDLE opened = CreateFileW(reinterpret_cast<const WCHAR*>(path), access, share, nullptr, disposition,
                              flags | FILE_FLAG_OVERLAPPED, nullptr);
  if (opened == INVALID_HANDLE_VALUE) return last_win32_error();
  const auto number = reinterpret_cast<uintptr_t>(opened);
  if (number <= INT_MAX) return static_cast<Result>(number);
  CloseHandle(opened);
  return failure(ERROR_TOO_MANY_OPEN_FILES);
}

Result file_close(int handle) { return from_win32_call(CloseHandle(handle_of(handle))); }

Result file_not_open() { return failure(ERROR_INVALID_HANDLE); }

}  // namespace fdreactor
