// Wake-ups across threads: none lost, one at a time on the fd, and none to a waker that is closed.
#include <poll.h>

#include <atomic>
#include <thread>

#include "../../sys/waker.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr int kThreads = 3;
constexpr int kWakes = 20000;

struct OpenWaker {
  uint64_t id = 0;
  Result fd = waker_open(&id);
  OpenWaker() = default;
  OpenWaker(const OpenWaker&) = delete;
  OpenWaker& operator=(const OpenWaker&) = delete;
  ~OpenWaker() { waker_close(id); }
};

bool is_readable(Result fd, int timeout_ms = 0) {
  pollfd ready = {static_cast<int>(fd), POLLIN, 0};
  return ::poll(&ready, 1, timeout_ms) == 1;
}

}  // namespace

TEST("the fd is quiet, readable after a wake, quiet once acknowledged") {
  const OpenWaker waker;
  EXPECT(is_non_blocking_and_cloexec(static_cast<int>(waker.fd)));
  EXPECT(!is_readable(waker.fd));
  EXPECT_EQ(waker_wake(waker.id), 1);
  EXPECT(is_readable(waker.fd));
  EXPECT(waker_acknowledge(waker.id) >= 0);
  EXPECT(!is_readable(waker.fd));
}

TEST("many wakes before an acknowledgement are one") {
  const OpenWaker waker;
  for (int i = 0; i < 100000; i++) EXPECT_EQ(waker_wake(waker.id), 1);
  EXPECT(waker_acknowledge(waker.id) >= 0);
  EXPECT(!is_readable(waker.fd));
}

TEST("an acknowledgement without a wake is nothing") {
  const OpenWaker waker;
  EXPECT_EQ(waker_acknowledge(waker.id), 0);
  EXPECT_EQ(waker_wake(waker.id), 1);
  EXPECT(is_readable(waker.fd));
}

TEST("ids are safe integers and never used again") {
  uint64_t last = 0;
  for (int i = 0; i < 100; i++) {
    const OpenWaker waker;
    EXPECT(waker.id > last && waker.id <= kMaxWakerId);
    last = waker.id;
  }
}

TEST("a waker that is closed, or never was, takes no wake") {
  uint64_t closed = 0;
  {
    const OpenWaker waker;
    closed = waker.id;
  }
  for (const uint64_t id : {closed, uint64_t{0}, kMaxWakerId, UINT64_MAX}) {
    EXPECT_EQ(waker_wake(id), 0);
    EXPECT_EQ(waker_acknowledge(id), 0);
    EXPECT_EQ(waker_close(id), 0);
  }
}

TEST("no wake of many threads is lost") {
  const OpenWaker waker;
  std::atomic<int> work{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&] {
      for (int wake = 0; wake < kWakes; wake++) {
        work.fetch_add(1);
        waker_wake(waker.id);
      }
    });
  }
  int done = 0;
  while (done < kThreads * kWakes) {
    if (!EXPECT(is_readable(waker.fd, 30000))) break;
    waker_acknowledge(waker.id);
    done += work.exchange(0);
  }
  for (std::thread& thread : threads) thread.join();
}

TEST("wakers are opened and closed while other threads ring them") {
  std::atomic<uint64_t> id{0};
  std::atomic<bool> is_over{false};
  std::thread ringer([&] {
    while (!is_over.load()) {
      const Result rung = waker_wake(id.load());
      if (!EXPECT(rung == 0 || rung == 1)) return;
    }
  });
  for (int i = 0; i < 3000; i++) {
    const OpenWaker waker;
    id.store(waker.id);
    const Pipe stranger;  // its numbers were a waker's a moment ago, and nothing must ever be written to it
    std::string byte = "x";
    if (!EXPECT_EQ(fd_read(stranger.read, bytes_of(&byte)), kWouldBlock)) break;
  }
  is_over.store(true);
  ringer.join();
}

TEST("only numbers that were given out are known as made here, also after they were closed") {
  uint64_t id = 0;
  EXPECT(waker_open(&id) >= 0);
  EXPECT_EQ(waker_was_made(id), 1);
  EXPECT_EQ(waker_was_made(id + 1), 0);
  EXPECT_EQ(waker_was_made(0), 0);
  waker_close(id);
  EXPECT_EQ(waker_was_made(id), 1);
}
