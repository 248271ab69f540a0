// Signals as sources of events: watched by the host's libuv where it has one (host_signal.h), else by the add-on itself
// (sys/signals.h).
#include <cerrno>
#include <memory>

#include "../sys/signals.h"
#include "arguments.h"
#include "bind.h"
#include "environment.h"
#include "host/host_signal.h"

namespace fdreactor {
namespace {

// How a signal is watched, as lib/reactor/signals.ts has it.
enum Way { kAlone = 0, kWithPrevious = 1, kWithHost = 2 };

// (number, way) => source
napi_value watch(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int number = args.int32(0);
  const int way = args.int32(1);
  if (!args.ok() || !signal_can_be_watched(number)) return args.refuse();
  std::unique_ptr<HostSignal> host;
  const Result opened = way == kWithHost ? host_signal_open(number, &host) : 0;
  if (opened < 0 && opened != failure(ENOSYS)) return args.answer(opened);
  // Where the kernel tells of a signal without a handler, that of the host is there to keep the process alive.
  const bool is_told_by_host = host != nullptr && signal_needs_handler();
  const Result source = is_told_by_host ? host->fd() : signal_watch(number, way != kAlone);
  if (source >= 0) environment_of(env).signals.emplace(source, std::move(host));
  return args.answer(source);
}

// Only the environment that watches stops it.
napi_value unwatch(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const auto source = static_cast<int64_t>(args.unsigned_integer(0));
  if (!args.ok()) return args.refuse();
  auto& signals = environment_of(env).signals;
  const auto found = signals.find(source);
  if (found == signals.end()) return args.refuse();
  signal_unwatch(source);  // nothing to it where the host tells
  signals.erase(found);
  return args.answer(1);
}

napi_value acknowledge(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const auto source = static_cast<int64_t>(args.unsigned_integer(0));
  if (!args.ok()) return args.refuse();
  const auto& signals = environment_of(env).signals;
  const auto found = signals.find(source);
  if (found == signals.end()) return args.refuse();
  const auto& host = found->second;
  if (host != nullptr) host->acknowledge();
  return args.answer(host != nullptr ? 0 : signal_acknowledge(source));
}

napi_value can_be_watched(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  return args.answer(args.ok() && signal_can_be_watched(number) ? 1 : 0);
}

}  // namespace

napi_status bind_signals(napi_env env, napi_value exports) {
  return add_group(
      env, exports, "signal",
      {{"watch", watch}, {"acknowledge", acknowledge}, {"unwatch", unwatch}, {"canBeWatched", can_be_watched}});
}

}  // namespace fdreactor
