// A signal that the host's libuv watches for one environment.
//
// The kernel knows one handler a signal, and libuv installs and resets it without asking: with process.on(), with
// spawn(), with a terminal's 'resize'. So the add-on does not compete: where the host is libuv's, it is one more of
// libuv's watchers. libuv's handler tells every watcher of every loop, and goes with the last one. What was there
// before is put back by sys/posix/signal_disposition.h.
//
// The watcher is in a loop of its own, which the host does not run: the host's loop stands still during a blocking
// wait. The fd of that loop is readable from the signal on until it is acknowledged.
#pragma once

#include <memory>

#include "../../core/result.h"

namespace fdreactor {

class HostSignal {
 public:
  HostSignal() = default;
  HostSignal(const HostSignal&) = delete;
  HostSignal& operator=(const HostSignal&) = delete;
  virtual ~HostSignal() = default;  // stops the watch

  [[nodiscard]] virtual int fd() const = 0;
  // Whether the fd is one of the loop's. libuv ends the process where one of them is closed under it.
  [[nodiscard]] virtual bool owns(int fd) const = 0;
  virtual void acknowledge() = 0;
};

// 0 and *made, or a failure: ENOSYS where the host has no libuv that can be asked.
Result host_signal_open(int number, std::unique_ptr<HostSignal>* made);

}  // namespace fdreactor
