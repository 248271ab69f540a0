#include "handle_count.h"

#include <vector>

#include "wsa_result.h"

namespace fdreactor {
namespace {

// What NtQuerySystemInformation(SystemHandleInformation) writes: every handle of every process.
constexpr auto kSystemHandleInformation = static_cast<SYSTEM_INFORMATION_CLASS>(16);
constexpr NTSTATUS kTooShort = static_cast<NTSTATUS>(0xC0000004);  // STATUS_INFO_LENGTH_MISMATCH

struct HandleEntry {
  ULONG process;
  UCHAR type;
  UCHAR flags;
  USHORT handle;
  void* object;
  ULONG access;
};

struct HandleList {
  ULONG count;
  HandleEntry entries[1];
};

// Wine 8 does not count (it answers 0), but it can list.
Result count_listed_handles() {
  std::vector<uint64_t> memory(1 << 16);
  ULONG written = 0;
  for (;;) {
    const auto bytes = static_cast<ULONG>(memory.size() * sizeof memory[0]);
    const NTSTATUS status = NtQuerySystemInformation(kSystemHandleInformation, memory.data(), bytes, &written);
    if (status >= 0) break;
    if (status != kTooShort) return from_ntstatus(status);
    memory.resize(memory.size() * 2);
  }
  const auto* const list = reinterpret_cast<const HandleList*>(memory.data());
  const ULONG process = GetCurrentProcessId();
  Result count = 0;
  for (ULONG i = 0; i < list->count; i++) {
    if (list->entries[i].process == process) count++;
  }
  return count;
}

}  // namespace

Result process_handle_count() {
  DWORD count = 0;
  const Result result = from_win32_call(GetProcessHandleCount(GetCurrentProcess(), &count));
  if (result < 0) return result;
  return count > 0 ? static_cast<Result>(count) : count_listed_handles();
}

}  // namespace fdreactor
