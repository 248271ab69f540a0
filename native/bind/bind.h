// What each bind_*.cc gives to addon.cc: one function that adds its calls to the export table.
#pragma once

#include <node_api.h>

#include <cstddef>

#include "../sys/constants.h"

namespace fdreactor {

struct Export {
  const char* name;
  napi_callback call;
};

template <size_t kCount>
napi_status add_exports(napi_env env, napi_value exports, const Export (&table)[kCount]) {
  for (const Export& entry : table) {
    napi_value function = nullptr;
    napi_status status = napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.call, nullptr, &function);
    if (status == napi_ok) status = napi_set_named_property(env, exports, entry.name, function);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

// Adds to what bind_platform() has begun, which comes first in every list of binders.
napi_status add_constants(napi_env env, napi_value exports, const ConstantList& list);

using Binder = napi_status (*)(napi_env, napi_value);

struct BinderList {
  const Binder* first;
  size_t count;
};

// This platform's, in binders_*.cc: what it does not have is not in the list, nor in the export table.
BinderList binders();

napi_status bind_address(napi_env env, napi_value exports);
napi_status bind_afd(napi_env env, napi_value exports);
napi_status bind_epoll(napi_env env, napi_value exports);
napi_status bind_fd(napi_env env, napi_value exports);
napi_status bind_host_loop(napi_env env, napi_value exports);
napi_status bind_host_thread(napi_env env, napi_value exports);
napi_status bind_host_uv(napi_env env, napi_value exports);
napi_status bind_iocp(napi_env env, napi_value exports);
napi_status bind_kqueue(napi_env env, napi_value exports);
napi_status bind_overlapped(napi_env env, napi_value exports);
napi_status bind_pipe(napi_env env, napi_value exports);
napi_status bind_platform(napi_env env, napi_value exports);
napi_status bind_sendfile(napi_env env, napi_value exports);
napi_status bind_signals(napi_env env, napi_value exports);
napi_status bind_socket(napi_env env, napi_value exports);
napi_status bind_splice(napi_env env, napi_value exports);
napi_status bind_waker(napi_env env, napi_value exports);

}  // namespace fdreactor
