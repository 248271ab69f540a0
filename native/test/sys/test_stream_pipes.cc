// Pipings over a scripted poller: what moves, what is told and in which order, and that no byte is lost.
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "../../sys/posix/sigpipe.h"
#include "../../sys/socket.h"
#include "../../sys/streams/stream_socket.h"
#include "../../sys/streams/streams.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

class NotingPoller final : public StreamPoller {
 public:
  Result watch(int, uint32_t, uint32_t, uint8_t) override { return 0; }
  Result change(int, uint32_t slot, uint32_t, uint8_t, uint8_t events) override {
    calls += std::to_string(slot) + "=" + std::to_string(events) + ";";
    return 0;
  }
  void forget(int) override {}
  Result wait(Bytes, double, double) override { return 0; }
  Result serve(Bytes, Result, Streams*, StreamArea*) override { return 0; }

  std::string calls;
};

constexpr size_t kCapacity = 16;

// A set of streams, with the memory of its turns.
struct World {
  explicit World(StreamLimits limits = {65536, 4096, 2}) : streams(&poller, limits) { begin(); }

  void begin() {
    EXPECT(area.init_commands({commands, sizeof commands}, kCapacity, {nullptr, 0}));
    EXPECT(area.init_reports({reports, sizeof reports}, kCapacity, {slab, sizeof slab}));
  }
  void command(const StreamCommand& command) {
    auto* head = reinterpret_cast<StreamHeader*>(commands);
    reinterpret_cast<StreamCommand*>(head + 1)[0] = command;
    head->command_count = 1;
    begin();
    streams.flush(&area);
    results = text_of(head, reinterpret_cast<const StreamReport*>(head + 1) + kCapacity);
    head->command_count = 0;
    begin();
  }
  // The interest that was told since the last call.
  std::string interest() {
    poller.calls.clear();
    begin();
    streams.flush(&area);
    return poller.calls;
  }
  std::string told() {
    const auto* head = reinterpret_cast<const StreamHeader*>(reports);
    std::string text = text_of(head, reinterpret_cast<const StreamReport*>(head + 1));
    begin();
    return text;
  }
  static std::string text_of(const StreamHeader* head, const StreamReport* first) {
    std::string text;
    for (int32_t i = 0; i < head->report_count; ++i) {
      text += std::to_string(first[i].kind) + ":" + std::to_string(first[i].slot) + ":" +
              std::to_string(first[i].length) + ";";
    }
    return text;
  }

  NotingPoller poller;
  Streams streams;
  StreamArea area;
  std::string results;  // of the last command
  alignas(8) unsigned char commands[sizeof(StreamHeader) + 2 * kCapacity * sizeof(StreamCommand)] = {};
  alignas(8) unsigned char reports[sizeof(StreamHeader) + kCapacity * sizeof(StreamReport)] = {};
  char slab[65536] = {};
};

// A stream of one end of a socket pair; the other end is the test's.
struct End {
  explicit End(World* in) : world(in) {
    int fds[2] = {-1, -1};
    CHECK(socket_pair(AF_UNIX, SOCK_STREAM, &fds[0], &fds[1]) == 0);
    peer = fds[1];
    add(fds[0]);
  }
  End(World* in, int stream_fd, int peer_fd) : peer(peer_fd), world(in) { add(stream_fd); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  ~End() {
    if (peer >= 0) fd_close(peer);
  }

  void add(int fd) { slot = static_cast<uint32_t>(world->streams.add(fd, StreamRole::kConnected, false, &generation)); }
  void ready(uint8_t bits) const { world->streams.serve(slot, generation, bits, &world->area); }
  void command(int32_t op, int32_t offset = 0, int32_t length = 0) const {
    world->command({op, static_cast<int32_t>(slot), static_cast<int32_t>(generation), offset, length, -1});
  }
  void pipe_to(const End& target) const {
    command(kStreamPipe, static_cast<int32_t>(target.slot), static_cast<int32_t>(target.generation));
  }
  void send(std::string bytes) const { fd_write(peer, {bytes.data(), bytes.size()}); }
  // All that has come.
  std::string receive() const {
    std::string all;
    std::vector<char> bytes(1 << 20);
    for (;;) {
      const Result count = fd_read(peer, {bytes.data(), bytes.size()});
      if (count <= 0) return all;
      all.append(bytes.data(), static_cast<size_t>(count));
    }
  }
  // So that the stream at the other end takes no more.
  size_t fill() const {
    std::string bytes(65536, 'f');
    size_t filled = 0;
    for (;;) {
      const Result count = fd_write(world->streams.find(slot, generation)->fd, {bytes.data(), bytes.size()});
      if (count <= 0) return filled;
      filled += static_cast<size_t>(count);
    }
  }
  std::string unpipe() const {
    std::string all;
    char bytes[1000];
    for (;;) {
      const size_t count = world->streams.unpipe(slot, generation, {bytes, sizeof bytes});
      if (count == 0) return all;
      all.append(bytes, count);
    }
  }
  void close_peer() {
    fd_close(peer);
    peer = -1;
  }

  int peer = -1;
  uint32_t slot = 0;
  uint32_t generation = 0;
  World* world;
};

// As in a thread that has loaded the add-on.
struct NoSigpipe {
  NoSigpipe() {
    CHECK(pthread_sigmask(SIG_BLOCK, nullptr, &before) == 0);
    sigpipe_block_in_this_thread();
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    sigset_t pending = {};
    sigemptyset(&pending);
    sigaddset(&pending, SIGPIPE);
    const timespec now = {0, 0};
    sigtimedwait(&pending, nullptr, &now);  // or the signal would come now
    CHECK(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  }
  sigset_t before = {};
};

std::string pattern(size_t length) {
  std::string bytes(length, '\0');
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>('a' + i % 23);
  return bytes;
}

}  // namespace

TEST("pipes: a stream has 40 bytes") { EXPECT_EQ(sizeof(Stream), 40U); }

TEST("pipes: bytes go from source to target, and how many is told; then the end") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  from.send("hello");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:5;");
  EXPECT_EQ(to.receive(), "hello");
  from.send("bye");
  socket_shutdown(from.peer, SHUT_WR);
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:3;2:0:0;");
  EXPECT_EQ(to.receive(), "bye");
  to.send("its own bytes");
  to.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "1:1:13;");
}

