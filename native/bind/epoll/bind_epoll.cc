// epoll: see sys/epoll/epoll.h.
#include <limits>

#include "../../sys/epoll/epoll.h"
#include "../../sys/epoll/pulse.h"
#include "../arguments.h"
#include "../bind.h"
#include "../environment.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

napi_value open(napi_env env, napi_callback_info) { return to_js(env, track_fd(env, epoll_open())); }

// (periodMs)
napi_value open_pulse(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const double period_ms = args.number(0);
  return args.ok() ? to_js(env, track_fd(env, pulse_open(period_ms))) : args.refuse();
}

// (epollFd, op, fd, events, dataLow, dataHigh)
napi_value control(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  const int epoll_fd = args.fd(0);
  const int op = args.int32(1);
  const int fd = args.fd(2);
  const uint32_t events = args.uint32(3);
  const uint64_t low = args.uint32(4);
  const uint64_t high = args.uint32(5);
  if (!args.ok()) return args.refuse();
  return args.answer(epoll_control(epoll_fd, op, fd, events, high << 32 | low));
}

// (epollFd, fd, events, dataLow, dataHigh)
napi_value replace(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int epoll_fd = args.fd(0);
  const int fd = args.fd(1);
  const uint32_t events = args.uint32(2);
  const uint64_t low = args.uint32(3);
  const uint64_t high = args.uint32(4);
  return args.ok() ? args.answer(epoll_replace(epoll_fd, fd, events, high << 32 | low)) : args.refuse();
}

// (epollFd, batch: Int32Array over a whole EventBatch, timeoutMs, deadlineMs?: none by default)
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int epoll_fd = args.fd(0);
  const Bytes batch = args.batch(1);
  const double timeout_ms = args.number(2);
  const double deadline_ms = args.number_or(3, std::numeric_limits<double>::infinity());
  if (!args.ok()) return args.refuse();
  return args.answer(epoll_wait_batch(epoll_fd, batch.data, batch.size, timeout_ms, deadline_ms));
}

}  // namespace

napi_status bind_epoll(napi_env env, napi_value exports) {
  const napi_status status = add_layout(env, exports, "epoll", epoll_event_layout());
  if (status != napi_ok) return status;
  return add_group(
      env, exports, "epoll",
      {{"open", open}, {"openPulse", open_pulse}, {"control", control}, {"replace", replace}, {"wait", wait}});
}

}  // namespace fdreactor
