// What one environment (the main thread, or a worker) holds in native code. It is found through Node-API's instance
// data, so that any number of workers can load the add-on; nothing here is process-global.
#pragma once

#include <node_api.h>

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "../core/check.h"
#include "../core/result.h"
#include "../sys/owned_fds.h"
#include "host/host_signal.h"

namespace fdreactor {

class Connects;
class HostLoop;
class Operations;
struct Kqueues;
struct StreamSets;
struct Ports;

struct Environment {
  bool closes_fds = false;  // a worker's: what it made and left open is closed with it
  OwnedFds fds;
  std::unordered_set<uint64_t> wakers;
  std::unordered_set<int> passes_fds;                                // sockets known to be of AF_UNIX
  std::unordered_map<int64_t, std::unique_ptr<HostSignal>> signals;  // by source; null where the host has no part
  std::map<int, HostLoop*> host_loops;  // by handle; each frees itself once the host has let go of it
  int next_host_loop = 1;
  std::shared_ptr<Connects> connects;
  std::shared_ptr<Ports> ports;            // Windows
  std::shared_ptr<Operations> operations;  // Windows
  std::shared_ptr<Kqueues> kqueues;        // macOS, BSD
  std::shared_ptr<StreamSets> streams;
  // What a platform's own part of the environment (its ports, say) does when the environment ends, is told when a
  // socket is closed by its number, and knows of a socket's error that SO_ERROR does not: 0 for none. Added by bind_*()
  // of the files that have such a part.
  std::vector<std::function<void(Environment&)>> at_end;
  std::vector<std::function<void(int fd)>> before_close;
  std::vector<std::function<Result(int fd)>> other_errors;
};

inline Environment& environment_of(napi_env env) {
  void* data = nullptr;
  const napi_status status = napi_get_instance_data(env, &data);
  CHECK(status == napi_ok && data != nullptr);  // set before anything was exported
  return *static_cast<Environment*>(data);
}

}  // namespace fdreactor
