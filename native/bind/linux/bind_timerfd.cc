// timerfd_create(2): see sys/linux/fds/timerfd.h.
#include "../../sys/linux/fds/timerfd.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"
#include "count_call.h"

namespace fdreactor {
namespace {

void store(const TimerTimes& times, double* target) {
  target[0] = times.value_ms;
  target[1] = times.interval_ms;
}

// (clock, flags)
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const auto clock = static_cast<int>(args.integer(0, 0, INT32_MAX));
  const int flags = args.int32(1);
  return args.ok() ? args.answer(track_fd(env, timerfd_open(clock, flags))) : args.refuse();
}

// (fd, flags, valueMs, intervalMs, previous: Float64Array(2))
napi_value set_time(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int fd = args.fd(0);
  const int flags = args.int32(1);
  const TimerTimes times = {args.number(2), args.number(3)};
  double* target = args.doubles(4, 2);
  if (!args.ok()) return args.refuse();
  TimerTimes previous = {};
  const Result result = timerfd_set(fd, flags, times, &previous);
  if (result >= 0) store(previous, target);
  return args.answer(result);
}

// (fd, target: Float64Array(2))
napi_value get_time(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  double* target = args.doubles(1, 2);
  if (!args.ok()) return args.refuse();
  TimerTimes times = {};
  const Result result = timerfd_get(fd, &times);
  if (result >= 0) store(times, target);
  return args.answer(result);
}

}  // namespace

napi_status bind_timerfd(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux",
                   {{"timerfdCreate", create},
                    {"timerfdSettime", set_time},
                    {"timerfdGettime", get_time},
                    {"timerfdRead", read_count}});
}

}  // namespace fdreactor
