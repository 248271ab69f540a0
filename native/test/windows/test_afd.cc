// The states of a watch on \Device\Afd, against a scripted double of the kernel (afd_kernel.h).
#include <map>
#include <random>
#include <vector>

#include "afd_kernel.h"

using namespace fdreactor;
using fdreactor::test::kNoSocket;
using Kernel = fdreactor::test::AfdKernel;

namespace {

struct Setup {
  Kernel kernel;
  AfdPoller poller{&kernel};

  Setup() {
    for (int fd = 4; fd <= 40; fd += 4) kernel.sockets[fd] = 0;
  }

  ~Setup() {
    poller.remove_all();
    take();
  }

  std::vector<AfdReady> take() { return kernel.take(&poller); }

  // A turn as port_wait() makes it: rounds, until one takes nothing.
  std::vector<AfdReady> turn() {
    for (;;) {
      EXPECT_EQ(poller.update(), Result{0});
      const bool had_packets = !kernel.packets.empty();
      auto told = take();
      if (!told.empty() || !had_packets) return told;
    }
  }

  // What one socket is told in one turn; 0 for nothing.
  uint32_t ready_in_turn() {
    const auto told = turn();
    EXPECT(told.size() <= 1);
    return told.empty() ? 0 : told[0].ready;
  }
};

}  // namespace

TEST("level: a ready socket is told each turn, with its slot and generation") {
  Setup s;
  EXPECT_EQ(s.poller.add(4, 7, 9, kReadable, false), Result{0});
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdReceive);
  for (int i = 0; i < 3; ++i) {
    const auto told = s.turn();
    REQUIRE(told.size() == 1);
    EXPECT_EQ(told[0].slot, 7U);
    EXPECT_EQ(told[0].generation, 9U);
    EXPECT_EQ(told[0].ready, uint32_t{kReadable});
  }
  s.kernel.set(4, 0);
  EXPECT_EQ(s.turn().size(), size_t{0});
}

TEST("a poll that stands is not made again") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  for (int i = 0; i < 10; ++i) s.turn();
  EXPECT_EQ(s.kernel.started, 1);
}

TEST("watching twice is refused, and the first goes on") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  EXPECT_EQ(s.poller.add(4, 2, 0, kReadable, false), failure(183));
  s.kernel.set(4, kAfdReceive);
  const auto told = s.turn();
  REQUIRE(told.size() == 1);
  EXPECT_EQ(told[0].slot, 1U);
}

TEST("an fd that is not a socket is refused") {
  Setup s;
  EXPECT_EQ(s.poller.add(5, 1, 0, kReadable, false), kNoSocket);
  EXPECT_EQ(s.poller.watched(), size_t{0});
}

TEST("more interest: the poll is cancelled and made anew within the same turn") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  s.turn();
  s.kernel.set(4, kAfdSend);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.poller.modify(4, 0, 0, kReadable | kWritable, false);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kWritable});
  EXPECT_EQ(s.kernel.started, 2);
}

TEST("less interest: the poll stays, and what is not wanted any more is not told") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable | kWritable, false);
  s.turn();
  s.poller.modify(4, 0, 0, kReadable, false);
  s.turn();
  EXPECT_EQ(s.kernel.started, 1);
  s.kernel.set(4, kAfdSend);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdSend | kAfdReceive);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
}

TEST("interest that changes to and fro while a cancelled poll is still out") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  s.turn();
  s.poller.modify(4, 0, 0, kWritable, false);
  s.poller.update();  // cancelled, its packet is not taken
  s.poller.modify(4, 0, 0, kReadable, false);
  s.poller.update();
  s.kernel.set(4, kAfdReceive);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
}

TEST("oneshot: told once, then nothing until modify") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, true);
  s.kernel.set(4, kAfdReceive);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(s.turn().size(), size_t{0});
  s.poller.modify(4, 0, 0, kReadable, true);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
  EXPECT_EQ(s.turn().size(), size_t{0});
}

TEST("removed while polling: its packet tells nothing, and the number can be watched at once") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  s.turn();
  s.poller.remove(4);
  EXPECT_EQ(s.poller.in_flight(), size_t{1});
  // The cancelled poll of the old watch is still out when the new one begins.
  EXPECT_EQ(s.poller.add(4, 2, 1, kReadable, false), Result{0});
  s.take();
  s.kernel.set(4, kAfdReceive);
  const auto told = s.turn();
  REQUIRE(told.size() == 1);
  EXPECT_EQ(told[0].slot, 2U);
}

