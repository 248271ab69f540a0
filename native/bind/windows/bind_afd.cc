// A port as what a reactor waits on: the readiness of sockets (sys/windows/port/afd.h), wakers and signals
// (sys/windows/port/waker_windows.h).
#include "../../sys/windows/port/afd.h"
#include "../../sys/windows/port/iocp.h"
#include "../../sys/windows/port/waker_windows.h"
#include "../arguments.h"
#include "../bind.h"
#include "ports.h"

namespace fdreactor {
namespace {

template <size_t kCount>
AfdPoller* poller_argument(napi_env env, Arguments<kCount>& args) {
  const int number = args.int32(0);
  Port* port = args.ok() ? find_port(env, number) : nullptr;
  return port == nullptr ? nullptr : &port_afd(port);
}

using Change = Result (AfdPoller::*)(int fd, uint32_t slot, uint32_t generation, uint32_t interest, bool oneshot);

// (port, fd, slot, generation, interest, oneshot)
template <Change kChange>
napi_value change(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  AfdPoller* poller = poller_argument(env, args);
  const int fd = args.fd(1);
  const uint32_t slot = args.uint32(2);
  const uint32_t generation = args.bits(3);
  const uint32_t interest = args.uint32(4);
  const bool oneshot = args.int32(5) != 0;
  if (!args.ok() || poller == nullptr) return args.refuse();
  return args.answer((poller->*kChange)(fd, slot, generation, interest, oneshot));
}

// (port, fd)
template <void (AfdPoller::*kCall)(int fd)>
napi_value with_fd(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  AfdPoller* poller = poller_argument(env, args);
  const int fd = args.fd(1);
  if (!args.ok() || poller == nullptr) return args.refuse();
  (poller->*kCall)(fd);
  return args.answer(0);
}

// (port)
napi_value submit_changes(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  AfdPoller* poller = poller_argument(env, args);
  return poller == nullptr ? args.refuse() : args.answer(poller->update());
}

// (port, source, slot, generation)
napi_value watch_source(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int number = args.int32(0);
  Port* port = args.ok() ? find_port(env, number) : nullptr;
  const uint64_t source = args.unsigned_integer(1);
  const uint32_t slot = args.uint32(2);
  const uint32_t generation = args.bits(3);
  if (!args.ok() || port == nullptr) return args.refuse();
  return args.answer(waker_bind(source, port_handle(port), slot, generation));
}

// (source)
napi_value unwatch_source(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const uint64_t source = args.unsigned_integer(0);
  if (!args.ok()) return args.refuse();
  waker_unbind(source);
  return args.answer(0);
}

}  // namespace

napi_status bind_afd(napi_env env, napi_value exports) {
  return add_group(env, exports, "port",
                   {{"watch", change<&AfdPoller::add>},
                    {"modify", change<&AfdPoller::modify>},
                    {"muteReadClosed", with_fd<&AfdPoller::quiet>},
                    {"unwatch", with_fd<&AfdPoller::remove>},
                    {"submitChanges", submit_changes},
                    {"watchSource", watch_source},
                    {"unwatchSource", unwatch_source}});
}

}  // namespace fdreactor
