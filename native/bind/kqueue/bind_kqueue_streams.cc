// Streams over kqueue: see sys/kqueue/kqueue_streams.h.
#include "../../sys/kqueue/kqueue_streams.h"
#include "../bind.h"
#include "../streams/owned_poller.h"
#include "../streams/stream_sets.h"
#include "kqueues.h"

namespace fdreactor {
namespace {

// Its wait takes first what the waiting thread has kept.
class StashedStreamPoller final : public OwnedStreamPoller<KqueueStreamPoller> {
 public:
  StashedStreamPoller(Environment* environment, int kqueue_fd)
      : OwnedStreamPoller(environment, kqueue_fd), kqueues_(environment->kqueues), kqueue_fd_(kqueue_fd) {}

  Result wait(Bytes batch, double timeout_ms, double deadline_ms) override {
    KqueueStash* stash = kqueues_->stash_of(kqueue_fd_);
    const bool is_kept = stash != nullptr && !kqueue_stash_is_empty(stash);
    return is_kept ? kqueue_stash_take(stash, batch.data, batch.size)
                   : KqueueStreamPoller::wait(batch, timeout_ms, deadline_ms);
  }

 private:
  std::shared_ptr<Kqueues> kqueues_;
  int kqueue_fd_;
};

std::unique_ptr<StreamPoller> make_poller(napi_env env, int kqueue_fd) {
  return std::make_unique<StashedStreamPoller>(&environment_of(env), kqueue_fd);
}

napi_value open(napi_env env, napi_callback_info info) { return open_streams(env, info, make_poller); }

}  // namespace

napi_status bind_kqueue_streams(napi_env env, napi_value exports) {
  return add_group(env, exports, "streams", {{"open", open}});
}

}  // namespace fdreactor
