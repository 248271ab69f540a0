// What a thread of this platform needs before any other call of sys/, and gives back after the last one. Called once by
// each environment (the main thread, and every worker).
//
// The add-on stays in memory until the process ends. POSIX: SIGPIPE is blocked in the thread (sigpipe.h). Windows:
// WSAStartup, which counts, and WSACleanup.
#pragma once

#include "../core/result.h"

namespace fdreactor {

Result startup();
void shutdown_after_startup();

}  // namespace fdreactor
