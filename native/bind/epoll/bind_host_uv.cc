// The one file that knows libuv: it nests a reactor's fd in the host's event loop (attach), and tells the fd of that
// loop, so that a blocking wait can notice that the host needs its thread. A host without libuv has none of this.
//
// A turn that is due now comes by an idle handle, which libuv calls once in each turn of the loop. A timer of 0 ms that
// is set within a timer's callback would be called again in the same pass, so that a handler that throws stops the
// loop.
//
// Life of a UvLoop: made by attach, then either detached by JavaScript or by the end of the environment. libuv frees
// a handle one turn after uv_close, so the memory goes with the last of the close callbacks, and an asynchronous
// clean-up hook keeps the environment waiting until then.
#include <uv.h>

#include <cmath>
#include <initializer_list>

#include "../../core/check.h"
#include "../../sys/fd.h"
#include "../arguments.h"
#include "../bind.h"
#include "../host/host_loop.h"

// Weak, so that the add-on can be loaded by a host that lacks them.
#pragma weak uv_backend_fd
#pragma weak uv_close
#pragma weak uv_idle_init
#pragma weak uv_idle_start
#pragma weak uv_idle_stop
#pragma weak uv_is_closing
#pragma weak uv_now
#pragma weak uv_poll_init
#pragma weak uv_poll_start
#pragma weak uv_ref
#pragma weak uv_timer_init
#pragma weak uv_timer_start
#pragma weak uv_timer_stop
#pragma weak uv_unref

namespace fdreactor {

class UvLoop final : public HostLoop {
 public:
  // 0 and *made, or a failure; the callback is called with nothing whenever fd is readable or the timer ran out.
  static Result attach(napi_env env, int fd, napi_value callback, UvLoop** made);

  void set_timer(double deadline_ms) override;
  void set_referenced(bool referenced) override;
  void close() override;

 private:
  explicit UvLoop(napi_env env) : env_(env) {}

  bool make_references(napi_value callback);
  void call();
  void closed();

  static void on_poll(uv_poll_t* poll, int, int) { static_cast<UvLoop*>(poll->data)->call(); }
  static void on_idle(uv_idle_t* idle) {
    uv_idle_stop(idle);
    static_cast<UvLoop*>(idle->data)->call();
  }
  static void on_timer(uv_timer_t* timer) { static_cast<UvLoop*>(timer->data)->call(); }
  static void on_closed(uv_handle_t* handle) { static_cast<UvLoop*>(handle->data)->closed(); }
  static void on_environment_end(napi_async_cleanup_hook_handle, void* self) { static_cast<UvLoop*>(self)->close(); }

  napi_env env_;
  uv_poll_t poll_ = {};
  uv_timer_t timer_ = {};
  uv_idle_t idle_ = {};
  napi_ref callback_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  int open_handles_ = 0;
};

namespace {

uv_loop_t* loop_of(napi_env env) {
  uv_loop_t* loop = nullptr;
  return napi_get_uv_event_loop(env, &loop) == napi_ok ? loop : nullptr;
}

Result from_uv(int status) { return status >= 0 ? 0 : failure(-status); }

}  // namespace

Result UvLoop::attach(napi_env env, int fd, napi_value callback, UvLoop** made) {
  uv_loop_t* loop = loop_of(env);
  if (loop == nullptr) return failure(ENOSYS);
  auto* host = new UvLoop(env);
  host->poll_.data = host->timer_.data = host->idle_.data = host;
  const int status = uv_poll_init(loop, &host->poll_, fd);
  if (status < 0) {  // libuv holds nothing of it then
    delete host;
    return from_uv(status);
  }
  host->open_handles_ = 3;
  uv_timer_init(loop, &host->timer_);
  uv_idle_init(loop, &host->idle_);
  if (!host->make_references(callback)) {
    host->close();
    return failure(ENOMEM);
  }
  const int started = uv_poll_start(&host->poll_, UV_READABLE, on_poll);
  if (started < 0) {
    host->close();
    return from_uv(started);
  }
  *made = host;
  return 0;
}

bool UvLoop::make_references(napi_value callback) {
  return napi_create_reference(env_, callback, 1, &callback_) == napi_ok &&
         napi_add_async_cleanup_hook(env_, on_environment_end, this, &cleanup_) == napi_ok;
}

// Runs one turn in JavaScript; make_callback also runs promise jobs and nextTicks after it. What a handler throws is
// an uncaught exception, as from any other callback of the host. Without an async context of its own: the turn serves
// many users of the reactor, and must not run in the AsyncLocalStorage store of the one that called attach().
void UvLoop::call() {
  napi_handle_scope scope = nullptr;
  if (callback_ == nullptr || napi_open_handle_scope(env_, &scope) != napi_ok) return;
  napi_value function = nullptr;
  napi_value receiver = nullptr;
  napi_get_reference_value(env_, callback_, &function);
  napi_get_global(env_, &receiver);
  if (napi_make_callback(env_, nullptr, receiver, function, 0, nullptr, nullptr) == napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
  }
  napi_close_handle_scope(env_, scope);
}

// deadline_ms is on the monotonic clock, which is libuv's too; its own copy of it, uv_now, is only ever behind. So the
// timer is late by up to a millisecond and a turn of the host, never early.
void UvLoop::set_timer(double deadline_ms) {
  if (callback_ == nullptr) return;
  uv_timer_stop(&timer_);
  uv_idle_stop(&idle_);
  if (std::isinf(deadline_ms) && deadline_ms > 0) return;
  constexpr double kMaxMs = 1e12;
  const double delay_ms = std::ceil(deadline_ms - static_cast<double>(uv_now(timer_.loop)));
  if (delay_ms > 0) {
    uv_timer_start(&timer_, on_timer, static_cast<uint64_t>(std::fmin(delay_ms, kMaxMs)), 0);
  } else {
    uv_idle_start(&idle_, on_idle);
  }
}

void UvLoop::set_referenced(bool referenced) {
  auto* poll = reinterpret_cast<uv_handle_t*>(&poll_);
  auto* timer = reinterpret_cast<uv_handle_t*>(&timer_);
  auto* idle = reinterpret_cast<uv_handle_t*>(&idle_);
  for (uv_handle_t* handle : {poll, timer, idle}) {
    if (referenced) {
      uv_ref(handle);
    } else {
      uv_unref(handle);
    }
  }
}

void UvLoop::close() {
  auto* poll = reinterpret_cast<uv_handle_t*>(&poll_);
  if (uv_is_closing(poll) != 0) return;
  if (callback_ != nullptr) napi_delete_reference(env_, callback_);
  callback_ = nullptr;
  uv_close(poll, on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), on_closed);
}

