// What bind_host_thread.cc waits for: one class a platform, over a backend's number as JavaScript knows it.
#pragma once

#include <node_api.h>

#include <memory>

#include "../../core/result.h"

namespace fdreactor {

class HostWaiter {
 public:
  virtual ~HostWaiter() = default;
  virtual void wait(
      double deadline_ms) = 0;   // until there is something to do, the monotonic clock says so, or interrupt()
  virtual void interrupt() = 0;  // from any thread
};

// kBadArgument where there is no such backend.
Result make_host_waiter(napi_env env, int backend, std::unique_ptr<HostWaiter>* made);

}  // namespace fdreactor
