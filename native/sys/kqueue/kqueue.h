// kqueue(2): one call that takes changes and gives events, both in the kernel's own struct kevent, which differs from
// system to system: JavaScript reads and writes its fields by kevent_layout().
//
// kqueue_wait_batch: applies change_count changes of `changes` (an EventBatch of core/event_layout.h, whose header is
// not
//   looked at), then fills `batch`, likewise, with as many events as fit, and returns how many.
//   timeout_ms  -1: no limit; 0: do not wait; else at least that long unless something happens. A batch without room
//   for
//               an event does not wait.
//   deadline_ms a moment of the monotonic clock at which the wait ends as well; infinity for none
//   A signal does not end it. A change that fails is an event with EV_ERROR where there is room for one, and else a
//   failure of the call.
#pragma once

#include <cstddef>

#include "../../core/result.h"

namespace fdreactor {

// In 32-bit words from the start of an event. Where the filter and the flags have 16 bits each, they share a word, the
// filter in its lower half, and flags_word is the same as filter_word.
struct KeventLayout {
  size_t first_word;   // of the first event, from the start of the batch
  size_t event_words;  // from one event to the next
  size_t ident_word;   // 64 bits
  size_t filter_word;
  size_t flags_word;
  size_t fflags_word;
  size_t data_word;   // 64 bits
  size_t udata_word;  // 64 bits
};

KeventLayout kevent_layout();

// Whether one of the changes is of a filter whose entry holds an address that the kernel uses: EVFILT_AIO's and
// EVFILT_LIO's is that of an operation, EVFILT_SENDFILE's that of a structure, EVFILT_WORKLOOP's and EVFILT_MACHPORT's
// with MACH_RCV_MSG where the kernel writes. udata never is one: the kernel gives it back as it is.
bool kqueue_changes_hold_address(const void* changes, size_t count);

Result kqueue_open();  // close-on-exec; a child never inherits it by fork(2) either
Result kqueue_wait_batch(int kqueue_fd, const void* changes, size_t change_count, void* batch, size_t batch_bytes,
                         double timeout_ms, double deadline_ms);

}  // namespace fdreactor
