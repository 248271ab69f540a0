// Streams over epoll(7): their events come out of the reactor's own wait, and never reach JavaScript as events.
#pragma once

#include "../streams/streams.h"

namespace fdreactor {

// `opened()` is left to who owns the fds, as is what closing() means beyond the epoll set.
class EpollStreamPoller : public StreamPoller {
 public:
  explicit EpollStreamPoller(int epoll_fd) : epoll_fd_(epoll_fd) {}
  Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) override;
  Result change(int fd, uint32_t slot, uint32_t generation, uint8_t before, uint8_t events) override;
  void forget(int fd) override;
  void closing(int fd) override;
  Result wait(Bytes batch, double timeout_ms, double deadline_ms) override;
  Result serve(Bytes batch, Result count, Streams* streams, StreamArea* area) override;

 private:
  int epoll_fd_;
};

}  // namespace fdreactor
