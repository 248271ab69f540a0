// The front door: makes the per-environment state, fills the export table, and ends what is left when the environment
// ends. Nothing else belongs here; a new facility is a file in sys/, a file in bind/ and one line in binders_*.cc.
#include <node_api.h>

#include "bind/bind.h"
#include "bind/environment.h"
#include "sys/signals.h"
#include "sys/startup.h"
#include "sys/waker.h"

namespace fdreactor {
namespace {

void end_environment(void* data) {
  auto* environment = static_cast<Environment*>(data);
  for (const auto& signal : environment->signals) signal_unwatch(signal.first);
  for (const uint64_t id : environment->wakers) waker_close(id);
  environment->signals.clear();
  environment->wakers.clear();
  environment->fds.close_all();
  for (const auto& end : environment->at_end) end(*environment);
  shutdown_after_startup();
}

void free_environment(napi_env, void* data, void*) { delete static_cast<Environment*>(data); }

napi_value init(napi_env env, napi_value exports) {
  auto* environment = new Environment;
  if (napi_set_instance_data(env, environment, free_environment, nullptr) != napi_ok) {
    delete environment;
    napi_throw_error(env, nullptr, "fdreactor: the environment takes no instance data");
    return nullptr;
  }
  if (startup() < 0) {
    napi_throw_error(env, nullptr, "fdreactor: the system's sockets could not be started");
    return nullptr;
  }
  napi_status status = napi_add_env_cleanup_hook(env, end_environment, environment);
  const BinderList list = binders();
  for (size_t i = 0; i < list.count && status == napi_ok; ++i) status = list.first[i](env, exports);
  if (status != napi_ok) napi_throw_error(env, nullptr, "fdreactor: the export table could not be made");
  return exports;
}

}  // namespace
}  // namespace fdreactor

NAPI_MODULE(NODE_GYP_MODULE_NAME, fdreactor::init)
