// What is done with a host's loop once it is attached, whichever way that was (host_loop.h).
#include "../arguments.h"
#include "../bind.h"
#include "../environment.h"
#include "host_loop.h"

namespace fdreactor {
namespace {

// The environment's host loop with this handle, or nullptr.
HostLoop* find(napi_env env, int handle) {
  auto& all = environment_of(env).host_loops;
  const auto found = all.find(handle);
  return found == all.end() ? nullptr : found->second;
}

// (handle)
napi_value detach(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int handle = args.int32(0);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  environment_of(env).host_loops.erase(handle);
  host->close();
  return args.answer(0);
}

// (handle, deadlineMs; Infinity: none)
napi_value set_timer(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int handle = args.int32(0);
  const double deadline_ms = args.number(1);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  host->set_timer(deadline_ms);
  return args.answer(0);
}

// (handle, 0 or 1)
napi_value set_referenced(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int handle = args.int32(0);
  const int referenced = args.int32(1);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  host->set_referenced(referenced != 0);
  return args.answer(0);
}

}  // namespace

napi_value register_host_loop(napi_env env, HostLoop* host) {
  Environment& environment = environment_of(env);
  const int handle = environment.next_host_loop++;
  environment.host_loops.emplace(handle, host);
  return to_js(env, Result{handle});
}

napi_status bind_host_loop(napi_env env, napi_value exports) {
  return add_group(env, exports, "host",
                   {{"detach", detach}, {"setTimer", set_timer}, {"setReferenced", set_referenced}});
}

}  // namespace fdreactor
