// The kqueues of one environment: what a waiting thread has taken out of them (sys/kqueue/kqueue_stash.h), by their
// fds.
#pragma once

#include <memory>
#include <unordered_map>

#include "../../sys/kqueue/kqueue_stash.h"

namespace fdreactor {

struct StashCloser {
  void operator()(KqueueStash* stash) const { kqueue_stash_close(stash); }
};

struct Kqueues {
  // Null until the host drives it. Shared with the waiting thread's HostWaiter, which may outlive the queue.
  std::unordered_map<int, std::shared_ptr<KqueueStash>> stash_by_fd;
};

}  // namespace fdreactor