TEST("removed when its answer is there already: the answer is dropped") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  s.turn();
  s.kernel.set(4, kAfdReceive);
  s.poller.remove(4);
  EXPECT_EQ(s.turn().size(), size_t{0});
  EXPECT_EQ(s.kernel.helpers, 0);
}

TEST("removed while a change of it waits for the next turn") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  s.poller.modify(4, 1, 0, kReadable | kWritable, false);
  s.poller.remove(4);
  EXPECT_EQ(s.turn().size(), size_t{0});
  EXPECT_EQ(s.kernel.started, 1);
  EXPECT_EQ(s.kernel.helpers, 0);
}

TEST("a handle that only the poll finds to be no socket is refused, and nothing is kept") {
  Setup s;
  s.kernel.start_fails = failure(6);
  EXPECT_EQ(s.poller.add(4, 1, 0, kReadable, false), kNoSocket);
  EXPECT_EQ(s.poller.watched(), size_t{0});
  s.kernel.start_fails = failure(1450);
  EXPECT_EQ(s.poller.add(4, 1, 0, kReadable, false), failure(1450));
  s.kernel.start_fails = 0;
  EXPECT_EQ(s.poller.add(4, 1, 0, kReadable, false), Result{0});
}

TEST("a socket that was closed is gone without a word, and its number is free") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  s.turn();
  s.kernel.close(4);
  EXPECT_EQ(s.turn().size(), size_t{0});
  EXPECT_EQ(s.poller.watched(), size_t{0});
  s.kernel.sockets[4] = kAfdReceive;
  EXPECT_EQ(s.poller.add(4, 2, 0, kReadable, false), Result{0});
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
}

TEST("a socket that was closed between two polls is gone without a word") {
  Setup s;
  s.poller.add(4, 1, 0, kReadable, false);
  s.kernel.set(4, kAfdReceive);
  s.turn();
  s.kernel.close(4);
  EXPECT_EQ(s.turn().size(), size_t{0});
  EXPECT_EQ(s.poller.watched(), size_t{0});
}

TEST("paused: closures are told once each, data never") {
  Setup s;
  s.poller.add(4, 0, 0, 0, false);
  s.kernel.set(4, kAfdReceive | kAfdSend);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdReceive | kAfdDisconnect);
  EXPECT(s.ready_in_turn() & kReadClosed);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdReceive | kAfdDisconnect | kAfdAbort);
  EXPECT(s.ready_in_turn() & kHangup);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.poller.modify(4, 0, 0, 0, false);
  EXPECT(s.ready_in_turn() & kHangup);
}

TEST("quiet: a half-close is not told again before modify; a reset is") {
  Setup s;
  s.poller.add(4, 0, 0, kWritable, false);
  s.kernel.set(4, kAfdDisconnect);
  EXPECT(s.ready_in_turn() & kReadClosed);
  s.poller.quiet(4);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdDisconnect | kAfdAbort);
  EXPECT(s.ready_in_turn() & kError);
  s.kernel.set(4, kAfdDisconnect);
  s.turn();
  s.poller.modify(4, 0, 0, kWritable, false);
  EXPECT(s.ready_in_turn() & kReadClosed);
}

TEST("a poll that fails says that the connection is broken") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  s.turn();
  s.kernel.break_poll(4, static_cast<int32_t>(0xC000020D));  // STATUS_CONNECTION_RESET
  EXPECT(s.ready_in_turn() & kError);
}

TEST("what broke a connection is known once, of a reset, a failed connect and a failed poll") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  s.poller.add(8, 1, 0, kWritable, false);
  s.poller.add(12, 2, 0, kReadable, false);
  EXPECT_EQ(s.poller.take_error(4), 0);
  s.turn();
  s.kernel.set(4, kAfdAbort);
  s.kernel.connect_status = static_cast<int32_t>(0xC0000236);  // STATUS_CONNECTION_REFUSED
  s.kernel.set(8, kAfdConnectFail);
  s.kernel.break_poll(12, static_cast<int32_t>(0xC00000B5));  // STATUS_IO_TIMEOUT
  EXPECT_EQ(s.turn().size(), size_t{3});
  EXPECT_EQ(s.poller.take_error(4), kStatusConnectionReset);
  EXPECT_EQ(s.poller.take_error(8), static_cast<int32_t>(0xC0000236));
  EXPECT_EQ(s.poller.take_error(12), static_cast<int32_t>(0xC00000B5));
  s.turn();  // told again, as it is level-triggered, but the error is not there again
  for (const int fd : {4, 8, 12, 16}) EXPECT_EQ(s.poller.take_error(fd), 0);
}

