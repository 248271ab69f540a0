#include "stream_area.h"

#include <iterator>

namespace fdreactor {
namespace {

static_assert(sizeof(StreamCommand) == sizeof(StreamReport), "records of one size");

constexpr LayoutWord kWords[] = {
    {"headerWords", in_words(sizeof(StreamHeader))},
    {"recordWords", in_words(sizeof(StreamCommand))},
    {"commandCount", in_words(offsetof(StreamHeader, command_count))},
    {"reportCount", in_words(offsetof(StreamHeader, report_count))},
    {"slabUsed", in_words(offsetof(StreamHeader, slab_used))},
    {"unserved", in_words(offsetof(StreamHeader, unserved))},
    {"untold", in_words(offsetof(StreamHeader, untold))},
};

}  // namespace

const EventLayout kStreamLayout = {kWords, std::size(kWords)};

bool StreamArea::init_commands(Bytes words, size_t capacity, Bytes sends) {
  if (words.size != sizeof(StreamHeader) + 2 * capacity * sizeof(StreamCommand)) return false;
  auto* head = static_cast<StreamHeader*>(words.data);
  if (sends.size > INT32_MAX || head->command_count < 0) return false;
  if (static_cast<size_t>(head->command_count) > capacity) return false;
  command_header = head;
  commands = reinterpret_cast<const StreamCommand*>(head + 1);
  command_count = static_cast<size_t>(head->command_count);
  send_area = sends;
  head->report_count = 0;
  results = StreamReports(head, reinterpret_cast<StreamReport*>(head + 1) + capacity, capacity);
  return true;
}

bool StreamArea::init_reports(Bytes words, size_t capacity, Bytes received) {
  if (words.size != sizeof(StreamHeader) + capacity * sizeof(StreamReport) || received.size > INT32_MAX) return false;
  if (received.size == 0) return false;  // a receive of nothing would look like the end of the stream
  header = static_cast<StreamHeader*>(words.data);
  *header = {};
  reports = StreamReports(header, reinterpret_cast<StreamReport*>(header + 1), capacity);
  slab = received;
  piped = 0;
  return true;
}

}  // namespace fdreactor
