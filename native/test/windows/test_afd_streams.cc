// Streams over AFD polling, against the scripted kernel: which events are of streams, and that nothing is told for
// ever.
#include <array>
#include <deque>
#include <memory>

#include "../../sys/streams/stream_turn.h"
#include "../../sys/windows/port/iocp.h"
#include "../../sys/windows/streams/afd_streams.h"
#include "../sys/stream_turns.h"
#include "afd_kernel.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr Result kReset = 10054;
constexpr StreamLimits kLimits = {16, 4, 2};

struct Batch {
  EventBatchHeader header;
  std::array<PortEvent, 8> events;
};

// As the one of the port: rounds, until one takes nothing.
class ScriptedPort final : public AfdStreamPoller {
 public:
  Result wait(Bytes batch, double, double) override {
    for (;;) {
      EXPECT_EQ(poller.update(), Result{0});
      const bool had_packets = !kernel.packets.empty();
      Result count = 0;
      for (const AfdReady& one : kernel.take(&poller)) {
        static_cast<Batch*>(batch.data)->events.at(static_cast<size_t>(count++)) = {
            static_cast<int32_t>(one.slot), one.generation, one.ready, 0, 0, 0};
      }
      told += count;
      if (count > 0 || !had_packets) return count;
    }
  }

  AfdKernel kernel;
  AfdPoller poller{&kernel};
  bool is_closed = false;
  Result told = 0;

 protected:
  AfdPoller* afd() override { return is_closed ? nullptr : &poller; }
  Result told_error(int fd) override { return poller.take_error(fd) == kStatusConnectionReset ? kReset : 0; }
};

struct Setup {
  Setup() {
    for (int fd = 0; fd < 64; ++fd) port.kernel.sockets[fd] = 0;
  }
  ~Setup() {
    streams.close_all();
    port.poller.remove_all();
    port.kernel.take(&port.poller);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  Result run() {
    const Result kept = run_stream_turn(&streams, &port, {&batch, sizeof batch}, 0, 0, turn.area());
    turn.clear();
    return kept;
  }
  int fd_of(const Peer& peer) { return streams.find(peer.slot, peer.generation)->fd; }

  ScriptedPort port;
  Streams streams{&port, kLimits};
  Turn turn;
  Batch batch = {};
};

}  // namespace

TEST("streams over AFD: their events are served, those of registrations stay in the batch") {
  Setup s;
  const Peer peer(&s.streams);
  s.port.poller.add(60, 3, 7, kReadable, false);
  peer.send("bytes");
  s.port.kernel.set(s.fd_of(peer), kAfdReceive);
  s.port.kernel.set(60, kAfdReceive);
  EXPECT_EQ(s.run(), Result{1});
  EXPECT_EQ(s.batch.events[0].slot, 3);
  EXPECT_EQ(s.batch.events[0].generation, 7U);
  EXPECT_EQ(s.turn.told(), "1:0:5;");
}

TEST("streams over AFD: a socket that is registered is refused") {
  Setup s;
  const Peer peer(&s.streams);
  EXPECT_EQ(s.port.poller.add(s.fd_of(peer), 3, 7, kReadable, false), failure(183));
}

TEST("streams over AFD: a half-close that is not waited for is told once") {
  for (const bool has_more_to_send : {false, true}) {
    Setup s;
    const Peer peer(&s.streams);
    s.turn.push(kStreamPause, peer.s(), peer.g());
    if (has_more_to_send) s.turn.push(kStreamAwaitRoom, peer.s(), peer.g());
    s.run();
    s.port.kernel.set(s.fd_of(peer), kAfdReceive | kAfdDisconnect);
    for (int i = 0; i < 4; ++i) s.run();
    EXPECT_EQ(s.port.told, Result{1});
    EXPECT_EQ(s.turn.told(), "");
    peer.send("rest");
    socket_shutdown(peer.fd, SHUT_WR);
    s.turn.push(kStreamResume, peer.s(), peer.g());
    s.run();
    EXPECT_EQ(s.turn.told(), "1:0:4;");
    s.run();
    EXPECT_EQ(s.turn.told(), "2:0:0;");
    for (int i = 0; i < 4; ++i) s.run();
    EXPECT(s.port.told <= 4);
  }
}

TEST("streams over AFD: a paused stream is told of a reset, by what the poll said") {
  Setup s;
  const Peer peer(&s.streams);
  s.turn.push(kStreamPause, peer.s(), peer.g());
  s.run();
  s.port.kernel.set(s.fd_of(peer), kAfdAbort);
  s.run();
  EXPECT_EQ(s.turn.told(), "5:0:10054;");
  for (int i = 0; i < 4; ++i) s.run();
  EXPECT_EQ(s.turn.told(), "");
}

TEST("streams over AFD: closed while a poll is out, its slot and its number are free") {
  Setup s;
  auto old = std::make_unique<Peer>(&s.streams);
  const int fd = s.fd_of(*old);
  s.turn.push(kStreamClose, old->s(), old->g());
  s.streams.flush(s.turn.area());
  s.turn.clear();
  s.port.kernel.sockets[fd] = 0;
  const uint32_t slot = old->slot;
  old.reset();
  const Peer fresh(&s.streams);
  EXPECT_EQ(fresh.slot, slot);
  fresh.send("mine");
  s.port.kernel.set(s.fd_of(fresh), kAfdReceive);
  s.run();
  EXPECT_EQ(s.turn.told(), "1:0:4;");
}

TEST("streams over AFD: when the port is closed, streams are closed all the same") {
  Setup s;
  const Peer peer(&s.streams);
  s.port.poller.remove_all();
  s.port.is_closed = true;
  s.turn.push(kStreamPause, peer.s(), peer.g());
  s.streams.flush(s.turn.area());
  s.turn.clear();
  EXPECT_EQ(s.port.watch(60, 0, 1, kStreamReadable), kBadArgument);
  s.streams.close_all();
  EXPECT_EQ(s.streams.size(), size_t{0});
}
