// Signals as sources of events, without help of the host: for hosts without libuv (Bun, Deno), and for Windows. For a
// host with libuv, see bind/host/host_signal.h.
//
// signalfd(2) would need the signal blocked in every thread of the process, and the threads of a host run already. So a
// handler writes to an eventfd for each watcher. If calls_previous is true it also calls the handler that was installed
// before, unless that one ends the process. The last signal_unwatch() puts that handler back. A handler that the host
// installs later replaces the add-on's; there is no way to notice that.
#pragma once

#include "../core/result.h"

namespace fdreactor {

// Returns the source: see waker.h.
Result signal_watch(int number, bool calls_previous);

// Called before the handler runs: from here on the signal rings again.
Result signal_acknowledge(int64_t source);

// Stops and closes the source. 0: signal_watch() did not return this number.
Result signal_unwatch(int64_t source);

bool signal_can_be_watched(int number);

// False if the kernel reports a signal whatever its handler is (kqueue).
bool signal_needs_handler();

}  // namespace fdreactor
