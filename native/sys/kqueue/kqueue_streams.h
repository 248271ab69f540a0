// Streams over kqueue(2): their events come out of the reactor's own wait, and never reach JavaScript as events.
//
// A stream that waits for nothing has a READ filter with a low-water mark that no data reaches, and EV_CLEAR: so it is
// told of its end once. lib/reactor/backends/kqueue-changes.ts does the same for registrations.
#pragma once

#include <vector>

#include "../streams/streams.h"

namespace fdreactor {

class KqueueStreamPoller : public StreamPoller {
 public:
  explicit KqueueStreamPoller(int kqueue_fd) : kqueue_fd_(kqueue_fd) {}
  Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) override;
  Result change(int fd, uint32_t slot, uint32_t generation, uint8_t before, uint8_t events) override;
  void forget(int fd) override;
  bool would_lose(int fd) const override;
  void closing(int fd) override;
  Result wait(Bytes batch, double timeout_ms, double deadline_ms) override;
  Result serve(Bytes batch, Result count, Streams* streams, StreamArea* area) override;

 private:
  void note(int fd, bool is_stream);

  int kqueue_fd_;
  std::vector<bool> is_stream_;  // by fd: EV_ADD of a filter that is there succeeds, and takes it over
};

}  // namespace fdreactor
