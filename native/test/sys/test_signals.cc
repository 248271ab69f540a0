// Signals as readable fds: each watcher gets each signal, and the handlers of others stay as they were.
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>

#include "../../sys/signals.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

struct Watch {
  explicit Watch(int number, bool calls_previous = true) : fd(signal_watch(number, calls_previous)) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { signal_unwatch(static_cast<int>(fd)); }
  [[nodiscard]] bool is_readable(int timeout_ms = 0) const {
    pollfd ready = {static_cast<int>(fd), POLLIN, 0};
    return ::poll(&ready, 1, timeout_ms) == 1;
  }
  void take() const {
    uint64_t count = 0;
    EXPECT_EQ(fd_read(static_cast<int>(fd), {&count, sizeof count}), Result{sizeof count});
  }
  Result fd;
};

// A handler that was there before the package came.
struct Earlier {
  static std::atomic<int> calls;
  Earlier() {
    struct sigaction action = {};
    action.sa_handler = handle;
    CHECK(sigaction(SIGUSR1, &action, &before) == 0);
    calls = 0;
  }
  Earlier(const Earlier&) = delete;
  Earlier& operator=(const Earlier&) = delete;
  ~Earlier() { CHECK(sigaction(SIGUSR1, &before, nullptr) == 0); }
  static void handle(int) { calls.fetch_add(1); }
  struct sigaction before = {};
};
std::atomic<int> Earlier::calls{0};

using Handler = void (*)(int);
Handler handler_of(int number) {
  struct sigaction action = {};
  CHECK(sigaction(number, nullptr, &action) == 0);
  return action.sa_handler;
}

}  // namespace

TEST("a signal makes its fd readable until it is taken") {
  const Watch watch(SIGUSR1);
  EXPECT(is_non_blocking_and_cloexec(static_cast<int>(watch.fd)));
  EXPECT(!watch.is_readable());
  EXPECT_EQ(raise(SIGUSR1), 0);
  EXPECT(watch.is_readable());
  watch.take();
  EXPECT(!watch.is_readable());
}

TEST("every watcher of a signal gets it, those of another do not") {
  const Watch first(SIGUSR1);
  const Watch second(SIGUSR1);
  const Watch other(SIGUSR2);
  EXPECT_EQ(raise(SIGUSR1), 0);
  EXPECT(first.is_readable());
  EXPECT(second.is_readable());
  EXPECT(!other.is_readable());
}

TEST("the handler that was there is called too, and put back after the last watcher") {
  const Earlier earlier;
  {
    const Watch first(SIGUSR1);
    {
      const Watch second(SIGUSR1);
      EXPECT_EQ(raise(SIGUSR1), 0);
    }
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT(first.is_readable());
    EXPECT_EQ(Earlier::calls.load(), 2);
    EXPECT(handler_of(SIGUSR1) != Earlier::handle);
  }
  EXPECT(handler_of(SIGUSR1) == Earlier::handle);
}

TEST("the handler that was there is not called where that is not wished, and put back all the same") {
  const Earlier earlier;
  {
    const Watch watch(SIGUSR1, false);
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT(watch.is_readable());
    EXPECT_EQ(Earlier::calls.load(), 0);
  }
  EXPECT(handler_of(SIGUSR1) == Earlier::handle);
}

TEST("a handler that was to run once, before the signal ends the process, is replaced and not called") {
  struct sigaction ending = {};
  ending.sa_handler = [](int number) { raise(number); };  // it counts on being gone by then
  ending.sa_flags = static_cast<int>(SA_RESETHAND);
  struct sigaction before = {};
  REQUIRE(sigaction(SIGUSR1, &ending, &before) == 0);
  {
    const Watch watch(SIGUSR1);
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT(watch.is_readable());
  }
  EXPECT(handler_of(SIGUSR1) == ending.sa_handler);
  CHECK(sigaction(SIGUSR1, &before, nullptr) == 0);
}

TEST("a handler that was installed later is not taken away") {
  const Handler before = handler_of(SIGUSR1);
  {
    const Watch watch(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
  }
  EXPECT(handler_of(SIGUSR1) == SIG_IGN);
  signal(SIGUSR1, before);
}

TEST("a watched signal does not end the process, and one no longer watched does again") {
  EXPECT_EQ(in_child([] {
              signal(SIGTERM, SIG_DFL);
              {
                const Watch watch(SIGTERM);
                raise(SIGTERM);
              }
              raise(SIGTERM);
              return 0;
            }),
            128 + SIGTERM);
}

TEST("signals that cannot be caught, and numbers that are not signals, are bad arguments") {
  for (const int number : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0, -1, 65, 1000, INT32_MAX}) {
    EXPECT(!signal_can_be_watched(number));
    EXPECT_EQ(signal_watch(number, true), kBadArgument);
  }
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGWINCH, SIGUSR1, SIGPIPE}) {
    EXPECT(signal_can_be_watched(number));
  }
}

TEST("an fd that is no watcher is left alone") {
  const Pipe pipe;
  EXPECT_EQ(signal_unwatch(pipe.read), 0);
  EXPECT_EQ(signal_unwatch(-1), 0);
  EXPECT(fcntl(pipe.read, F_GETFD) >= 0);
}

TEST("there is an end to the watchers, and room again after it") {
  std::vector<int> fds;
  for (Result fd = signal_watch(SIGUSR1, true); fd >= 0; fd = signal_watch(SIGUSR1, true)) {
    fds.push_back(static_cast<int>(fd));
    REQUIRE(fds.size() <= 100000);
  }
  EXPECT(fds.size() >= 64);
  EXPECT_EQ(signal_watch(SIGUSR1, true), failure(EMFILE));
  for (const int fd : fds) EXPECT_EQ(signal_unwatch(fd), 1);
  const Watch watch(SIGUSR1);
  EXPECT(watch.fd >= 0);
}

