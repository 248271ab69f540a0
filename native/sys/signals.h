// Signals as readable fds. signalfd(2) would need the signal blocked in every thread of the process, which nobody can
// ask of a Node process whose threads run already; so a handler writes to an eventfd for each watcher instead.
//
// The handler that was there before (Node's own, for process.on) is called too, unless it is one that ends the process,
// and put back with the last watcher.
// One that is installed later replaces ours: watch first, or watch in one place only.
#pragma once

#include "../core/result.h"

namespace fdreactor {

Result signal_watch(int number);  // the fd, readable once the signal came; reading it clears it
Result signal_unwatch(int fd);    // stops and closes it; 0 for an fd that is none of these
bool signal_can_be_watched(int number);

}  // namespace fdreactor
