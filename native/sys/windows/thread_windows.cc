#include "../thread.h"

#include <process.h>

#include "wsa_result.h"

namespace fdreactor {
namespace {

constexpr unsigned kStackBytes = 64 * 1024;

struct Start {
  void (*body)(void* data);
  void* data;
};

unsigned __stdcall run(void* passed) {
  const Start start = *static_cast<Start*>(passed);
  delete static_cast<Start*>(passed);
  start.body(start.data);
  return 0;
}

}  // namespace

Result thread_start(void (*body)(void* data), void* data, Thread* thread) {
  auto* start = new Start{body, data};
  const uintptr_t handle = _beginthreadex(nullptr, kStackBytes, run, start, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (handle == 0) {
    delete start;
    return failure(ERROR_NOT_ENOUGH_MEMORY);
  }
  thread->handle = reinterpret_cast<void*>(handle);
  return 0;
}

void thread_join(Thread* thread) {
  WaitForSingleObject(thread->handle, INFINITE);
  CloseHandle(thread->handle);
  thread->handle = nullptr;
}

}  // namespace fdreactor
