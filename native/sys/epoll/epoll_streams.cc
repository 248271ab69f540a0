#include "epoll_streams.h"

#include <sys/epoll.h>

#include "epoll.h"

namespace fdreactor {
namespace {

// The low half of the user data as JavaScript reads it: slots of registrations are from 0 on, those of the host's part
// are just below 0, and those of streams are below these.
constexpr int32_t kFirstStreamSlot = -16;

int32_t to_word(uint32_t slot) { return kFirstStreamSlot - static_cast<int32_t>(slot); }

uint64_t to_data(uint32_t slot, uint32_t generation) {
  return uint64_t{generation} << 32 | static_cast<uint32_t>(to_word(slot));
}

uint32_t to_epoll(uint8_t events) {
  const uint32_t readable = (events & kStreamReadable) != 0 ? EPOLLIN : 0U;
  const uint32_t writable = (events & kStreamWritable) != 0 ? EPOLLOUT : 0U;
  return events == 0 ? uint32_t{EPOLLET} : readable | writable;  // or a hang-up would end every wait at once
}

uint8_t to_ready(uint32_t events) {
  const uint8_t readable = (events & EPOLLIN) != 0 ? kStreamReadable : 0;
  const uint8_t writable = (events & EPOLLOUT) != 0 ? kStreamWritable : 0;
  const uint8_t closed = (events & (EPOLLERR | EPOLLHUP)) != 0 ? kStreamClosed : 0;
  return readable | writable | closed;
}

// Serves the events of streams, and moves the others to the front. Returns how many these are.
Result serve_events(epoll_event* events, Result count, Streams* streams, StreamArea* area) {
  Result kept = 0;
  for (Result i = 0; i < count; ++i) {
    const epoll_event event = events[i];
    const auto word = static_cast<int32_t>(event.data.u64 & UINT32_MAX);
    if (word > kFirstStreamSlot) {
      events[kept++] = event;
      continue;
    }
    const auto slot = static_cast<uint32_t>(kFirstStreamSlot - word);
    streams->serve(slot, static_cast<uint32_t>(event.data.u64 >> 32), to_ready(event.events), area);
  }
  return kept;
}

}  // namespace

Result EpollStreamPoller::watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) {
  return epoll_control(epoll_fd_, EPOLL_CTL_ADD, fd, to_epoll(events), to_data(slot, generation));
}

Result EpollStreamPoller::change(int fd, uint32_t slot, uint32_t generation, uint8_t events) {
  return epoll_control(epoll_fd_, EPOLL_CTL_MOD, fd, to_epoll(events), to_data(slot, generation));
}

void EpollStreamPoller::forget(int fd) { epoll_control(epoll_fd_, EPOLL_CTL_DEL, fd, 0, 0); }

// A duplicate keeps the file open, and with it the registration, which no later call can name.
void EpollStreamPoller::closing(int fd) { forget(fd); }

Result epoll_wait_streams(int epoll_fd, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms,
                          Streams* streams, StreamArea* area) {
  streams->flush(area);
  const bool must_not_wait = streams->has_unserved() || area->results.count() > 0;
  const Result count = epoll_wait_batch(epoll_fd, batch, batch_bytes, must_not_wait ? 0 : timeout_ms, deadline_ms);
  if (count < 0) return count;
  streams->serve_unserved(area);
  auto* events = reinterpret_cast<epoll_event*>(static_cast<EventBatchHeader*>(batch) + 1);
  const Result kept = serve_events(events, count, streams, area);
  area->header->unserved = streams->has_unserved() ? 1 : 0;
  return kept;
}

}  // namespace fdreactor
