// A poller whose streams have fds of the package: tracked as all that it opens, and told of before they are closed.
#pragma once

#include <utility>

#include "../../sys/streams/streams.h"
#include "../environment.h"

namespace fdreactor {

template <typename Poller>
class OwnedStreamPoller : public Poller {
 public:
  template <typename... Rest>
  explicit OwnedStreamPoller(Environment* environment, Rest... rest) : Poller(rest...), environment_(environment) {}

  void opened(int fd) override {
    if (environment_->closes_fds) environment_->fds.add(fd);
  }

  void closing(int fd) override {
    Poller::closing(fd);
    if (environment_->closes_fds) environment_->fds.remove(fd);
    for (const auto& tell : environment_->before_close) tell(fd);
  }

 private:
  Environment* environment_;
};

}  // namespace fdreactor
