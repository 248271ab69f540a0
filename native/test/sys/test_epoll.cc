// epoll_wait_batch: what is in the batch, how long it waits, and what interrupts it.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "../../sys/clock.h"
#include "../../sys/epoll/epoll.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr uint64_t kData = 0xfedcba9876543210;

// A batch with room for `capacity` events, read as JavaScript reads it: by the numbers of the layout.
struct Batch {
  explicit Batch(size_t capacity)
      : words((sizeof(EventBatchHeader) + capacity * sizeof(epoll_event)) / 4, 0xabababab) {}
  Result wait(int epoll_fd, double timeout_ms, double deadline_ms = kNoDeadline) {
    return epoll_wait_batch(epoll_fd, words.data(), words.size() * 4, timeout_ms, deadline_ms);
  }
  [[nodiscard]] const EventBatchHeader& header() const {
    return *reinterpret_cast<const EventBatchHeader*>(words.data());
  }
  [[nodiscard]] uint32_t ready(size_t event) const { return words[first_word(event)]; }
  [[nodiscard]] uint64_t data(size_t event) const {
    const size_t at = first_word(event) + word("dataWord");
    return words[at] | uint64_t{words[at + 1]} << 32;
  }
  [[nodiscard]] size_t first_word(size_t event) const { return word("firstWord") + event * word("eventWords"); }

  static size_t word(std::string_view name) {
    const EventLayout layout = epoll_event_layout();
    for (size_t i = 0; i < layout.count; i++) {
      if (name == layout.first[i].name) return layout.first[i].word;
    }
    CHECK(!"a word of the layout");
    return 0;
  }

  std::vector<uint32_t> words;
};

// A pipe that is watched for reading.
struct Watched {
  explicit Watched(uint32_t events = EPOLLIN, uint64_t data = kData) {
    CHECK(epoll_control(epoll, EPOLL_CTL_ADD, pipe.read, events, data) == 0);
  }
  void write() const { CHECK(::write(pipe.write, "x", 1) == 1); }
  Fd epoll{epoll_open()};
  Pipe pipe;
};

double time_of_wait(int epoll_fd, double timeout_ms, double deadline_ms = kNoDeadline) {
  Batch batch(1);
  const double start_ms = monotonic_ms();
  EXPECT_EQ(batch.wait(epoll_fd, timeout_ms, deadline_ms), 0);
  return monotonic_ms() - start_ms;
}

// SIGALRM a thousand times a second, as long as it lives.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    CHECK(sigaction(SIGALRM, &action, &before_) == 0);
    set(1000);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  ~SignalStorm() {
    set(0);
    CHECK(sigaction(SIGALRM, &before_, nullptr) == 0);
  }

 private:
  static void set(suseconds_t microseconds) {
    const itimerval timer = {{0, microseconds}, {0, microseconds}};
    CHECK(setitimer(ITIMER_REAL, &timer, nullptr) == 0);
  }
  struct sigaction before_ = {};
};

// What a kernel before 5.11, or a seccomp filter that does not know epoll_pwait2, does to it.
void make_pwait2_fail_with(uint16_t error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 441, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof program / sizeof program[0], program};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

}  // namespace

TEST("an event carries its bits and all 64 bits of its data, at the words of the layout") {
  const Watched watched;
  watched.write();
  Batch batch(2);
  EXPECT_EQ(batch.wait(watched.epoll, -1), 1);
  EXPECT_EQ(batch.ready(0), uint32_t{EPOLLIN});
  EXPECT_EQ(batch.data(0), kData);
  EXPECT_EQ(batch.ready(1), 0xabababab);  // nothing is written behind the last event
}

