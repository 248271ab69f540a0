// The console's control events as signals, by the names that Node gives them:
//   SIGINT    Ctrl+C            SIGBREAK  Ctrl+Break
//   SIGHUP    the console window is closed, or the user logs off
//   SIGTERM   the system shuts down
// Windows calls handlers in a separate thread, the last one installed first. The add-on's handler takes an event that
// is watched, so that earlier handlers (Node's, the default that ends the process) do not get it. At SIGHUP and SIGTERM
// Windows ends the process as soon as the handler returns, and after some seconds in any case (HandlerRoutine). So the
// handler does not return, and the reactor has those seconds.
//
// The handler stays installed: taking it out while Windows' thread is in it would wait for that thread, which may wait
// for the add-on's lock. startup_windows.cc keeps the add-on in memory for its sake.
#include "../signals.h"

#include <csignal>
#include <mutex>
#include <vector>

#include "../waker.h"
#include "wsa_result.h"

namespace fdreactor {
namespace {

constexpr int kSigHup = 1;  // as os.constants.signals has it; the C library of Windows does not know it

struct Watcher {
  int number;
  uint64_t waker;
};

struct Watchers {
  std::mutex mutex;
  std::vector<Watcher> all;
  bool installed = false;
};

// Never destroyed: Windows' thread may come while the process exits.
Watchers& watchers() {
  static auto* all = new Watchers;
  return *all;
}

int signal_of(DWORD event) {
  switch (event) {
    case CTRL_C_EVENT:
      return SIGINT;
    case CTRL_BREAK_EVENT:
      return SIGBREAK;
    case CTRL_CLOSE_EVENT:
    case CTRL_LOGOFF_EVENT:
      return kSigHup;
    case CTRL_SHUTDOWN_EVENT:
      return SIGTERM;
    default:
      return 0;
  }
}

bool ring(int number) {
  Watchers& watched = watchers();
  const std::lock_guard<std::mutex> lock(watched.mutex);
  bool rang = false;
  for (const Watcher& watcher : watched.all) {
    if (watcher.number == number && waker_wake(watcher.waker) == 1) rang = true;
  }
  return rang;
}

BOOL WINAPI on_control_event(DWORD event) {
  const int number = signal_of(event);
  if (number == 0 || !ring(number)) return FALSE;
  if (number == kSigHup || number == SIGTERM) Sleep(INFINITE);
  return TRUE;
}

}  // namespace

bool signal_can_be_watched(int number) {
  return number == SIGINT || number == SIGBREAK || number == SIGTERM || number == kSigHup;
}

bool signal_needs_handler() { return true; }

Result signal_watch(int number, bool /*calls_previous*/) {
  if (!signal_can_be_watched(number)) return kBadArgument;
  Watchers& watched = watchers();
  const std::lock_guard<std::mutex> lock(watched.mutex);
  if (!watched.installed) {
    if (SetConsoleCtrlHandler(on_control_event, TRUE) == 0) return last_win32_error();
    watched.installed = true;
  }
  uint64_t waker = 0;
  const Result source = waker_open(&waker);
  if (source >= 0) watched.all.push_back({number, waker});
  return source;
}

Result signal_acknowledge(int64_t source) { return waker_acknowledge(static_cast<uint64_t>(source)); }

Result signal_unwatch(int64_t source) {
  Watchers& watched = watchers();
  const std::lock_guard<std::mutex> lock(watched.mutex);
  for (auto watcher = watched.all.begin(); watcher != watched.all.end(); ++watcher) {
    if (watcher->waker != static_cast<uint64_t>(source)) continue;
    watched.all.erase(watcher);
    return waker_close(static_cast<uint64_t>(source));
  }
  return 0;
}

}  // namespace fdreactor
