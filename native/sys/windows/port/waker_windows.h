// What waker.h leaves to Windows: a waker rings by a packet on a port (kWakerKey), so it must be told which, and for
// whom.
#pragma once

#include <cstdint>

#include "../../../core/result.h"

namespace fdreactor {

// From here on the waker rings on that port, as an event of the slot; one that has rung already does so now.
Result waker_bind(uint64_t source, void* port_handle, uint32_t slot, uint32_t generation);
void waker_unbind(uint64_t source);

// The port is about to be closed.
void waker_forget_port(void* port_handle);

}  // namespace fdreactor
