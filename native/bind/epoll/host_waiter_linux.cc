// The waiting thread waits until the reactor's epoll fd is readable; the events stay in it for the next turn.
#include "../host/host_waiter.h"

#include "../../sys/epoll/fd_wait.h"

namespace fdreactor {
namespace {

class EpollWaiter final : public HostWaiter {
 public:
  explicit EpollWaiter(FdWait wait) : wait_(wait) {}
  EpollWaiter(const EpollWaiter&) = delete;
  EpollWaiter& operator=(const EpollWaiter&) = delete;
  ~EpollWaiter() override { fd_wait_close(&wait_); }

  void wait(double deadline_ms) override { fd_wait(wait_, deadline_ms); }
  void interrupt() override { fd_wait_interrupt(wait_); }

 private:
  FdWait wait_;
};

}  // namespace

Result make_host_waiter(napi_env, int backend, std::unique_ptr<HostWaiter>* made) {
  FdWait wait;
  const Result opened = fd_wait_open(backend, &wait);
  if (opened < 0) return opened;
  *made = std::make_unique<EpollWaiter>(wait);
  return 0;
}

}  // namespace fdreactor
