#include "../signals.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr int kMaxWatchers = 256;
constexpr int kMaxBelow = 8;
constexpr int kMaxDeliveries = 64;
constexpr int kFree = -1;

struct Watcher {
  std::atomic<int> fd{kFree};
  std::atomic<int> number{0};
};

// A handler that the add-on's was put over, and the one that the add-on had been put over before. There are several
// where another handler was put over the add-on's, so that it could not be taken out, and the add-on's was put over
// that one in turn. Another copy of this add-on does so: each then calls the other, and the second call within one
// delivery goes on one further down.
//
// A record never changes and is never freed, for a signal in another thread may be reading it. So equal ones are made
// once: as many as there are different handlers in the process.
struct Below {
  struct sigaction action;
  const Below* below;
  const Below* made_before;
};

struct Number {
  std::atomic<const Below*> top{nullptr};  // what a signal goes on to
  const Below* made = nullptr;             // all records of the number; only under the mutex
  std::atomic<bool> calls_below{false};
  bool is_buried = false;  // the add-on's handler is beneath another, which may call it; only under the mutex
};

// A signal that a thread handles at this moment. Handlers pass its siginfo_t on to those below them, which tells it
// from another.
struct Delivery {
  std::atomic<siginfo_t*> info{nullptr};
  int depth = 0;
};

// What the handler may touch: fixed memory and lock-free atomics, nothing else (signal-safety(7)).
Watcher watchers[kMaxWatchers];
std::atomic<int> handlers_running{0};
Number numbers[NSIG];
Delivery deliveries[kMaxDeliveries];
static_assert(std::atomic<siginfo_t*>::is_always_lock_free, "a signal handler reads these");
static_assert(std::atomic<const Below*>::is_always_lock_free, "a signal handler reads these");
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler reads these");

std::mutex mutex;  // among the threads that watch and unwatch; never taken in the handler

// A handler that asked to be taken out by its first call (SA_RESETHAND) is one that ends the process, as Node's own for
// SIGINT and SIGTERM: it raises the signal again, which would come back to us, for ever. Watching replaces it.
void call_below(int number, int depth, siginfo_t* info, void* context) {
  if (!numbers[number].calls_below.load()) return;
  const Below* found = numbers[number].top.load();
  for (int level = 0; level < depth && found != nullptr; ++level) found = found->below;
  if (found == nullptr) return;
  const struct sigaction& before = found->action;
  if ((before.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) return;
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  }
}

// nullptr where more threads handle signals at once than there is room for.
Delivery* enter(siginfo_t* info) {
  for (Delivery& delivery : deliveries) {
    if (delivery.info.load() != info) continue;
    ++delivery.depth;
    return &delivery;
  }
  for (Delivery& delivery : deliveries) {
    siginfo_t* free = nullptr;
    if (!delivery.info.compare_exchange_strong(free, info)) continue;
    delivery.depth = 0;
    return &delivery;
  }
  return nullptr;
}

void leave(Delivery* delivery) {
  if (delivery != nullptr && delivery->depth-- == 0) delivery->info.store(nullptr);
}

void on_signal(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  handlers_running.fetch_add(1);
  for (Watcher& watcher : watchers) {
    const int fd = watcher.fd.load();
    if (fd == kFree || watcher.number.load() != number) continue;
    const uint64_t one = 1;
    // The one way for this to fail is a counter at its maximum, and then the fd is readable anyway.
    if (::write(fd, &one, sizeof one) < 0) continue;
  }
  handlers_running.fetch_sub(1);
  Delivery* delivery = enter(info);
  call_below(number, delivery == nullptr ? 0 : delivery->depth, info, context);
  leave(delivery);
  errno = saved_errno;
}

bool is_watched(int number) {
  for (const Watcher& watcher : watchers) {
    if (watcher.fd.load() != kFree && watcher.number.load() == number) return true;
  }
  return false;
}

Watcher* find(int fd) {
  for (Watcher& watcher : watchers) {
    if (watcher.fd.load() == fd) return &watcher;
  }
  return nullptr;
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_signal;
}

