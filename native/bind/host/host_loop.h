// attach(): the host's event loop drives a reactor's turns. There are two ways: libuv watches the backend's fd
// (bind_host_uv.cc), or a thread waits for it (bind_host_thread.cc). lib/reactor/host-loop.ts chooses; the rest is the
// same for both (bind_host_loop.cc).
#pragma once

#include <node_api.h>

namespace fdreactor {

class HostLoop {
 public:
  virtual void set_timer(double deadline_ms) = 0;  // of the monotonic clock; infinity for none
  virtual void set_referenced(bool referenced) = 0;
  virtual void close() = 0;  // it frees itself once the host has let go of it

 protected:
  virtual ~HostLoop() = default;
};

// Adds the loop to the environment. Returns the handle by which JavaScript names it from now on.
napi_value register_host_loop(napi_env env, HostLoop* host);

}  // namespace fdreactor
