// A thread that is started and joined. Not std::thread, which ends the process where the system has no room for
// another.
#pragma once

#include "../core/result.h"

namespace fdreactor {

struct Thread {
  void* handle = nullptr;
};

Result thread_start(void (*body)(void* data), void* data, Thread* thread);
void thread_join(Thread* thread);

}  // namespace fdreactor
