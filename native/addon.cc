// The front door: makes the per-environment state, fills the export table, and ends what is left when the environment
// ends. Nothing else belongs here; a new facility is a file in sys/, a file in bind/ and one line in kBinders.
#include <node_api.h>

#include "bind/bind.h"
#include "bind/environment.h"
#include "sys/signals.h"
#include "sys/sigpipe.h"
#include "sys/waker.h"

namespace fdreactor {
namespace {

using Binder = napi_status (*)(napi_env, napi_value);

constexpr Binder kBinders[] = {bind_platform, bind_epoll, bind_fd,      bind_socket,   bind_address,
                               bind_transfer, bind_waker, bind_signals, bind_host_loop};

void end_environment(void* data) {
  auto* environment = static_cast<Environment*>(data);
  for (const int fd : environment->signal_fds) signal_unwatch(fd);
  for (const uint64_t id : environment->wakers) waker_close(id);
  environment->signal_fds.clear();
  environment->wakers.clear();
  environment->fds.close_all();
}

void free_environment(napi_env, void* data, void*) { delete static_cast<Environment*>(data); }

napi_value init(napi_env env, napi_value exports) {
  auto* environment = new Environment;
  if (napi_set_instance_data(env, environment, free_environment, nullptr) != napi_ok) {
    delete environment;
    napi_throw_error(env, nullptr, "fdreactor: the environment takes no instance data");
    return nullptr;
  }
  sigpipe_block_in_this_thread();
  napi_status status = napi_add_env_cleanup_hook(env, end_environment, environment);
  for (const Binder bind : kBinders) {
    if (status == napi_ok) status = bind(env, exports);
  }
  if (status != napi_ok) napi_throw_error(env, nullptr, "fdreactor: the export table could not be made");
  return exports;
}

}  // namespace
}  // namespace fdreactor

NAPI_MODULE(NODE_GYP_MODULE_NAME, fdreactor::init)
