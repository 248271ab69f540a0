#include "../sys/fd.h"
#include "../sys/signals.h"
#include "arguments.h"
#include "bind.h"
#include "environment.h"

namespace fdreactor {
namespace {

napi_value watch(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  if (!args.ok()) return args.refuse();
  const Result fd = signal_watch(number);
  if (fd >= 0) environment_of(env).signal_fds.insert(static_cast<int>(fd));
  return args.answer(fd);
}

// Only the environment that watches stops it.
napi_value unwatch(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  if (!args.ok() || environment_of(env).signal_fds.erase(fd) == 0) return args.refuse();
  return args.answer(signal_unwatch(fd));
}

napi_value can_be_watched(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  return args.answer(args.ok() && signal_can_be_watched(number) ? 1 : 0);
}

}  // namespace

napi_status bind_signals(napi_env env, napi_value exports) {
  return add_exports(env, exports,
                     {{"signalWatch", watch}, {"signalUnwatch", unwatch}, {"signalCanBeWatched", can_be_watched}});
}

}  // namespace fdreactor
