// Waiting for a port on behalf of the host's event loop: in a thread of its own, while the port's thread does other
// things. What comes out meanwhile is kept for the next port_wait(), which must not run at the same time.
#pragma once

namespace fdreactor {

class Port;

// Returns when the port has something, at deadline_ms of the monotonic clock (infinity: never), or when interrupted.
void host_wait(Port* port, double deadline_ms);

// From any thread: ends a host_wait(), or the next one.
void host_wait_interrupt(Port* port);

}  // namespace fdreactor