TEST("errno of the interrupted code stays") {
  const Watch watch(SIGUSR1);
  errno = ENOTTY;
  raise(SIGUSR1);
  EXPECT_EQ(errno, ENOTTY);
}

TEST("watchers come and go in one thread while signals arrive in another") {
  const Earlier earlier;
  std::atomic<bool> is_over{false};
  int sent = 0;
  std::thread sender([&] {
    while (!is_over.load()) {
      raise(SIGUSR1);  // delivered before it returns
      sent++;
    }
  });
  for (int i = 0; i < 500; i++) {
    const Watch watch(SIGUSR1);
    if (!EXPECT(watch.is_readable(30000))) break;
  }
  is_over.store(true);
  sender.join();
  EXPECT_EQ(Earlier::calls.load(), sent);
}

namespace {

// A handler that calls the one it was put over, as another copy of this add-on does.
struct Chaining {
  static std::atomic<int> calls;
  static struct sigaction under;
  static void handle(int number, siginfo_t* info, void* context) {
    calls.fetch_add(1);
    CHECK(calls.load() < 100);
    under.sa_sigaction(number, info, context);
  }
  Chaining() {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    CHECK(sigaction(SIGUSR1, &action, &under) == 0);
    calls = 0;
  }
  Chaining(const Chaining&) = delete;
  Chaining& operator=(const Chaining&) = delete;
  ~Chaining() { CHECK(sigaction(SIGUSR1, &under, nullptr) == 0); }
};
std::atomic<int> Chaining::calls{0};
struct sigaction Chaining::under = {};

// What a test has put over and under each other is no matter of the next one: a watch over no handler at all forgets
// it.
struct Forgotten {
  Forgotten() = default;
  Forgotten(const Forgotten&) = delete;
  Forgotten& operator=(const Forgotten&) = delete;
  ~Forgotten() { const Watch watch(SIGUSR1); }
};

}  // namespace

TEST("under and over a handler that calls the add-on's: each is called once, and the earlier one as well") {
  const Forgotten forgotten;
  const Earlier earlier;
  auto first = std::make_unique<Watch>(SIGUSR1);
  const Chaining chaining;
  first.reset();  // the add-on's is beneath the other, and stays
  for (int round = 1; round <= 20; round++) {
    const Watch again(SIGUSR1);
    CHECK(raise(SIGUSR1) == 0);
    EXPECT(again.is_readable());
    EXPECT_EQ(Chaining::calls.load(), round);
    EXPECT_EQ(Earlier::calls.load(), round);
  }
  CHECK(raise(SIGUSR1) == 0);
  EXPECT_EQ(Chaining::calls.load(), 21);
  EXPECT_EQ(Earlier::calls.load(), 21);
}

TEST("on top again when the other handler is gone, the add-on's is not put over itself") {
  const Forgotten forgotten;
  const Earlier earlier;
  auto first = std::make_unique<Watch>(SIGUSR1);
  {
    const Chaining chaining;
    first.reset();
  }
  for (int round = 1; round <= 3; round++) {
    const Watch again(SIGUSR1);
    CHECK(raise(SIGUSR1) == 0);
    EXPECT(again.is_readable());
    EXPECT_EQ(Earlier::calls.load(), round);
  }
  EXPECT_EQ(handler_of(SIGUSR1), &Earlier::handle);
}

namespace {

std::atomic<int> odd_calls{0};
std::atomic<int> even_calls{0};

void handle_odd(int) { odd_calls.fetch_add(1); }
void handle_even(int, siginfo_t* info, void*) {
  CHECK(info != nullptr);  // or it was called with the flags of the other
  even_calls.fetch_add(1);
}

}  // namespace

TEST("the handler below changes from watch to watch while signals arrive: each signal calls one of them, whole") {
  const Forgotten forgotten;
  const Earlier earlier;
  struct sigaction odd = {};
  odd.sa_handler = handle_odd;
  struct sigaction even = {};
  even.sa_sigaction = handle_even;
  even.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGUSR1, &odd, nullptr) == 0);
  std::atomic<bool> is_over{false};
  std::atomic<int> sent{0};
  std::vector<std::thread> senders;
  senders.reserve(2);
  for (int i = 0; i < 2; i++) {
    senders.emplace_back([&] {
      while (!is_over.load()) {
        raise(SIGUSR1);  // delivered before it returns
        sent.fetch_add(1);
      }
    });
  }
  for (int round = 0; round < 500; round++) {
    CHECK(sigaction(SIGUSR1, round % 2 == 0 ? &odd : &even, nullptr) == 0);
    const Watch one(SIGUSR1);
    const Watch two(SIGUSR1);
    if (!EXPECT(one.is_readable(30000) && two.is_readable(30000))) break;
  }
  is_over.store(true);
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(odd_calls.load() + even_calls.load(), sent.load());
}

TEST(
    "watchers of many threads come and go while signals arrive: each hears the signal, and the earlier handler stays") {
  const Forgotten forgotten;
  const Earlier earlier;
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([] {
      for (int round = 0; round < 300; round++) {
        const Watch watch(SIGUSR1);
        raise(SIGUSR1);
        EXPECT(watch.is_readable(30000));
        signal_acknowledge(watch.fd);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Earlier::calls.load(), 900);
  EXPECT(handler_of(SIGUSR1) == Earlier::handle);
}