TEST("pipes: a target that takes nothing stops the source, and the end waits for the bytes") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  const size_t before = to.fill();
  from.send("last words");
  socket_shutdown(from.peer, SHUT_WR);
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "");
  EXPECT_EQ(world.interest(), "1=3;0=0;");
  for (int i = 0; i < 3; ++i) to.ready(kStreamWritable);  // nothing has changed
  EXPECT_EQ(world.told(), "");
  EXPECT_EQ(world.interest(), "");
  EXPECT_EQ(to.receive().size(), before);
  to.ready(kStreamWritable);
  EXPECT_EQ(world.told(), "10:0:10;2:0:0;");
  EXPECT_EQ(to.receive(), "last words");
  EXPECT_EQ(world.interest(), "1=1;");
}

TEST("pipes: no more than a budget a piping and a turn; what is left stays ready") {
  World world({65536, 4096, 2, 1000, 1500});
  const End first(&world);
  const End first_target(&world);
  const End second(&world);
  const End second_target(&world);
  first.pipe_to(first_target);
  second.pipe_to(second_target);
  // A pipe is moved whole, so that each of these is as much as the kernel puts into a pipe at once.
  first.send(pattern(1200));
  second.send(pattern(1200));
  first.ready(kStreamReadable);
  second.ready(kStreamReadable);
  const End third(&world);
  const End third_target(&world);
  third.pipe_to(third_target);
  EXPECT(!world.streams.has_unserved());
  world.begin();
  for (const End* end : {&first, &second, &third}) end->send(pattern(1200));
  for (const End* end : {&first, &second, &third}) end->ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:1200;10:2:1200;");
  EXPECT(world.streams.has_unserved());
  world.streams.serve_unserved(&world.area);
  EXPECT_EQ(world.told(), "10:4:1200;");
  EXPECT(!world.streams.has_unserved());
}

TEST("pipes: a source that is paused is not read, but what it has sent goes out") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  to.fill();
  from.send("under way");
  from.ready(kStreamReadable);
  from.command(kStreamPause);
  from.send("later");
  to.receive();
  to.ready(kStreamWritable);
  EXPECT_EQ(world.told(), "10:0:9;");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "");
  from.command(kStreamResume);
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:5;");
  EXPECT_EQ(to.receive(), "under waylater");
}

TEST("pipes: what was under way when a piping ends is given back") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  to.fill();
  const std::string bytes = pattern(5000);
  from.send(bytes);
  from.ready(kStreamReadable);
  EXPECT_EQ(from.unpipe(), bytes);
  EXPECT_EQ(world.interest(), "");  // as before the piping
  from.send("more");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "1:0:4;");
  to.ready(kStreamWritable);
  EXPECT_EQ(world.told(), "");
}

TEST("pipes: a side that splice does not take is told, and nothing is lost") {
  World world;
  const int device = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(device >= 0);
  const End from(&world);
  const End to(&world, device, -1);
  from.pipe_to(to);
  from.send("bytes");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "11:0:" + std::to_string(EINVAL) + ";");
  EXPECT_EQ(world.interest(), "0=0;");
  EXPECT_EQ(from.unpipe(), "");
  EXPECT_EQ(world.interest(), "0=1;");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "1:0:5;");
}

TEST("pipes: without an fd for a pipe the source is received from as ever") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  from.send("bytes");
  rlimit limit = {};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none = {0, limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  from.ready(kStreamReadable);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  EXPECT_EQ(world.told(), "11:0:" + std::to_string(EMFILE) + ";");
  EXPECT_EQ(from.unpipe(), "");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "1:0:5;");
}