TEST("a poll that cannot be made is an error of this turn, and tried again by the next") {
  Setup s;
  s.poller.add(4, 0, 0, kReadable, false);
  s.kernel.set(4, kAfdReceive);
  s.turn();
  s.kernel.start_fails = failure(1450);  // ERROR_NO_SYSTEM_RESOURCES
  EXPECT_EQ(s.poller.update(), failure(1450));
  s.kernel.start_fails = 0;
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
}

TEST("while a file is being sent the socket is not writable; afterwards it is") {
  Setup s;
  s.kernel.set(4, kAfdSend);
  s.kernel.sending[4] = true;
  s.poller.add(4, 0, 0, kReadable | kWritable, false);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.set(4, kAfdSend | kAfdReceive);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kReadable});
  s.kernel.set(4, kAfdSend);
  EXPECT_EQ(s.turn().size(), size_t{0});
  s.kernel.sending[4] = false;
  s.poller.transfer_done(4);
  EXPECT_EQ(s.ready_in_turn(), uint32_t{kWritable});
}

TEST("packets that never come: the memory stays the kernel's") {
  Kernel kernel;
  kernel.sockets[4] = 0;
  AfdRequest* kept = nullptr;
  {
    AfdPoller poller(&kernel);
    poller.add(4, 0, 0, kReadable, false);
    poller.update();
    kept = kernel.pending.begin()->second;
    poller.remove_all();
    poller.abandon();
  }
  *static_cast<int32_t*>(kept->io_status) = kStatusCancelled;  // the kernel writes at last
  kernel.helpers = 0;
  static AfdRequest* still_reachable;  // for the leak check: it is meant to stay
  still_reachable = kept;
  EXPECT_EQ(still_reachable->status(), kStatusCancelled);
}

TEST("any sequence: reports what is ready and wanted, of the socket that has the number now") {
  std::mt19937 random(20261122);
  const auto below = [&](uint32_t limit) { return static_cast<int>(random() % limit); };
  for (int round = 0; round < 20; ++round) {
    Setup s;
    struct Expected {
      uint32_t slot;
      uint32_t interest;
    };
    std::map<int, Expected> watched;
    uint32_t next_slot = 1;
    for (int step = 0; step < 1500; ++step) {
      const int fd = 4 + 4 * below(10);
      switch (below(7)) {
        case 0:
          if (s.poller.add(fd, next_slot, next_slot, kReadable, false) >= 0) watched[fd] = {next_slot++, kReadable};
          break;
        case 1:
          s.poller.remove(fd);
          watched.erase(fd);
          break;
        case 2:
          if (watched.count(fd) > 0) {
            watched[fd].interest = static_cast<uint32_t>(1 + below(3));
            s.poller.modify(fd, watched[fd].slot, watched[fd].slot, watched[fd].interest, false);
          }
          break;
        case 3:
          s.kernel.set(fd, (below(2) != 0 ? kAfdReceive : 0U) | (below(2) != 0 ? kAfdSend : 0U));
          break;
        case 4:
          s.kernel.close(fd);
          s.poller.remove(fd);
          s.kernel.sockets[fd] = 0;
          watched.erase(fd);
          break;
        case 5:
          s.poller.update();
          break;
        default: {
          s.turn();  // one that may tell the answers of before a change of readiness
          std::map<uint32_t, uint32_t> told;
          for (const AfdReady& one : s.turn()) told[one.slot] = one.ready;
          std::map<uint32_t, uint32_t> expected;
          for (const auto& entry : watched) {
            const uint32_t ready = ready_from_afd(s.kernel.sockets[entry.first]) & entry.second.interest;
            if (ready != 0) expected[entry.second.slot] = ready;
          }
          REQUIRE(told == expected);
        }
      }
    }
  }
}
