// Streams over a scripted poller: which commands reach the kernel, what is reported, and that no stream starves.
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "../../sys/streams/stream_turn.h"
#include "../things.h"
#include "stream_turns.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

class ScriptedPoller final : public StreamPoller {
 public:
  Result watch(int, uint32_t, uint32_t, uint8_t events) override {
    calls += "watch " + std::to_string(events) + ";";
    return answer;
  }
  Result change(int, uint32_t, uint32_t, uint8_t, uint8_t events) override {
    calls += "change " + std::to_string(events) + ";";
    return answer;
  }
  void forget(int) override { calls += "forget;"; }
  void opened(int) override { calls += "opened;"; }
  void closing(int) override { calls += "closing;"; }
  Result wait(Bytes, double timeout_ms, double) override {
    calls += "wait " + std::to_string(static_cast<int>(timeout_ms)) + ";";
    return answer;
  }
  Result serve(Bytes, Result, Streams*, StreamArea*) override { return 0; }

  std::string calls;
  Result answer = 0;
};

constexpr StreamLimits kLimits = {16, 4, 2};

}  // namespace

TEST("streams: the parts of a send leave in one piece, in order") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer first(&streams);
  const Peer second(&streams);
  Turn turn;
  turn.push(kStreamSend, first.s(), first.g(), "one ", 2);
  turn.push(kStreamSend, second.s(), second.g(), "other");
  turn.push(kStreamSendMore, first.s(), first.g(), "two ", 3);
  turn.push(kStreamSendMore, first.s(), first.g(), "three");
  streams.flush(turn.area());
  EXPECT_EQ(first.receive(), "one two three");
  EXPECT_EQ(second.receive(), "other");
  EXPECT_EQ(turn.told(), "");
}

TEST("streams: whether an fd is still that of its stream is for the poller to say") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  EXPECT(streams.has_its_fd(peer.slot, peer.generation));
  EXPECT(!streams.has_its_fd(peer.slot, peer.generation + 1));
  poller.answer = failure(ENOENT);
  EXPECT(!streams.has_its_fd(peer.slot, peer.generation));
}

TEST("streams: what was received is told once, and the end after it") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  peer.send("hello");
  socket_shutdown(peer.fd, SHUT_WR);
  streams.serve(peer.slot, peer.generation, kStreamReadable, turn.area());
  streams.serve(peer.slot, peer.generation, kStreamReadable, &turn.memory);
  EXPECT_EQ(turn.told(), "1:0:5;2:0:0;");
  poller.calls.clear();
  streams.serve(peer.slot, peer.generation, kStreamReadable, &turn.memory);
  EXPECT_EQ(turn.told(), "1:0:5;2:0:0;");
  streams.flush(turn.area());
  EXPECT_EQ(poller.calls, "change 0;");
}

TEST("streams: what has no room in the slab is served first in the next turn") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer first(&streams);
  const Peer second(&streams);
  const Peer third(&streams);
  for (const Peer* peer : {&first, &second, &third}) peer->send("0123456789");
  Turn turn(20);
  StreamArea* area = turn.area();
  for (const Peer* peer : {&first, &second, &third}) streams.serve(peer->slot, peer->generation, kStreamReadable, area);
  EXPECT_EQ(turn.told(), "1:0:10;1:1:10;");
  EXPECT(streams.has_unserved());
  first.send("more");
  area = turn.area();
  streams.serve_unserved(area);
  streams.serve(first.slot, first.generation, kStreamReadable, area);
  streams.serve(third.slot, third.generation, kStreamReadable, area);
  EXPECT_EQ(turn.told(), "1:2:10;1:0:4;");
  EXPECT(!streams.has_unserved());
}

TEST("streams: a send that the kernel does not take is told, and room is awaited") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  turn.push(kStreamSend, peer.s(), peer.g(), std::string(4'000'000, 'x'));
  poller.calls.clear();
  streams.flush(turn.area());
  EXPECT_EQ(poller.calls, "change 3;");
  EXPECT_EQ(turn.told().substr(0, 4), "4:0:");
  turn.clear();
  streams.serve(peer.slot, peer.generation, kStreamWritable, turn.area());
  EXPECT_EQ(turn.told(), "3:0:0;");
  poller.calls.clear();
  streams.flush(turn.area());
  EXPECT_EQ(poller.calls, "change 1;");
}

TEST("streams: commands and events of an earlier stream of the slot do nothing") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  auto old = std::make_unique<Peer>(&streams);
  Turn turn;
  turn.push(kStreamClose, old->s(), old->g());
  streams.flush(turn.area());
  const int32_t old_generation = old->g();
  const uint32_t slot = old->slot;
  old.reset();
  const Peer fresh(&streams);
  EXPECT_EQ(fresh.slot, slot);
  fresh.send("x");
  turn.clear();
  turn.push(kStreamClose, static_cast<int32_t>(slot), old_generation);
  streams.flush(turn.area());
  streams.serve(slot, static_cast<uint32_t>(old_generation), kStreamReadable, &turn.memory);
  EXPECT_EQ(turn.told(), "");
  streams.serve(slot, fresh.generation, kStreamReadable, &turn.memory);
  EXPECT_EQ(turn.told(), "1:0:1;");
}

