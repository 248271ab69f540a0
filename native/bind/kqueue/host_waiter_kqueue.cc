// The waiting thread takes events out of the reactor's kqueue and keeps them for its next turn.
#include "../host/host_waiter.h"

#include "../environment.h"
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

Result make_host_waiter(napi_env env, int backend, std::unique_ptr<HostWaiter>* made) {
  auto& stashes = environment_of(env).kqueues->stash_by_fd;
  const auto found = stashes.find(backend);
  if (found == stashes.end()) return kBadArgument;
  if (found->second == nullptr) {
    KqueueStash* stash = nullptr;
    const Result opened = kqueue_stash_open(backend, &stash);
    if (opened < 0) return opened;
    found->second = std::shared_ptr<KqueueStash>(stash, StashCloser());
  }
  *made = std::make_unique<KqueueWaiter>(found->second);
  return 0;
}

}  // namespace fdreactor
