// kqueue(2): one call that takes changes and gives events, both in the kernel's own struct kevent, which differs from
// system to system: JavaScript reads and writes its fields by kevent_layout().
//
// kqueue_wait_batch: applies change_count changes of `changes`, an EventBatch (core/event_layout.h); does not read its
//   header. Then fills `batch`, another EventBatch, with as many events as fit, and returns how many.
//   timeout_ms  -1: no limit; 0: do not wait; else at least that long unless something happens. A batch without room
//               for an event does not wait.
//   deadline_ms a moment of the monotonic clock at which the wait ends as well; infinity for no deadline
//   A signal does not end it. A change that fails is an event with EV_ERROR if the batch has room for it, and otherwise
//   a failure of the call.
#pragma once

#include <cstddef>

#include "../../core/event_layout.h"
#include "../../core/result.h"

namespace fdreactor {

// If the filter and the flags have 16 bits each, they share a word, the filter in its lower half: then flagsWord is the
// same as filterWord. ident, data and udata have 64 bits.
EventLayout kevent_layout();

// The size of an EventBatch with so many events.
size_t kqueue_batch_bytes(size_t count);

// Whether one of the changes has a filter that takes an address in its entry: EVFILT_AIO and EVFILT_LIO of an
// operation, EVFILT_SENDFILE of a structure, EVFILT_WORKLOOP, and EVFILT_MACHPORT with MACH_RCV_MSG, of memory that the
// kernel writes. udata is never used as an address: the kernel returns it as it is.
bool kqueue_changes_hold_address(const void* changes, size_t count);

Result kqueue_open();  // close-on-exec; a child never inherits it by fork(2) either
Result kqueue_wait_batch(int kqueue_fd, const void* changes, size_t change_count, void* batch, size_t batch_bytes,
                         double timeout_ms, double deadline_ms);

}  // namespace fdreactor
