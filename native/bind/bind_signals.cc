#include "../sys/signals.h"
#include "arguments.h"
#include "bind.h"
#include "environment.h"

namespace fdreactor {
namespace {

napi_value watch(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int number = args.int32(0);
  const bool calls_previous = args.int32(1) != 0;
  if (!args.ok()) return args.refuse();
  const Result source = signal_watch(number, calls_previous);
  if (source >= 0) environment_of(env).signals.insert(source);
  return args.answer(source);
}

// Only the environment that watches stops it.
napi_value unwatch(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const auto source = static_cast<int64_t>(args.unsigned_integer(0));
  if (!args.ok() || environment_of(env).signals.erase(source) == 0) return args.refuse();
  return args.answer(signal_unwatch(source));
}

napi_value acknowledge(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const auto source = static_cast<int64_t>(args.unsigned_integer(0));
  if (!args.ok() || environment_of(env).signals.count(source) == 0) return args.refuse();
  return args.answer(signal_acknowledge(source));
}

napi_value can_be_watched(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  return args.answer(args.ok() && signal_can_be_watched(number) ? 1 : 0);
}

}  // namespace

napi_status bind_signals(napi_env env, napi_value exports) {
  return add_exports(env, exports,
                     {{"signalWatch", watch},
                      {"signalAcknowledge", acknowledge},
                      {"signalUnwatch", unwatch},
                      {"signalCanBeWatched", can_be_watched}});
}

}  // namespace fdreactor
