// The memory in which one wait leaves its events for JavaScript: one array buffer, a header and then the kernel's own
// event structs, untouched. lib/queue/event-batch.ts reads the same bytes by the numbers that the add-on exports, so a
// change here needs no change there.
#pragma once

#include <cstddef>

namespace fdreactor {

struct EventBatchHeader {
  double now_ms;     // the monotonic clock when the wait ended
  double waited_ms;  // how long it took
};

static_assert(sizeof(EventBatchHeader) == 16, "JavaScript reads it as two doubles");

// Where the fields of one event are, in 32-bit words.
struct EventLayout {
  size_t first_word;   // of the first event, from the start of the buffer
  size_t event_words;  // from one event to the next
  size_t data_word;    // of the 64-bit user data, from the start of its event; the ready bits are at word 0
};

}  // namespace fdreactor
