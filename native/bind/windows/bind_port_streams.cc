// Streams over a port: see sys/windows/streams/afd_streams.h.
#include "../../sys/windows/port/afd.h"
#include "../../sys/windows/port/iocp.h"
#include "../../sys/windows/streams/afd_streams.h"
#include "../bind.h"
#include "../streams/owned_poller.h"
#include "../streams/stream_sets.h"
#include "operations.h"
#include "ports.h"

namespace fdreactor {
namespace {

// It asks for the port by its number each time: JavaScript may close it while there are streams.
class PortStreamPoller final : public OwnedStreamPoller<AfdStreamPoller> {
 public:
  PortStreamPoller(napi_env env, int port)
      : OwnedStreamPoller(&environment_of(env)), env_(env), ports_(environment_of(env).ports), number_(port) {}

  Result wait(Bytes batch, double timeout_ms, double deadline_ms) override {
    Port* found = port();
    if (found == nullptr) return kBadArgument;
    const Result count = port_wait(found, batch.data, batch.size, timeout_ms, deadline_ms);
    deliver_completions(env_, batch, count);
    return count;
  }

 protected:
  AfdPoller* afd() override {
    Port* found = port();
    return found == nullptr ? nullptr : &port_afd(found);
  }

  Result told_error(int fd) override {
    Port* found = port();
    return found == nullptr ? 0 : port_take_error(found, fd);
  }

 private:
  Port* port() const {
    const auto found = ports_->by_number.find(number_);
    return found == ports_->by_number.end() ? nullptr : found->second;
  }

  napi_env env_;
  std::shared_ptr<Ports> ports_;
  int number_;
};

std::unique_ptr<StreamPoller> make_poller(napi_env env, int port) {
  return std::make_unique<PortStreamPoller>(env, port);
}

napi_value open(napi_env env, napi_callback_info info) { return open_streams(env, info, make_poller); }

}  // namespace

napi_status bind_port_streams(napi_env env, napi_value exports) {
  return add_group(env, exports, "streams", {{"open", open}});
}

}  // namespace fdreactor
