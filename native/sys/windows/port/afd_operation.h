// The readiness of a socket as one completion (afdPoll): a poll of afd.h that belongs to an Operation and is told raw.
#pragma once

#include <cstdint>

#include "../../../core/result.h"

namespace fdreactor {

struct Operation;
class AfdDevice;
class Port;

// events: AFD_POLL_ bits (core/afd_events.h). Its event has the socket as its key and AFD_POLL_ bits as its bytes.
Result afd_poll_operation(Port* port, int fd, uint32_t events, Operation* operation);

struct AfdAnswer {
  uint32_t status;
  uint32_t events;
  int fd;
};

// Its packet has come.
AfdAnswer afd_operation_answered(AfdDevice* device, Operation* operation);

}  // namespace fdreactor
