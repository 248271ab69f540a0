// The waiting thread waits on the reactor's port.
#include "../host/host_waiter.h"

#include "../../sys/windows/port/host_wait.h"
#include "ports.h"

namespace fdreactor {
namespace {

class PortWaiter final : public HostWaiter {
 public:
  explicit PortWaiter(Port* port) : port_(port) {}
  void wait(double deadline_ms) override { host_wait(port_, deadline_ms); }
  void interrupt() override { host_wait_interrupt(port_); }

 private:
  Port* port_;
};

}  // namespace

Result make_host_waiter(napi_env env, int backend, std::unique_ptr<HostWaiter>* made) {
  Port* port = find_port(env, backend);
  if (port == nullptr) return kBadArgument;
  *made = std::make_unique<PortWaiter>(port);
  return 0;
}

}  // namespace fdreactor