TEST("streams: memory that is not what it says, and commands outside of it, are refused") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  EXPECT(!turn.memory.init_commands({turn.commands, sizeof turn.commands - 4}, kCapacity, {nullptr, 0}));
  EXPECT(!turn.memory.init_reports({turn.reports, sizeof turn.reports}, kCapacity + 1, {nullptr, 0}));
  turn.push(kStreamSend, peer.s(), peer.g(), "bytes");
  auto* command = reinterpret_cast<StreamCommand*>(turn.commands + sizeof(StreamHeader));
  for (const int32_t offset : {-1, 1, INT32_MAX}) {
    command->offset = offset;
    streams.flush(turn.area());
    EXPECT_EQ(peer.receive(), "nothing");
  }
  command->offset = 0;
  command->slot = INT32_MAX;
  streams.flush(turn.area());
  reinterpret_cast<StreamHeader*>(turn.commands)->command_count = INT32_MAX;
  EXPECT(!turn.memory.init_commands({turn.commands, sizeof turn.commands}, kCapacity, {nullptr, 0}));
}

TEST("streams: a turn waits only if there is nothing to report by then") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  poller.calls.clear();
  run_stream_turn(&streams, &poller, {nullptr, 0}, 50, 0, turn.area());
  EXPECT_EQ(poller.calls, "wait 50;");
  turn.push(kStreamSend, peer.s(), peer.g(), std::string(4'000'000, 'x'));
  poller.calls.clear();
  run_stream_turn(&streams, &poller, {nullptr, 0}, 50, 0, turn.area());
  EXPECT_EQ(poller.calls, "change 3;wait 0;");
}

TEST("streams: what finds the reports full is told in the next turn, also what the poller tells only once") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  std::vector<std::unique_ptr<Peer>> peers;
  for (size_t i = 0; i < kCapacity + 2; ++i) peers.push_back(std::make_unique<Peer>(&streams));
  Turn turn(4096);
  turn.area();
  for (const auto& peer : peers) {
    peer->send("x");
    streams.serve(peer->slot, peer->generation, kStreamReadable | kStreamClosed, &turn.memory);
  }
  EXPECT_EQ(turn.memory.reports.count(), kCapacity);
  EXPECT(streams.has_unserved());
  streams.serve_unserved(turn.area());
  EXPECT_EQ(turn.told(), "1:8:1;1:9:1;");
  EXPECT(!streams.has_unserved());
}

TEST("streams: an event of a stream that waits to be served is not lost") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer first(&streams);
  const Peer second(&streams);
  first.send("0123456789");
  second.send("0123456789");
  Turn turn(10);
  turn.push(kStreamAwaitRoom, second.s(), second.g());
  streams.flush(turn.area());
  turn.area();
  streams.serve(first.slot, first.generation, kStreamReadable, &turn.memory);
  streams.serve(second.slot, second.generation, kStreamReadable, &turn.memory);
  EXPECT_EQ(turn.told(), "1:0:10;");
  streams.serve(second.slot, second.generation, kStreamWritable, &turn.memory);
  streams.serve_unserved(turn.area());
  EXPECT_EQ(turn.told(), "3:1:0;1:1:10;");
}

TEST("streams: the end is not sent behind a send that was taken in part") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  turn.push(kStreamSend, peer.s(), peer.g(), std::string(4'000'000, 'x'));
  turn.push(kStreamShutdown, peer.s(), peer.g());
  streams.flush(turn.area());
  while (peer.receive().size() == 64) continue;
  EXPECT_EQ(peer.receive(), "nothing");
  turn.clear();
  streams.serve(peer.slot, peer.generation, kStreamWritable, turn.area());
  turn.push(kStreamShutdown, peer.s(), peer.g());
  streams.flush(turn.area());
  EXPECT_EQ(peer.receive(), "");
}

TEST("streams: commands are carried out once, and an empty slab is refused") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  turn.push(kStreamSend, peer.s(), peer.g(), "once");
  streams.flush(turn.area());
  streams.flush(turn.area());
  EXPECT_EQ(peer.receive(), "once");
  EXPECT_EQ(peer.receive(), "nothing");
  EXPECT(!turn.memory.init_reports({turn.reports, sizeof turn.reports}, kCapacity, {nullptr, 0}));
}

TEST("streams: after an error nothing more is told, and one that found no room is told later") {
  ScriptedPoller poller;
  Streams streams(&poller, kLimits);
  const Peer peer(&streams);
  Turn turn;
  poller.answer = failure(ENOMEM);
  for (size_t i = 0; i < kCapacity; ++i) turn.push(kStreamAwaitRoom, peer.s(), peer.g());
  streams.flush(turn.area());
  EXPECT_EQ(turn.told(), "5:0:" + std::to_string(ENOMEM) + ";");
  turn.clear();
  streams.flush(turn.area());
  peer.send("x");
  streams.serve(peer.slot, peer.generation, kStreamReadable | kStreamClosed, turn.area());
  EXPECT_EQ(turn.told(), "");
}
