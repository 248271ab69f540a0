#include "signal_disposition.h"

#include <signal.h>

#include <map>
#include <mutex>

#include "errno_result.h"

namespace fdreactor {
namespace {

struct Kept {
  int watchers = 0;
  struct sigaction before = {};  // the first watcher started
  struct sigaction hosts = {};   // the host's own
};

struct Dispositions {
  std::mutex mutex;
  std::map<int, Kept> by_number;  // of the signals that are watched
};

// Never destroyed: a worker may end while the process exits.
Dispositions& dispositions() {
  static auto* all = new Dispositions;
  return *all;
}

struct sigaction disposition_of(int number) {
  struct sigaction action = {};
  sigaction(number, nullptr, &action);
  return action;
}

bool calls_the_same(const struct sigaction& one, const struct sigaction& other) {
  const bool takes_info = (one.sa_flags & SA_SIGINFO) != 0;
  if (takes_info != ((other.sa_flags & SA_SIGINFO) != 0)) return false;
  return takes_info ? one.sa_sigaction == other.sa_sigaction : one.sa_handler == other.sa_handler;
}

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// In place of the default only. A handler that another thread installed since the default was read is put back.
void replace_default(int number, const struct sigaction& action) {
  if (is_default(action) || !is_default(disposition_of(number))) return;
  struct sigaction replaced = {};
  sigaction(number, &action, &replaced);
  if (!is_default(replaced)) sigaction(number, &replaced, nullptr);
}

}  // namespace

Result disposition_start(int number, const std::function<Result()>& start) {
  Dispositions& all = dispositions();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const struct sigaction before = disposition_of(number);
  const Result started = start();
  if (started < 0) return started;
  Kept& kept = all.by_number[number];
  if (kept.watchers++ > 0) return started;
  kept.hosts = disposition_of(number);
  // The host watched already. It sets the default when it stops, as it would have done without the add-on.
  if (!calls_the_same(before, kept.hosts)) kept.before = before;
  return started;
}

void disposition_stop(int number, const std::function<void()>& stop) {
  Dispositions& all = dispositions();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_number.find(number);
  if (found == all.by_number.end()) return;
  Kept& kept = found->second;
  const struct sigaction current = disposition_of(number);
  stop();
  if (!calls_the_same(current, kept.hosts)) {
    replace_default(number, current);  // not the host's own to take away
  } else if (kept.watchers == 1) {
    replace_default(number, kept.before);
  }
  if (--kept.watchers == 0) all.by_number.erase(found);
}

}  // namespace fdreactor
