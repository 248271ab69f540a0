// Signals as readable fds. signalfd(2) would need the signal blocked in every thread of the process, which nobody can
// ask of a Node process whose threads run already; so a handler writes to an eventfd for each watcher instead.
//
// The handler that was there before (Node's own, for process.on) is called too if that is wished, unless it is one that
// ends the process, and put back with the last watcher. One that is installed later replaces ours: watch first, or
// watch in one place only.
#pragma once

#include "../core/result.h"

namespace fdreactor {

Result signal_watch(int number, bool calls_previous);  // its source: see waker.h
Result signal_acknowledge(int64_t source);             // before its handler runs: from here on the signal rings again
Result signal_unwatch(int64_t source);                 // stops and closes it; 0 for a number that is none of these
bool signal_can_be_watched(int number);

}  // namespace fdreactor
