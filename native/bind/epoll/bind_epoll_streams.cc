// Streams over epoll: see sys/epoll/epoll_streams.h.
#include "../../sys/epoll/epoll_streams.h"
#include "../bind.h"
#include "../streams/owned_poller.h"
#include "../streams/stream_sets.h"

namespace fdreactor {
namespace {

std::unique_ptr<StreamPoller> make_poller(napi_env env, int epoll_fd) {
  return std::make_unique<OwnedStreamPoller<EpollStreamPoller>>(&environment_of(env), epoll_fd);
}

napi_value open(napi_env env, napi_callback_info info) { return open_streams(env, info, make_poller); }

}  // namespace

napi_status bind_epoll_streams(napi_env env, napi_value exports) {
  return add_group(env, exports, "streams", {{"open", open}});
}

}  // namespace fdreactor
