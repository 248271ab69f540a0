// Streams over epoll(7): their events come out of the reactor's own wait, and never reach JavaScript as events.
#pragma once

#include "../streams/streams.h"

namespace fdreactor {

// `opened()` is left to who owns the fds, as is what closing() means beyond the epoll set.
class EpollStreamPoller : public StreamPoller {
 public:
  explicit EpollStreamPoller(int epoll_fd) : epoll_fd_(epoll_fd) {}
  Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) override;
  Result change(int fd, uint32_t slot, uint32_t generation, uint8_t events) override;
  void forget(int fd) override;
  void closing(int fd) override;

 private:
  int epoll_fd_;
};

// epoll_wait_batch() with the streams of the set: carries out their commands, waits, and serves them. Returns how many
// events of others are in the batch. Does not wait if there is something to report already.
Result epoll_wait_streams(int epoll_fd, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms,
                          Streams* streams, StreamArea* area);

}  // namespace fdreactor
