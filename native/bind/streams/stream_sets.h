// The streams of an environment, a set for each reactor that has any. JavaScript names a set by a number.
#pragma once

#include <node_api.h>

#include <map>
#include <memory>

#include "../../sys/streams/streams.h"

namespace fdreactor {

// A set with the sizes of the memory that its turns use, which are checked in each turn.
struct StreamSet {
  std::unique_ptr<StreamPoller> poller;
  std::unique_ptr<Streams> streams;
  size_t command_capacity = 0;
  size_t report_capacity = 0;
};

struct StreamSets {
  std::map<int, StreamSet> by_number;
  int next_number = 1;
};

// Makes the poller of a queue: an epoll fd, a kqueue or a port.
using MakeStreamPoller = std::unique_ptr<StreamPoller> (*)(napi_env env, int queue);

// The call `open` of a facility: (queue, commandCapacity, reportCapacity, mostReceived, leastRoom, mostAccepted) => the
// number of the set
napi_value open_streams(napi_env env, napi_callback_info info, MakeStreamPoller make);

}  // namespace fdreactor
