// Signals as sources of events, without help of the host: for hosts whose event loop is not libuv's (Bun, Deno), and
// for Windows. Where the host is libuv's, bind/host/host_signal.h does it.
//
// signalfd(2) would need the signal blocked in every thread of the process, and the threads of a host run already. So a
// handler writes to an eventfd for each watcher. The handler that was there before is called too if that is wished,
// unless it ends the process, and is put back with the last watcher. A handler that the host installs later replaces
// that of the add-on: there is no way to be told.
#pragma once

#include "../core/result.h"

namespace fdreactor {

Result signal_watch(int number, bool calls_previous);  // its source: see waker.h
Result signal_acknowledge(int64_t source);             // before its handler runs: from here on the signal rings again
Result signal_unwatch(int64_t source);                 // stops and closes it; 0 for a number that is none of these
bool signal_can_be_watched(int number);
bool signal_needs_handler();  // or the kernel tells of a signal whatever its handler is (kqueue)

}  // namespace fdreactor
