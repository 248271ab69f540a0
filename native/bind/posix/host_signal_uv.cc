// A signal watched by libuv, in a loop of its own (host_signal.h).
#include <uv.h>

#include <cerrno>
#include <initializer_list>

#include "../../sys/poller_room.h"
#include "../../sys/posix/fd_room.h"
#include "../../sys/posix/signal_disposition.h"
#include "../host/host_signal.h"

// Weak, so that the add-on can be loaded by a host that lacks them.
#pragma weak uv_backend_fd
#pragma weak uv_close
#pragma weak uv_idle_init
#pragma weak uv_loop_close
#pragma weak uv_loop_init
#pragma weak uv_run
#pragma weak uv_signal_init
#pragma weak uv_signal_start
#pragma weak uv_signal_stop

namespace fdreactor {
namespace {

constexpr int kMaxRounds = 16;
constexpr int kMaxFds = 8;  // of a loop: four with libuv 1.46 on Linux

// What libuv points to. It outlives the watch if libuv does not let go of it.
struct Watch {
  uv_loop_t loop = {};
  uv_idle_t idle = {};
  uv_signal_t signal = {};
};

uv_handle_t* handle_of(uv_signal_t* signal) { return reinterpret_cast<uv_handle_t*>(signal); }

// libuv takes back a handle in the loop's next round, and drains the pipe of its signals before.
void close_loop(Watch* watch) {
  for (int round = 0; round < kMaxRounds; ++round) {
    uv_run(&watch->loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&watch->loop) != 0) continue;
    delete watch;
    return;
  }
}

// libuv begins to watch an fd in a round of the loop, and a loop with nothing to do makes none. A handle that closes is
// something to do. All this is before the signal is watched: one that came in between would be taken by this round.
void watch_pipe(Watch* watch) {
  uv_idle_init(&watch->loop, &watch->idle);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->idle), nullptr);
  uv_run(&watch->loop, UV_RUN_NOWAIT);
}

// libuv ends the process where the kernel has no room for one more fd in the loop's set (fs.epoll.max_user_watches),
// and goes on where the fd is in the set already. So both of the loop's fds are put there first.
Result make_room(const uv_loop_t& loop) {
  for (const int fd : {loop.async_io_watcher.fd, loop.signal_pipefd[0]}) {
    const Result room = poller_make_room(uv_backend_fd(&loop), fd);
    if (room < 0) return room;
  }
  return 0;
}

class UvSignal final : public HostSignal {
 public:
  UvSignal(int number, Watch* watch) : number_(number), watch_(watch) {}
  ~UvSignal() override {
    disposition_stop(number_, [this] { uv_signal_stop(&watch_->signal); });
    uv_close(handle_of(&watch_->signal), nullptr);
    close_loop(watch_);
  }

  [[nodiscard]] int fd() const override { return uv_backend_fd(&watch_->loop); }
  [[nodiscard]] bool owns(int fd) const override {
    const uv_loop_t& loop = watch_->loop;
    return fd == loop.backend_fd || fd == loop.async_io_watcher.fd || fd == loop.async_wfd ||
           fd == loop.signal_pipefd[0] || fd == loop.signal_pipefd[1];
  }
  void acknowledge() override { uv_run(&watch_->loop, UV_RUN_NOWAIT); }

 private:
  const int number_;
  Watch* const watch_;
};

bool has_libuv() {
  return uv_backend_fd != nullptr && uv_close != nullptr && uv_idle_init != nullptr && uv_loop_close != nullptr &&
         uv_loop_init != nullptr && uv_run != nullptr && uv_signal_init != nullptr && uv_signal_start != nullptr &&
         uv_signal_stop != nullptr;
}

Result from_uv(int status) { return status >= 0 ? 0 : failure(-status); }

// The loop's fd becoming readable is the message.
void on_signal(uv_signal_t*, int) {}

}  // namespace

Result host_signal_open(int number, std::unique_ptr<HostSignal>* made) {
  if (!has_libuv()) return failure(ENOSYS);
  // A loop that cannot be made leaves open what it has, under numbers that are not told.
  const Result fds = fd_room(kMaxFds);
  if (fds < 0) return fds;
  auto* watch = new Watch;
  const Result loop = from_uv(uv_loop_init(&watch->loop));
  if (loop < 0) {
    delete watch;
    return loop;
  }
  const Result room = make_room(watch->loop);
  if (room < 0) {
    close_loop(watch);
    return room;
  }
  watch_pipe(watch);
  Result started = from_uv(uv_signal_init(&watch->loop, &watch->signal));
  if (started >= 0) {
    started = disposition_start(number, [&] { return from_uv(uv_signal_start(&watch->signal, on_signal, number)); });
    if (started < 0) uv_close(handle_of(&watch->signal), nullptr);
  }
  if (started < 0) {
    close_loop(watch);
    return started;
  }
  *made = std::make_unique<UvSignal>(number, watch);
  return 0;
}

}  // namespace fdreactor
