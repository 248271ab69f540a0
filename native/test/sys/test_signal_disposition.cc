// The disposition of a signal is kept while the host watches it. The host here is scripted as libuv's signal.c does it:
// one handler for the process with the first watcher, the default with the last one.
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "../../sys/posix/signal_disposition.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

using Handler = void (*)(int);

void of_node(int) {}
void of_host(int) {}
void of_stranger(int, siginfo_t*, void*) {}

struct sigaction action_of(Handler handler, int flags = 0) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaddset(&action.sa_mask, SIGHUP);
  return action;
}

void set(const struct sigaction& action) { CHECK(sigaction(SIGUSR2, &action, nullptr) == 0); }

struct sigaction now() {
  struct sigaction action = {};
  CHECK(sigaction(SIGUSR2, nullptr, &action) == 0);
  return action;
}

bool is(const struct sigaction& one, const struct sigaction& other) {
  for (int number = 1; number < NSIG; number++) {
    if (sigismember(&one.sa_mask, number) != sigismember(&other.sa_mask, number)) return false;
  }
  return one.sa_handler == other.sa_handler && one.sa_flags == other.sa_flags;
}

// What the kernel says of an action once it has it: with flags of its own.
struct sigaction as_kernel_has(const struct sigaction& action) {
  set(action);
  return now();
}

struct Host {
  int watchers = 0;
  void start() {
    if (watchers++ == 0) set(action_of(of_host, static_cast<int>(SA_RESTART)));
  }
  void stop() {
    if (--watchers == 0) set(action_of(SIG_DFL));
  }
  void start_ours() {
    EXPECT_EQ(disposition_start(SIGUSR2,
                                [this] {
                                  start();
                                  return Result{7};
                                }),
              7);
  }
  void stop_ours() {
    disposition_stop(SIGUSR2, [this] { stop(); });
  }
};

// Whatever a test leaves, the next one begins with the default.
struct Reset {
  Reset() = default;
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;
  ~Reset() { set(action_of(SIG_DFL)); }
};

}  // namespace

TEST("what was there before the first watcher is there after the last one, to the bit") {
  const Reset reset;
  const struct sigaction befores[] = {action_of(SIG_DFL), action_of(SIG_IGN), action_of(of_node),
                                      action_of(of_node, static_cast<int>(SA_RESETHAND | SA_NODEFER))};
  for (const struct sigaction& before : befores) {
    const struct sigaction kept = as_kernel_has(before);
    Host host;
    host.start_ours();
    host.start_ours();
    host.stop_ours();
    EXPECT(now().sa_handler == of_host);
    host.stop_ours();
    const bool is_default = before.sa_handler == SIG_DFL;
    EXPECT(is_default ? now().sa_handler == SIG_DFL : is(now(), kept));
  }
}

TEST("a watcher of the host's own, at any time, keeps its handler; the last one of all decides what is left") {
  const Reset reset;
  const struct sigaction kept = as_kernel_has(action_of(of_node));
  Host host;
  host.start_ours();
  host.start();
  host.stop();
  host.stop_ours();
  EXPECT(is(now(), kept));

  host.start_ours();
  host.start();
  host.stop_ours();
  EXPECT(now().sa_handler == of_host);
  host.start_ours();
  host.stop();
  EXPECT(now().sa_handler == of_host);
  host.stop_ours();
  EXPECT(now().sa_handler == SIG_DFL);  // as the host leaves it: it watched before
}

TEST("a handler that was put over that of the host stays") {
  const Reset reset;
  set(action_of(of_node));
  Host host;
  host.start_ours();
  host.start_ours();
  struct sigaction stranger = {};
  stranger.sa_sigaction = of_stranger;
  stranger.sa_flags = SA_SIGINFO;
  const struct sigaction kept = as_kernel_has(stranger);
  host.stop_ours();
  EXPECT(is(now(), kept));
  host.stop_ours();
  EXPECT(is(now(), kept));
}

TEST("a start that fails changes nothing, and counts as none") {
  const Reset reset;
  const struct sigaction kept = as_kernel_has(action_of(of_node));
  EXPECT_EQ(disposition_start(SIGUSR2, [] { return failure(ENOMEM); }), failure(ENOMEM));
  EXPECT(is(now(), kept));
  bool is_called = false;
  disposition_stop(SIGUSR2, [&] { is_called = true; });
  EXPECT(!is_called);
  EXPECT(is(now(), kept));
}

TEST("watchers of many threads start and stop while the signal arrives: one disposition, and the first one after it") {
  const Reset reset;
  const struct sigaction kept = as_kernel_has(action_of(of_node, static_cast<int>(SA_RESTART)));
  Host host;  // only under the lock that is under test
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; round++) {
        host.start_ours();
        raise(SIGUSR2);  // the default would end this program
        host.stop_ours();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT(is(now(), kept));
}
