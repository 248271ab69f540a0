// EVFILT_SIGNAL reports a signal whatever its disposition is, also an ignored one; the disposition takes effect as
// well. So a signal that would end the process by default needs a handler while it is watched. If the host's loop is
// libuv, a watcher of libuv has installed one already (bind/host/host_signal.h), and nothing is changed here. Elsewhere
// the signal gets a handler that does nothing (children would inherit SIG_IGN). A handler that the host installed stays
// and is called too, except one that ends the process (SA_RESETHAND).
#include "../signals.h"

#include <signal.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "../posix/errno_result.h"
#include "waker_kqueue.h"

namespace fdreactor {
namespace {

// Apart from the numbers of wakers, which begin in the lower half of the safe integers.
constexpr int64_t kFirstSource = int64_t{3} << 51;

struct Watched {
  int watchers;
  bool is_handled;  // do_nothing() is installed
  struct sigaction previous;
};

struct Watchers {
  std::mutex mutex;
  std::unordered_map<int64_t, int> number_by_source;
  std::map<int, Watched> by_number;
  int64_t next_source = kFirstSource;
};

Watchers& watchers() {
  static auto* all = new Watchers;
  return *all;
}

void do_nothing(int) {}

bool would_end_process(const struct sigaction& action) {
  if ((action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) return true;
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

Result install(int number, Watched* watched) {
  const Result known = from_call(sigaction(number, nullptr, &watched->previous));
  if (known < 0 || !would_end_process(watched->previous)) return known;
  struct sigaction action = {};
  action.sa_handler = do_nothing;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  const Result installed = from_call(sigaction(number, &action, nullptr));
  watched->is_handled = installed >= 0;
  return installed;
}

void restore(int number, const Watched& watched) {
  struct sigaction current = {};
  sigaction(number, nullptr, &current);
  const bool is_still_installed = (current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == do_nothing;
  if (watched.is_handled && is_still_installed) sigaction(number, &watched.previous, nullptr);
}

}  // namespace

bool signal_needs_handler() { return false; }

Result signal_watch(int number, bool /*calls_previous*/) {
  if (!signal_can_be_watched(number)) return kBadArgument;
  Watchers& all = watchers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  auto found = all.by_number.find(number);
  if (found == all.by_number.end()) {
    Watched watched = {};
    const Result installed = install(number, &watched);
    if (installed < 0) return installed;
    found = all.by_number.emplace(number, watched).first;
  }
  ++found->second.watchers;
  const int64_t source = all.next_source++;
  all.number_by_source.emplace(source, number);
  return source;
}

// The knote clears itself (EV_CLEAR).
Result signal_acknowledge(int64_t) { return 0; }

Result signal_unwatch(int64_t source) {
  Watchers& all = watchers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.number_by_source.find(source);
  if (found == all.number_by_source.end()) return 0;
  const int number = found->second;
  all.number_by_source.erase(found);
  const auto watched = all.by_number.find(number);
  if (--watched->second.watchers > 0) return 1;
  restore(number, watched->second);
  all.by_number.erase(watched);
  return 1;
}

int signal_of_source(int64_t source) {
  Watchers& all = watchers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.number_by_source.find(source);
  return found == all.number_by_source.end() ? 0 : found->second;
}

}  // namespace fdreactor