TEST("pipes: a target that is gone fails, and its source rests") {
  const NoSigpipe blocked;
  World world;
  const End from(&world);
  End to(&world);
  from.pipe_to(to);
  to.fill();
  from.send("secret");
  from.ready(kStreamReadable);
  to.close_peer();
  to.ready(kStreamWritable | kStreamClosed);
  EXPECT_EQ(world.told().substr(0, 4), "5:1:");
  from.send("more");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "");
  // Its pipe has the secret, and is not used again.
  const End next(&world);
  const End next_target(&world);
  next.pipe_to(next_target);
  next.send("mine");
  next.ready(kStreamReadable);
  EXPECT_EQ(next_target.receive(), "mine");
}

TEST("pipes: closed, detached and used again: a piping is that of its streams alone") {
  for (const int32_t op : {kStreamClose, kStreamReset}) {
    for (const bool ends_source : {true, false}) {
      World world;
      const End from(&world);
      const End to(&world);
      from.pipe_to(to);
      to.fill();
      from.send("secret");
      from.ready(kStreamReadable);
      (ends_source ? from : to).command(op);
      const End fresh(&world);
      EXPECT_EQ(fresh.slot, ends_source ? 0U : 1U);
      fresh.send("x");
      fresh.ready(kStreamReadable | kStreamWritable);
      EXPECT_EQ(world.told(), "1:" + std::to_string(fresh.slot) + ":1;");
      EXPECT_EQ(from.unpipe(), "");
    }
  }
}

TEST("pipes: both directions, and both ends") {
  World world;
  const End left(&world);
  const End right(&world);
  left.pipe_to(right);
  right.pipe_to(left);
  left.send("to the right");
  right.send("to the left");
  left.ready(kStreamReadable);
  right.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:12;10:1:11;");
  socket_shutdown(left.peer, SHUT_WR);
  left.ready(kStreamReadable);
  right.send("still");
  right.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "2:0:0;10:1:5;");
  EXPECT_EQ(left.receive(), "to the leftstill");
}

TEST("pipes: commands for streams that are not there, or piped already, do nothing") {
  World world;
  const End from(&world);
  const End to(&world);
  from.command(kStreamPipe, 77, 1);
  from.command(kStreamPipe, static_cast<int32_t>(from.slot), static_cast<int32_t>(from.generation));
  from.command(kStreamPipe, static_cast<int32_t>(to.slot), static_cast<int32_t>(to.generation) + 1);
  from.send("x");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "1:0:1;");
  from.pipe_to(to);
  from.pipe_to(to);
  from.send("y");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:1;");
  EXPECT_EQ(world.streams.unpipe(99, 1, {nullptr, 0}), 0U);
}

TEST("pipes: no room for reports: nothing moves before there is") {
  World world;
  const End from(&world);
  const End to(&world);
  from.pipe_to(to);
  from.send("bytes");
  auto* head = reinterpret_cast<StreamHeader*>(world.reports);
  head->report_count = kCapacity;
  from.ready(kStreamReadable);
  EXPECT_EQ(to.receive(), "");
  world.begin();
  world.streams.serve_unserved(&world.area);
  EXPECT_EQ(world.told(), "10:0:5;");
}

TEST("pipes: the reader of a pipe sees the end of the target") {
  World world;
  const End from(&world);
  int ends[2] = {-1, -1};
  CHECK(fd_pipe(&ends[0], &ends[1]) == 0);
  const End to(&world, ends[1], ends[0]);
  from.pipe_to(to);
  from.send("all");
  from.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "10:0:3;");
  EXPECT_EQ(to.receive(), "all");
  to.command(kStreamShutdown);
  EXPECT_EQ(world.results, "9:1:0;");  // it has no half, and is to be closed
  from.command(kStreamShutdown);
  EXPECT_EQ(world.results, "");  // a socket has a half
}

TEST("streams: a stream whose peer has ended, and then resets, fails once") {
  World world;
  const End end(&world);
  socket_shutdown(end.peer, SHUT_WR);
  end.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "2:0:0;");
  // Two connected sockets of the same host, of which one is reset.
  const Bound listener(SOCK_STREAM);
  const int client = static_cast<int>(socket_open(AF_INET, SOCK_STREAM, 0));
  socket_connect(client, listener.address);
  Address address;
  Result accepted = kWouldBlock;
  while (accepted == kWouldBlock) accepted = socket_accept(listener, &address);
  End tcp(&world, static_cast<int>(accepted), client);
  socket_shutdown(client, SHUT_WR);
  tcp.ready(kStreamReadable);
  EXPECT_EQ(world.told(), "2:1:0;");
  stream_make_close_reset(client);
  tcp.close_peer();
  world.interest();  // the next turn
  tcp.ready(kStreamClosed);
  tcp.ready(kStreamClosed);
  EXPECT_EQ(world.told(), "5:1:" + std::to_string(EPIPE) + ";");
}
