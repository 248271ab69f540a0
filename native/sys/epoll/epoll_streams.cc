#include "epoll_streams.h"

#include <sys/epoll.h>

#include "epoll.h"

namespace fdreactor {
namespace {

uint64_t to_data(uint32_t slot, uint32_t generation) {
  return uint64_t{generation} << 32 | static_cast<uint32_t>(stream_word(slot));
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

}  // namespace

Result EpollStreamPoller::watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) {
  return epoll_control(epoll_fd_, EPOLL_CTL_ADD, fd, to_epoll(events), to_data(slot, generation));
}

Result EpollStreamPoller::change(int fd, uint32_t slot, uint32_t generation, uint8_t, uint8_t events) {
  return epoll_control(epoll_fd_, EPOLL_CTL_MOD, fd, to_epoll(events), to_data(slot, generation));
}

void EpollStreamPoller::forget(int fd) { epoll_control(epoll_fd_, EPOLL_CTL_DEL, fd, 0, 0); }

// A duplicate keeps the file open, and with it the registration, which no later call can name.
void EpollStreamPoller::closing(int fd) { forget(fd); }

Result EpollStreamPoller::wait(Bytes batch, double timeout_ms, double deadline_ms) {
  return epoll_wait_batch(epoll_fd_, batch.data, batch.size, timeout_ms, deadline_ms);
}

Result EpollStreamPoller::serve(Bytes batch, Result count, Streams* streams, StreamArea* area) {
  auto* events = reinterpret_cast<epoll_event*>(static_cast<EventBatchHeader*>(batch.data) + 1);
  Result kept = 0;
  for (Result i = 0; i < count; ++i) {
    const epoll_event event = events[i];
    const auto word = static_cast<int32_t>(event.data.u64 & UINT32_MAX);
    if (is_stream_word(word)) {
      const auto generation = static_cast<uint32_t>(event.data.u64 >> 32);
      streams->serve(stream_slot(word), generation, to_ready(event.events), area);
    } else {
      events[kept++] = event;
    }
  }
  return kept;
}

}  // namespace fdreactor
