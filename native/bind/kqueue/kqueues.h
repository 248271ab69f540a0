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

  // nullptr: the queue is not known, or the host has never driven it.
  KqueueStash* stash_of(int kqueue_fd) const {
    const auto found = stash_by_fd.find(kqueue_fd);
    return found == stash_by_fd.end() ? nullptr : found->second.get();
  }
};

}  // namespace fdreactor