void UvLoop::closed() {
  CHECK(open_handles_ > 0);  // or libuv still has a handle in memory that was freed
  if (--open_handles_ > 0) return;
  if (cleanup_ != nullptr) napi_remove_async_cleanup_hook(cleanup_);
  delete this;
}

namespace {

bool has_libuv() {
  return uv_backend_fd != nullptr && uv_close != nullptr && uv_idle_init != nullptr && uv_idle_start != nullptr &&
         uv_idle_stop != nullptr && uv_is_closing != nullptr && uv_now != nullptr && uv_poll_init != nullptr &&
         uv_poll_start != nullptr && uv_ref != nullptr && uv_timer_init != nullptr && uv_timer_start != nullptr &&
         uv_timer_stop != nullptr && uv_unref != nullptr;
}

// (fd, callback) => handle
napi_value attach(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, args.value(1), &type);
  if (!args.ok() || type != napi_function) return args.refuse();
  UvLoop* host = nullptr;
  const Result result = UvLoop::attach(env, fd, args.value(1), &host);
  if (result < 0) return args.answer(result);
  return register_host_loop(env, host);
}

// The fd that becomes readable when the host's loop has something to do; -1 where it has none.
napi_value backend_fd(napi_env env, napi_callback_info) {
  const uv_loop_t* loop = loop_of(env);
  return to_js(env, Result{loop == nullptr ? -1 : uv_backend_fd(loop)});
}

// Whether the host's loop has fds that it does not watch yet, for instance after process.on() of a signal. libuv begins
// to watch them at the start of its next turn; until then its backend fd does not report them. libuv keeps them in a
// circular list. Its head is part of the public struct, and points to itself if the list is empty.
napi_value has_unwatched(napi_env env, napi_callback_info) {
  const uv_loop_t* loop = loop_of(env);
  if (loop == nullptr) return to_js(env, Result{0});
  const void* head = &loop->watcher_queue;
  const bool is_empty = *static_cast<void* const*>(head) == head;
  return to_js(env, Result{is_empty ? 0 : 1});
}

// Whether the host's loop has events that it has not taken yet.
napi_value has_events(napi_env env, napi_callback_info) {
  const uv_loop_t* loop = loop_of(env);
  return to_js(env, Result{loop != nullptr && fd_is_readable(uv_backend_fd(loop)) ? 1 : 0});
}

}  // namespace

napi_status bind_host_uv(napi_env env, napi_value exports) {
  if (!has_libuv()) return napi_ok;
  return add_group(
      env, exports, "hostUv",
      {{"attach", attach}, {"backendFd", backend_fd}, {"hasUnwatched", has_unwatched}, {"hasEvents", has_events}});
}

}  // namespace fdreactor
