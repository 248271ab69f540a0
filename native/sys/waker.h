// Wake-ups across threads: a source that a backend watches, and a number by which any thread of the process may ring
// it. On POSIX the source is an fd that becomes readable; on Windows it is the number once more, and waker_windows.h
// ties it to a port. The number, not the fd, crosses threads: an fd could be closed and its number given to another
// file meanwhile. core/waker_registry.h gives out the numbers.
#pragma once

#include <cstdint>

#include "../core/result.h"
#include "../core/waker_registry.h"

namespace fdreactor {

// Returns the source. At most one wake-up is in flight on it.
Result waker_open(uint64_t* id);

// 1: rung, or already ringing. 0: the waker does not exist, or no longer.
Result waker_wake(uint64_t id);

// Called before the handler runs: from here on a wake rings again.
Result waker_acknowledge(uint64_t id);

// is_open: false if other code has closed the fd, so that its number must be left alone.
Result waker_close(uint64_t id, bool is_open = true);

// 1: this copy of the add-on made the waker, which may be closed since. 0: it did not.
Result waker_was_made(uint64_t id);

}  // namespace fdreactor
