// kqueue: see sys/kqueue/kqueue.h.
#include "../bind.h"

#include <limits>

#include "../../core/event_layout.h"
#include "../../sys/kqueue/kqueue.h"
#include "../../sys/kqueue/waker_kqueue.h"
#include "../arguments.h"
#include "../environment.h"
#include "../track_fd.h"
#include "kqueues.h"

namespace fdreactor {
namespace {

napi_value open(napi_env env, napi_callback_info) {
  const Result fd = track_fd(env, kqueue_open());
  if (fd >= 0) environment_of(env).kqueues->stash_by_fd.emplace(static_cast<int>(fd), nullptr);
  return to_js(env, fd);
}

// (kqueueFd, changes: Int32Array over a whole EventBatch, changeCount, batch: likewise, timeoutMs, deadlineMs?: none by
// default). Without changes, changeCount is 0, and `changes` any such array.
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  const int kqueue_fd = args.fd(0);
  const Bytes changes = args.batch(1);
  const size_t change_count = args.uint32(2);
  const Bytes batch = args.batch(3);
  const double timeout_ms = args.number(4);
  const double deadline_ms = args.number_or(5, std::numeric_limits<double>::infinity());
  if (!args.ok()) return args.refuse();
  if (change_count > 0 && changes.size < kqueue_batch_bytes(change_count)) return args.refuse();
  if (change_count > 0 && kqueue_changes_hold_address(changes.data, change_count)) return args.refuse();
  KqueueStash* stash = change_count > 0 ? nullptr : environment_of(env).kqueues->stash_of(kqueue_fd);
  if (stash != nullptr && !kqueue_stash_is_empty(stash)) {
    return args.answer(kqueue_stash_take(stash, batch.data, batch.size));
  }
  const void* list = change_count > 0 ? changes.data : nullptr;
  return args.answer(kqueue_wait_batch(kqueue_fd, list, change_count, batch.data, batch.size, timeout_ms, deadline_ms));
}

// (source, kqueueFd, slot, generation) => 0 for a waker, which rings from now on; the number of a signal for a
// signal's, which the caller watches
napi_value bind_source(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const uint64_t source = args.unsigned_integer(0);
  const int kqueue_fd = args.fd(1);
  const uint64_t slot = args.uint32(2);
  const uint64_t generation = args.bits(3);
  if (!args.ok()) return args.refuse();
  const int signal = signal_of_source(static_cast<int64_t>(source));
  return args.answer(signal > 0 ? signal : waker_bind(source, kqueue_fd, generation << 32 | slot));
}

// (source)
napi_value unbind_source(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const uint64_t source = args.unsigned_integer(0);
  return args.ok() ? args.answer(waker_unbind(source)) : args.refuse();
}

void before_close(Kqueues* kqueues, int fd) {
  if (kqueues->stash_by_fd.erase(fd) > 0) waker_forget_kqueue(fd);
}

}  // namespace

napi_status bind_kqueue(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.kqueues = std::make_shared<Kqueues>();
  environment.before_close.emplace_back([&environment](int fd) { before_close(environment.kqueues.get(), fd); });
  napi_status status = add_layout(env, exports, "kqueue", kevent_layout());
  if (status == napi_ok) status = add_constants(env, exports, kqueue_constants());
  if (status != napi_ok) return status;
  return add_group(env, exports, "kqueue",
                   {{"open", open}, {"wait", wait}, {"bindSource", bind_source}, {"unbindSource", unbind_source}});
}

}  // namespace fdreactor
