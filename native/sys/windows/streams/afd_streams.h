// Streams over AFD polling (afd.h): their polls are those of a registration, whose slots are from 0 on, and their
// events come out of the wait of the same port. Includes no Windows header, as afd.h
// (native/test/windows/test_afd_streams.cc).
#pragma once

#include "../../streams/streams.h"

namespace fdreactor {

class AfdPoller;

class AfdStreamPoller : public StreamPoller {
 public:
  Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) override;
  Result change(int fd, uint32_t slot, uint32_t generation, uint8_t before, uint8_t events) override;
  void forget(int fd) override;
  void closing(int fd) override;
  int take_error(int fd, bool is_socket) override;
  Result serve(Bytes batch, Result count, Streams* streams, StreamArea* area) override;

 protected:
  // nullptr: the port is closed.
  virtual AfdPoller* afd() = 0;
  // What a poll has told of the connection, once; 0 for nothing.
  virtual Result told_error(int fd) = 0;
};

}  // namespace fdreactor