TEST("an epoll fd is close-on-exec") {
  const Fd epoll(epoll_open());
  EXPECT((fcntl(epoll, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST("a batch takes as many events as fit, and the rest comes with the next wait") {
  Watched first;
  Pipe second;
  Pipe third;
  CHECK(epoll_control(first.epoll, EPOLL_CTL_ADD, second.read, EPOLLIN, 2) == 0);
  CHECK(epoll_control(first.epoll, EPOLL_CTL_ADD, third.read, EPOLLIN, 3) == 0);
  for (const int fd : {int{first.pipe.write}, int{second.write}, int{third.write}}) CHECK(::write(fd, "x", 1) == 1);
  Batch batch(2);
  EXPECT_EQ(batch.wait(first.epoll, 0), 2);
  const uint64_t seen = batch.data(0) ^ batch.data(1);
  EXPECT_EQ(batch.wait(first.epoll, 0), 2);
  EXPECT(batch.data(0) != seen);
  EXPECT_EQ(batch.data(0) ^ seen, kData ^ 2 ^ 3);
}

TEST("a batch without room for one event is a bad argument") {
  const Watched watched;
  std::vector<uint32_t> words(16);
  for (const size_t bytes : {size_t{0}, size_t{15}, sizeof(EventBatchHeader), sizeof(EventBatchHeader) + 11}) {
    EXPECT_EQ(epoll_wait_batch(watched.epoll, words.data(), bytes, 0, kNoDeadline), kBadArgument);
  }
}

TEST("zero does not wait, and a wait is never shorter than asked") {
  const Watched watched;
  EXPECT(time_of_wait(watched.epoll, 0) < 1000);
  for (const double timeout_ms : {0.001, 0.4, 1.0, 5.5, 12.0})
    EXPECT(time_of_wait(watched.epoll, timeout_ms) >= timeout_ms);
}

TEST("the smallest time-out is not an endless one, nor the longest none at all") {
  const Watched watched;
  EXPECT(time_of_wait(watched.epoll, 1e-9) < 1000);
  EXPECT(time_of_wait(watched.epoll, 5e-324) < 1000);
  for (const double timeout_ms : {2147483648.0, 9007199254740992.0, 1e300, double{kNoDeadline}, -1.0}) {
    std::thread writer([&] { watched.write(); });
    Batch batch(1);
    EXPECT_EQ(batch.wait(watched.epoll, timeout_ms), 1);
    writer.join();
    char byte;
    CHECK(::read(watched.pipe.read, &byte, 1) == 1);
  }
}

TEST("a deadline ends a wait, whatever its time-out; one that has passed does not wait") {
  const Watched watched;
  const double deadline_ms = monotonic_ms() + 5;
  time_of_wait(watched.epoll, -1, deadline_ms);
  EXPECT(monotonic_ms() >= deadline_ms);
  EXPECT(time_of_wait(watched.epoll, -1, 0) < 1000);
  EXPECT(time_of_wait(watched.epoll, 60000, monotonic_ms() + 5) < 30000);
  EXPECT(time_of_wait(watched.epoll, 2, monotonic_ms() + 60000) < 30000);
}

TEST("an event that was there already comes in spite of a deadline in the past") {
  const Watched watched;
  watched.write();
  Batch batch(1);
  EXPECT_EQ(batch.wait(watched.epoll, -1, 0), 1);
}

TEST("the batch says when the wait ended and how long it took") {
  const Watched watched;
  Batch batch(1);
  const double before_ms = monotonic_ms();
  EXPECT_EQ(batch.wait(watched.epoll, 3), 0);
  EXPECT(batch.header().waited_ms >= 3);
  EXPECT(batch.header().now_ms >= before_ms + 3);
  EXPECT(batch.header().now_ms <= monotonic_ms());
}

TEST("a storm of signals neither ends a wait early nor starts it anew") {
  const Watched watched;
  const SignalStorm storm;
  const double took_ms = time_of_wait(watched.epoll, 50);
  EXPECT(took_ms >= 50);
  EXPECT(took_ms < 20000);
}

TEST("a wait without limit survives signals too") {
  const Watched watched;
  const SignalStorm storm;
  std::thread writer([&] {
    const timespec pause = {0, 20'000'000};
    nanosleep(&pause, nullptr);
    watched.write();
  });
  Batch batch(1);
  EXPECT_EQ(batch.wait(watched.epoll, -1), 1);
  writer.join();
}

TEST("without epoll_pwait2 a wait is rounded up, never down") {
  for (const uint16_t error : {uint16_t{ENOSYS}, uint16_t{EPERM}}) {
    const int failures = in_child([error] {
      make_pwait2_fail_with(error);
      const Watched watched;
      int short_waits = 0;
      for (const double timeout_ms : {0.001, 0.4, 2.5})
        short_waits += time_of_wait(watched.epoll, timeout_ms) < timeout_ms;
      return short_waits;
    });
    EXPECT_EQ(failures, 0);
  }
}

TEST("the kernel's refusals arrive as they are") {
  const Watched watched;
  const Fd inner(epoll_open());
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  Pipe other;
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_ADD, watched.pipe.read, EPOLLIN, 0), failure(EEXIST));
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_MOD, other.read, EPOLLIN, 0), failure(ENOENT));
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_DEL, other.read, EPOLLIN, 0), failure(ENOENT));
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_ADD, file, EPOLLIN, 0), failure(EPERM));
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_ADD, watched.epoll, EPOLLIN, 0), failure(EINVAL));
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_ADD, -1, EPOLLIN, 0), failure(EBADF));
  EXPECT_EQ(epoll_control(watched.epoll, 99, watched.pipe.read, EPOLLIN, 0), failure(EINVAL));
  EXPECT_EQ(epoll_control(inner, EPOLL_CTL_ADD, watched.epoll, EPOLLIN, 0), 0);
  EXPECT_EQ(epoll_control(watched.epoll, EPOLL_CTL_ADD, inner, EPOLLIN, 0), failure(ELOOP));
  Batch batch(1);
  EXPECT_EQ(batch.wait(-1, 0), failure(EBADF));
  EXPECT_EQ(batch.wait(other.read, 0), failure(EINVAL));
}

TEST("level, edge and oneshot are the kernel's own") {
  Batch batch(1);
  const Watched level;
  const Watched edge(EPOLLIN | EPOLLET);
  const Watched oneshot(EPOLLIN | EPOLLONESHOT);
  for (const Watched* watched : {&level, &edge, &oneshot}) {
    watched->write();
    EXPECT_EQ(batch.wait(watched->epoll, -1), 1);
  }
  EXPECT_EQ(batch.wait(level.epoll, 0), 1);
  EXPECT_EQ(batch.wait(edge.epoll, 0), 0);
  edge.write();
  EXPECT_EQ(batch.wait(edge.epoll, -1), 1);
  oneshot.write();
  EXPECT_EQ(batch.wait(oneshot.epoll, 0), 0);
  EXPECT_EQ(epoll_control(oneshot.epoll, EPOLL_CTL_MOD, oneshot.pipe.read, EPOLLIN | EPOLLONESHOT, kData), 0);
  EXPECT_EQ(batch.wait(oneshot.epoll, -1), 1);
}
