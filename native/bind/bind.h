// Lists what each bind_*.cc gives to addon.cc: one function that adds its group of calls to the export table.
#pragma once

#include <node_api.h>

#include <cstddef>

#include "../sys/constants.h"
#include "exports.h"

namespace fdreactor {

// Adds to the constants that bind_platform() began: bind_platform() comes first in every list of binders.
napi_status add_constants(napi_env env, napi_value exports, const ConstantList& list);

using Binder = napi_status (*)(napi_env, napi_value);

struct BinderList {
  const Binder* first;
  size_t count;
};

// The binders of this platform, in binders_*.cc. A facility that the platform lacks has no group in the export table.
BinderList binders();

napi_status bind_address(napi_env env, napi_value exports);
napi_status bind_address_linux(napi_env env, napi_value exports);
napi_status bind_afd(napi_env env, napi_value exports);
napi_status bind_cached_open(napi_env env, napi_value exports);
napi_status bind_cpu_steering(napi_env env, napi_value exports);
napi_status bind_epoll(napi_env env, napi_value exports);
napi_status bind_fcntl(napi_env env, napi_value exports);
napi_status bind_epoll_streams(napi_env env, napi_value exports);
napi_status bind_fd(napi_env env, napi_value exports);
napi_status bind_host_loop(napi_env env, napi_value exports);
napi_status bind_host_thread(napi_env env, napi_value exports);
napi_status bind_host_uv(napi_env env, napi_value exports);
napi_status bind_iocp(napi_env env, napi_value exports);
napi_status bind_ioctl(napi_env env, napi_value exports);
napi_status bind_kqueue(napi_env env, napi_value exports);
napi_status bind_kqueue_streams(napi_env env, napi_value exports);
napi_status bind_inotify(napi_env env, napi_value exports);
napi_status bind_linux(napi_env env, napi_value exports);
napi_status bind_message(napi_env env, napi_value exports);
napi_status bind_memfd(napi_env env, napi_value exports);
napi_status bind_affinity(napi_env env, napi_value exports);
napi_status bind_overlapped(napi_env env, napi_value exports);
napi_status bind_pipe(napi_env env, napi_value exports);
napi_status bind_platform(napi_env env, napi_value exports);
napi_status bind_process(napi_env env, napi_value exports);
napi_status bind_pty(napi_env env, napi_value exports);
napi_status bind_port_streams(napi_env env, napi_value exports);
napi_status bind_sendfile(napi_env env, napi_value exports);
napi_status bind_signals(napi_env env, napi_value exports);
napi_status bind_socket(napi_env env, napi_value exports);
napi_status bind_splice(napi_env env, napi_value exports);
napi_status bind_streams(napi_env env, napi_value exports);
napi_status bind_timerfd(napi_env env, napi_value exports);
napi_status bind_waker(napi_env env, napi_value exports);

}  // namespace fdreactor
