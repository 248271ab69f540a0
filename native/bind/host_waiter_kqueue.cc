// The waiting thread takes events out of the reactor's kqueue and keeps them for its next turn.
#include "host_waiter.h"

#include "environment.h"
#include "kqueues.h"

namespace fdreactor {
namespace {

class KqueueWaiter final : public HostWaiter {
 public:
  explicit KqueueWaiter(std::shared_ptr<KqueueStash> stash) : stash_(std::move(stash)) {}
  void wait(double deadline_ms) override { kqueue_stash_wait(stash_.get(), deadline_ms); }
  void interrupt() override { kqueue_stash_interrupt(stash_.get()); }

 private:
  std::shared_ptr<KqueueStash> stash_;
};

}  // namespace

std::unique_ptr<HostWaiter> make_host_waiter(napi_env env, int backend) {
  auto& stashes = environment_of(env).kqueues->stash_by_fd;
  const auto found = stashes.find(backend);
  if (found == stashes.end()) return nullptr;
  if (found->second == nullptr) {
    KqueueStash* stash = nullptr;
    if (kqueue_stash_open(backend, &stash) < 0) return nullptr;
    found->second = std::shared_ptr<KqueueStash>(stash, StashCloser());
  }
  return std::make_unique<KqueueWaiter>(found->second);
}

}  // namespace fdreactor
