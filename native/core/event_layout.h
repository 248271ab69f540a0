// The memory in which one wait leaves its events for JavaScript: one array buffer that holds a header and then the
// kernel's own event structs, untouched. lib/ reads the same bytes by the layout that the add-on exports, so that a
// system may place a field elsewhere. lib/native/queue-calls.ts has the types of the layouts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fdreactor {

struct EventBatchHeader {
  double now_ms;     // the monotonic clock when the wait ended
  double waited_ms;  // how long it took
};

static_assert(sizeof(EventBatchHeader) == 16, "JavaScript reads it as two doubles");

// One entry of a layout, in 32-bit words: how many the header or an event takes, or where a field of an event is.
struct LayoutWord {
  const char* name;  // JavaScript's name for it
  size_t word;
};

// The layout of a facility's events. Every layout begins with firstWord, the first event from the start of the batch,
// and eventWords, from one event to the next.
struct EventLayout {
  const LayoutWord* first;
  size_t count;
};

constexpr size_t in_words(size_t bytes) { return bytes / sizeof(uint32_t); }

}  // namespace fdreactor
