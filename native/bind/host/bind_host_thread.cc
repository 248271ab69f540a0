// attach() where the host's loop cannot watch a backend by itself: a thread waits for the backend, and rings the host
// by a thread-safe function. Ring, turn, wait again: at most one wake-up is in flight, and the thread never waits while
// JavaScript is in a turn, so that the two need no lock around the backend.
//
// Life of a WaitingThread: made by attach, then either detached by JavaScript or by the end of the environment. Either
// stops the thread at once; the memory goes with the thread-safe function, which lives until a call that is under way
// has returned.
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>

#include "../../sys/thread.h"
#include "../arguments.h"
#include "../bind.h"
#include "host_loop.h"
#include "host_waiter.h"

namespace fdreactor {

class WaitingThread final : public HostLoop {
 public:
  // 0 and *made, or a failure.
  static Result attach(napi_env env, std::unique_ptr<HostWaiter> waiter, napi_value callback, WaitingThread** made);

  void set_timer(double deadline_ms) override;
  void set_referenced(bool referenced) override;
  void close() override;

 private:
  WaitingThread(napi_env env, std::unique_ptr<HostWaiter> waiter) : env_(env), waiter_(std::move(waiter)) {}

  void run();
  void let_wait();
  void stop_thread();

  static void on_thread(void* self) { static_cast<WaitingThread*>(self)->run(); }
  static void on_ring(napi_env env, napi_value callback, void* self, void*);
  static void on_finalize(napi_env, void* self, void*) { delete static_cast<WaitingThread*>(self); }
  static void on_environment_end(void* self) { static_cast<WaitingThread*>(self)->close(); }

  napi_env env_;
  std::unique_ptr<HostWaiter> waiter_;
  napi_threadsafe_function ring_ = nullptr;
  Thread thread_;
  bool closed_ = false;

  // Shared with the thread.
  std::mutex mutex_;
  std::condition_variable changed_;
  double deadline_ms_ = std::numeric_limits<double>::infinity();
  bool may_wait_ = true;
  bool waiting_ = false;
  bool stopping_ = false;
};

Result WaitingThread::attach(napi_env env, std::unique_ptr<HostWaiter> waiter, napi_value callback,
                             WaitingThread** made) {
  auto* host = new WaitingThread(env, std::move(waiter));
  napi_value name = nullptr;
  const bool is_made = napi_create_string_utf8(env, "fdreactor", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                       napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, host, on_finalize, host,
                                                       on_ring, &host->ring_) == napi_ok;
  if (!is_made) {
    delete host;
    return kBadArgument;
  }
  // After the thread-safe function's own hook, so that the thread is stopped first.
  napi_add_env_cleanup_hook(env, on_environment_end, host);
  const Result started = thread_start(on_thread, host, &host->thread_);
  if (started < 0) {
    host->close();
    return started;
  }
  *made = host;
  return 0;
}

// The thread's own function.
void WaitingThread::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return may_wait_ || stopping_; });
    if (stopping_) return;
    may_wait_ = false;
    waiting_ = true;
    const double deadline_ms = deadline_ms_;
    lock.unlock();
    waiter_->wait(deadline_ms);
    lock.lock();
    waiting_ = false;
    if (stopping_) return;
    napi_call_threadsafe_function(ring_, nullptr, napi_tsfn_nonblocking);
  }
}

// One turn, in JavaScript's thread. What a handler throws is an uncaught exception, as from any callback of the host.
void WaitingThread::on_ring(napi_env env, napi_value callback, void* self, void*) {
  auto* host = static_cast<WaitingThread*>(self);
  if (env == nullptr || callback == nullptr || host->closed_) return;
  napi_value receiver = nullptr;
  napi_get_global(env, &receiver);
  if (napi_call_function(env, receiver, callback, 0, nullptr, nullptr) == napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  if (!host->closed_) host->let_wait();
}

void WaitingThread::let_wait() {
  const std::lock_guard<std::mutex> lock(mutex_);
  may_wait_ = true;
  changed_.notify_one();
}

// A wait that would end too late is ended now; the turn that follows finds nothing, and the next wait knows better.
void WaitingThread::set_timer(double deadline_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_ && deadline_ms < deadline_ms_) waiter_->interrupt();
  deadline_ms_ = deadline_ms;
}

void WaitingThread::set_referenced(bool referenced) {
  if (closed_) return;
  if (referenced) {
    napi_ref_threadsafe_function(env_, ring_);
  } else {
    napi_unref_threadsafe_function(env_, ring_);
  }
}

void WaitingThread::close() {
  if (closed_) return;
  closed_ = true;
  stop_thread();
  waiter_.reset();  // what it has open goes now, not with the memory
  napi_remove_env_cleanup_hook(env_, on_environment_end, this);
  napi_release_threadsafe_function(ring_, napi_tsfn_abort);
}

void WaitingThread::stop_thread() {
  if (thread_.handle == nullptr) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
    if (waiting_) waiter_->interrupt();
  }
  thread_join(&thread_);
}

namespace {

// (backend, callback) => handle
napi_value attach(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int backend = args.fd(0);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, args.value(1), &type);
  if (!args.ok() || type != napi_function) return args.refuse();
  std::unique_ptr<HostWaiter> waiter;
  const Result waits = make_host_waiter(env, backend, &waiter);
  if (waits < 0) return args.answer(waits);
  WaitingThread* host = nullptr;
  const Result result = WaitingThread::attach(env, std::move(waiter), args.value(1), &host);
  if (result < 0) return args.answer(result);
  return register_host_loop(env, host);
}

}  // namespace

napi_status bind_host_thread(napi_env env, napi_value exports) {
  return add_group(env, exports, "host", {{"attachThread", attach}});
}

}  // namespace fdreactor
