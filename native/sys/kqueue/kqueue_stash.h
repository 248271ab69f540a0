// Waiting for a kqueue on behalf of the host's event loop, in a thread of its own. A kqueue's fd is no help there:
// inside another kqueue macOS reports it as readable all the time, and libkqueue's never is. So the thread takes events
// out, and they are kept here for the next wait of the kqueue's own thread, which must not run at the same time.
#pragma once

#include <cstddef>

#include "../../core/result.h"

namespace fdreactor {

struct KqueueStash;

Result kqueue_stash_open(int kqueue_fd, KqueueStash** stash);
void kqueue_stash_close(KqueueStash* stash);

void kqueue_stash_wait(KqueueStash* stash, double deadline_ms);  // returns at once where something is kept
void kqueue_stash_interrupt(KqueueStash* stash);                 // from any thread: ends a wait, or the next one
bool kqueue_stash_is_empty(const KqueueStash* stash);

// As kqueue_wait_batch() without changes and without waiting, from what is kept.
Result kqueue_stash_take(KqueueStash* stash, void* batch, size_t batch_bytes);

}  // namespace fdreactor
