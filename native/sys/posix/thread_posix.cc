#include "../thread.h"

#include <pthread.h>
#include <signal.h>

#include "errno_result.h"

namespace fdreactor {
namespace {

constexpr size_t kStackBytes =
    size_t{256} * 1024;  // of address space; the C library may take its thread-local part out of it

struct Start {
  void (*body)(void* data);
  void* data;
};

void* run(void* passed) {
  const Start start = *static_cast<Start*>(passed);
  delete static_cast<Start*>(passed);
  start.body(start.data);
  return nullptr;
}

// No signal of the process's is handled by the new thread: Node's own threads are there for that, and have the room.
int create(pthread_t* thread, Start* start) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  error = pthread_attr_setstacksize(&attributes, kStackBytes);
  if (error == 0) error = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error == 0) {
    error = pthread_create(thread, &attributes, run, start);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace

Result thread_start(void (*body)(void* data), void* data, Thread* thread) {
  auto* start = new Start{body, data};
  auto* made = new pthread_t;
  const int error = create(made, start);
  if (error != 0) {
    delete start;
    delete made;
    return failure(error);
  }
  thread->handle = made;
  return 0;
}

void thread_join(Thread* thread) {
  auto* made = static_cast<pthread_t*>(thread->handle);
  pthread_join(*made, nullptr);
  delete made;
  thread->handle = nullptr;
}

}  // namespace fdreactor
