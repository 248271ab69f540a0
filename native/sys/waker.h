// Wake-ups across threads: a source that a backend watches, and a number by which any thread of the process may ring
// it. On POSIX the source is an fd that becomes readable; on Windows it is the number once more, and waker_windows.h
// ties it to a port. The number, not the fd, is what crosses threads: an fd could be closed and its number given to a
// stranger meanwhile. Numbers start at a random one for each copy of the add-on, so a copy never mistakes another's for
// its own.
#pragma once

#include <cstdint>

#include "../core/result.h"

namespace fdreactor {

Result waker_open(uint64_t* id);        // its source; at most one wake-up is in flight on it
Result waker_wake(uint64_t id);         // 1: rung, or already ringing; 0: no such waker (any more)
Result waker_acknowledge(uint64_t id);  // before its handler runs: from here on a wake rings again
Result waker_close(uint64_t id,
                   bool is_open = true);  // not open: other code closed its fd, so the number is left alone
Result waker_was_made(uint64_t id);       // 1: by this copy of the add-on, and perhaps closed since; 0: by nobody here

constexpr uint64_t kLargestWakerId = (uint64_t{1} << 53) - 1;  // a safe integer in JavaScript

}  // namespace fdreactor
