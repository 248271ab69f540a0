// A scripted double of the kernel under AfdPoller: it keeps the memory of a request until its packet was taken out and
// writes to it at the last moment, so that the address sanitizer sees memory that was freed early, and the leak check
// memory that was not freed at all.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "../../core/afd_events.h"
#include "../../sys/windows/port/afd.h"
#include "../harness.h"

namespace fdreactor::test {

constexpr Result kNoSocket = failure(10038);
constexpr Result kInvalidHandle = failure(6);

class AfdKernel final : public AfdDevice {
 public:
  struct Answer {
    AfdRequest* request;
    int32_t status;
    uint32_t events;
  };

  std::map<int, uint32_t> sockets;  // what each is ready for
  std::map<uint64_t, AfdRequest*> pending;
  std::deque<Answer> packets;
  std::map<int, bool> sending;
  Result start_fails = 0;
  int32_t connect_status = 0;
  int started = 0;
  int helpers = 0;

  ~AfdKernel() override { EXPECT_EQ(helpers, 0); }

  Result base_handle(int fd, uint64_t* base) override {
    if (sockets.count(fd) == 0) return kNoSocket;
    *base = base_of(fd);
    return 0;
  }

  Result assign_helper(AfdRequest* request) override {
    request->helper = this;
    ++helpers;
    return 0;
  }

  void release_helper(AfdRequest* request) override {
    EXPECT(request->helper == this);
    request->helper = nullptr;
    --helpers;
  }

  Result start(AfdRequest* request) override {
    if (start_fails < 0) return start_fails;
    const int fd = static_cast<int>(request->info.handle / 16);
    if (sockets.count(fd) == 0) return kInvalidHandle;
    EXPECT(pending.count(request->info.handle) == 0);  // one poll a socket
    EXPECT_EQ(request->info.number_of_handles, 1U);
    *static_cast<int32_t*>(request->io_status) = 0x103;  // STATUS_PENDING
    ++started;
    pending[request->info.handle] = request;
    look(fd);
    return 0;
  }

  Result cancel(AfdRequest* request) override {
    for (auto entry = pending.begin(); entry != pending.end(); ++entry) {
      if (entry->second != request) continue;
      pending.erase(entry);
      packets.push_back({request, kStatusCancelled, 0});
      return 0;
    }
    return failure(1168);  // ERROR_NOT_FOUND: it was answered already
  }

  bool is_sending_file(int fd) override { return sending[fd]; }
  uint64_t helper_handle(const AfdRequest&) override { return 0; }

  void set(int fd, uint32_t events) {
    sockets[fd] = events;
    look(fd);
  }

  void close(int fd) {
    sockets[fd] = kAfdLocalClose;
    look(fd);
    sockets.erase(fd);
  }

  void break_poll(int fd, int32_t status) {
    const auto found = pending.find(base_of(fd));
    if (found == pending.end()) return;
    packets.push_back({found->second, status, 0});
    pending.erase(found);
  }

  // The packets that are there now.
  std::vector<AfdReady> take(AfdPoller* poller) {
    std::vector<AfdReady> told;
    while (!packets.empty()) {
      const Answer answer = packets.front();
      packets.pop_front();
      AfdRequest* request = answer.request;
      *static_cast<int32_t*>(request->io_status) = answer.status;
      request->info.number_of_handles = answer.events == 0 ? 0 : 1;
      request->info.events = answer.events;
      request->info.status = (answer.events & kAfdConnectFail) != 0 ? connect_status : 0;
      AfdReady one = {};
      EXPECT(poller->complete(request->context, &one));
      if (one.ready != 0) told.push_back(one);
    }
    return told;
  }

 private:
  static uint64_t base_of(int fd) { return static_cast<uint64_t>(fd) * 16; }

  void look(int fd) {
    const auto found = pending.find(base_of(fd));
    if (found == pending.end() || (found->second->info.events & sockets[fd]) == 0) return;
    packets.push_back({found->second, 0, found->second->info.events & sockets[fd]});
    pending.erase(found);
  }
};

}  // namespace fdreactor::test
