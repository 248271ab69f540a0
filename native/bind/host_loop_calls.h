// What both ways of attaching give to JavaScript alike: bind_host_loop.cc (libuv watches the backend's fd) and
// bind_host_thread.cc (a thread waits for it). Each includes this once its HostLoop is defined.
#pragma once

#include "arguments.h"
#include "environment.h"

namespace fdreactor {

// The environment's host loop with this handle, or nullptr.
inline HostLoop* find(napi_env env, int handle) {
  auto& all = environment_of(env).host_loops;
  const auto found = all.find(handle);
  return found == all.end() ? nullptr : found->second;
}

// The answer of hostAttach(): the handle that it is known by from now on.
inline napi_value keep(napi_env env, HostLoop* host) {
  Environment& environment = environment_of(env);
  const int handle = environment.next_host_loop++;
  environment.host_loops.emplace(handle, host);
  return to_js(env, Result{handle});
}

// (handle)
inline napi_value detach(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int handle = args.int32(0);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  environment_of(env).host_loops.erase(handle);
  host->close();
  return args.answer(0);
}

// (handle, deadlineMs; Infinity: none)
inline napi_value set_timer(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int handle = args.int32(0);
  const double deadline_ms = args.number(1);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  host->set_timer(deadline_ms);
  return args.answer(0);
}

// (handle, 0 or 1)
inline napi_value set_referenced(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int handle = args.int32(0);
  const int referenced = args.int32(1);
  HostLoop* host = args.ok() ? find(env, handle) : nullptr;
  if (host == nullptr) return args.refuse();
  host->set_referenced(referenced != 0);
  return args.answer(0);
}

}  // namespace fdreactor
