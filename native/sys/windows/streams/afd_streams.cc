#include "afd_streams.h"

#include "../../../core/afd_events.h"
#include "../../streams/stream_socket.h"
#include "../port/afd.h"
#include "../port/iocp.h"

namespace fdreactor {
namespace {

static_assert(kStreamReadable == int{kReadable} && kStreamWritable == int{kWritable}, "one interest is the other");

uint32_t to_word(uint32_t slot) { return static_cast<uint32_t>(stream_word(slot)); }

uint8_t to_ready(uint32_t ready) {
  const auto direction = static_cast<uint8_t>(ready & (kStreamReadable | kStreamWritable));
  return (ready & kError) != 0 ? direction | kStreamClosed : direction;
}

}  // namespace

Result AfdStreamPoller::watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) {
  AfdPoller* poller = afd();
  return poller == nullptr ? kBadArgument : poller->add(fd, to_word(slot), generation, events, false);
}

Result AfdStreamPoller::change(int fd, uint32_t slot, uint32_t generation, uint8_t, uint8_t events) {
  AfdPoller* poller = afd();
  return poller == nullptr ? kBadArgument : poller->modify(fd, to_word(slot), generation, events, false);
}

void AfdStreamPoller::forget(int fd) {
  AfdPoller* poller = afd();
  if (poller != nullptr) poller->remove(fd);
}

void AfdStreamPoller::closing(int fd) { forget(fd); }

int AfdStreamPoller::take_error(int fd, bool is_socket) {
  const int error = stream_take_error(fd, is_socket);
  return error != 0 ? error : static_cast<int>(told_error(fd));
}

// A half-close that the stream does not wait for would end every wait, as any level does.
Result AfdStreamPoller::serve(Bytes batch, Result count, Streams* streams, StreamArea* area) {
  auto* events = reinterpret_cast<PortEvent*>(static_cast<EventBatchHeader*>(batch.data) + 1);
  Result kept = 0;
  for (Result i = 0; i < count; ++i) {
    const PortEvent event = events[i];
    if (!is_stream_word(event.slot)) {
      events[kept++] = event;
      continue;
    }
    const uint32_t slot = stream_slot(event.slot);
    const Stream* stream = streams->find(slot, event.generation);
    if (stream == nullptr) continue;
    AfdPoller* poller = (event.status & kReadClosed) != 0 ? afd() : nullptr;
    if (poller != nullptr && (stream->watched & kStreamReadable) == 0) poller->quiet(stream->fd);
    streams->serve(slot, event.generation, to_ready(event.status), area);
  }
  return kept;
}

}  // namespace fdreactor
