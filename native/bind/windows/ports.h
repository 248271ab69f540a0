// The completion ports of one environment, by the numbers that JavaScript knows them by, and the handles that are
// associated with them: an overlapped call finds its port by its handle.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <unordered_map>

#include "../../sys/windows/port/iocp.h"

namespace fdreactor {

struct Association {
  Port* port;
  bool skip_on_success;  // an operation that succeeds at once makes no packet
};

struct Ports {
  std::unordered_map<int, Port*> by_number;
  std::unordered_map<int, Association> by_handle;
  int next_number = 1;
};

// nullptr where there is no such port (any more).
Port* find_port(napi_env env, int number);

// nullptr where the handle is not associated with a port of this environment.
const Association* find_association(napi_env env, int handle);

// The handle is about to be closed: its number may be another's afterwards.
void forget_handle(napi_env env, int handle);

}  // namespace fdreactor