// By member: of the mask's bytes glibc writes only those that the kernel has, and leaves the rest as it was.
bool is_same(const struct sigaction& one, const struct sigaction& other) {
  for (int number = 1; number < NSIG; ++number) {
    if (sigismember(&one.sa_mask, number) != sigismember(&other.sa_mask, number)) return false;
  }
  return one.sa_handler == other.sa_handler && one.sa_flags == other.sa_flags;
}

bool is_handler(const struct sigaction& action) { return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN; }

int depth_of(const Below* record) {
  int depth = 0;
  for (; record != nullptr; record = record->below) ++depth;
  return depth;
}

const Below* record_of(Number* number, const struct sigaction& action, const Below* below) {
  for (const Below* made = number->made; made != nullptr; made = made->made_before) {
    if (made->below == below && is_same(made->action, action)) return made;
  }
  return number->made = new Below{action, below, number->made};
}

// What is below the handlers that the add-on's is about to be put over: nothing, unless the add-on's is beneath them.
const Below* below_of(Number* number, const struct sigaction& top) {
  number->is_buried = number->is_buried && is_handler(top);  // or the one above is gone
  const Below* below = number->is_buried ? number->top.load() : nullptr;
  return below == nullptr || depth_of(below) < kMaxBelow ? below : below->below;
}

Result install(int signal) {
  Number* number = &numbers[signal];
  struct sigaction top = {};
  const Result known = from_call(sigaction(signal, nullptr, &top));
  if (known < 0 || is_ours(top)) return known;
  const Below* below = below_of(number, top);
  // Known before the add-on's handler is in place: a signal that another thread takes in between must still find it.
  number->top.store(record_of(number, top, below));
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  struct sigaction replaced = {};
  const Result installed = from_call(sigaction(signal, &action, &replaced));
  // The host's own thread installed another since the first look.
  const bool is_another = installed >= 0 && !is_same(replaced, top) && !is_ours(replaced);
  if (is_another) number->top.store(record_of(number, replaced, below));
  return installed;
}

// If other code installed a handler over the add-on's, the add-on's stays: that handler may call it. The record of the
// first handler stays as well: another thread may be about to call it.
void restore(int signal) {
  Number* number = &numbers[signal];
  const Below* top = number->top.load();
  struct sigaction current = {};
  sigaction(signal, nullptr, &current);
  number->is_buried = top->below != nullptr || !is_ours(current);
  if (!is_ours(current)) return;
  sigaction(signal, &top->action, &current);
  if (!is_ours(current)) {  // the host's own thread installed another since the look
    sigaction(signal, &current, nullptr);
    number->is_buried = true;
    return;
  }
  if (top->below != nullptr) number->top.store(top->below);
}

// A handler in another thread may have read the fd just before it was taken out; its number must not be closed, and
// given to a stranger, under that handler's write.
void wait_for_handlers() {
  while (handlers_running.load() != 0) sched_yield();
}

}  // namespace

bool signal_needs_handler() { return true; }

Result signal_watch(int number, bool calls_previous) {
  if (!signal_can_be_watched(number)) return kBadArgument;
  const std::lock_guard<std::mutex> lock(mutex);
  Watcher* slot = find(kFree);
  if (slot == nullptr) return failure(EMFILE);
  const Result fd = from_call(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (fd < 0) return fd;
  numbers[number].calls_below.store(calls_previous);
  if (!is_watched(number)) {
    const Result installed = install(number);
    if (installed < 0) {
      ::close(static_cast<int>(fd));
      return installed;
    }
  }
  slot->number.store(number);
  slot->fd.store(static_cast<int>(fd));
  return fd;
}

Result signal_acknowledge(int64_t source) {
  uint64_t count;
  const Result taken = retry_eintr([&] { return ::read(static_cast<int>(source), &count, sizeof count); });
  return taken == kWouldBlock ? 0 : taken;
}

Result signal_unwatch(int64_t source) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto fd = static_cast<int>(source);
  Watcher* watcher = fd == kFree ? nullptr : find(fd);
  if (watcher == nullptr) return 0;
  const int number = watcher->number.load();
  watcher->fd.store(kFree);
  if (!is_watched(number)) restore(number);
  wait_for_handlers();
  ::close(fd);
  return 1;
}

}  // namespace fdreactor
