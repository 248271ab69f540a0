// The real kernel under afd.h: handles on \Device\Afd. Many sockets share one, and its packets come out of a port.
#pragma once

#include <vector>

#include "afd.h"

namespace fdreactor {

class AfdDeviceWindows final : public AfdDevice {
 public:
  explicit AfdDeviceWindows(void* port) : port_(port) {}
  ~AfdDeviceWindows() override;
  AfdDeviceWindows(const AfdDeviceWindows&) = delete;
  AfdDeviceWindows& operator=(const AfdDeviceWindows&) = delete;

  Result base_handle(int fd, uint64_t* base) override;
  Result assign_helper(AfdRequest* request) override;
  void release_helper(AfdRequest* request) override;
  Result start(AfdRequest* request) override;
  Result cancel(AfdRequest* request) override;
  bool is_sending_file(int fd) override;
  uint64_t helper_handle(const AfdRequest& request) override;

 private:
  struct Helper {
    void* handle;
    int requests;
  };

  Result open_helper();  // puts it last

  void* port_;
  std::vector<Helper*> helpers_;  // the last one is tried first
};

}  // namespace fdreactor
