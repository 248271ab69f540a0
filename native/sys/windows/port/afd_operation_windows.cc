#include "afd_operation.h"

#include "../../../core/afd_events.h"
#include "../windows_headers.h"
#include "afd.h"
#include "iocp.h"
#include "operation.h"

namespace fdreactor {
namespace {

struct Details {
  AfdRequest request;
  int fd;
};

// Those of an earlier use are freed: the operation is idle, and the kernel has nothing of it.
Details* new_details(Operation* operation) {
  if (operation->free_details != nullptr) operation->free_details(operation->details);
  auto* details = new Details{};
  operation->details = details;
  operation->free_details = [](void* freed) { delete static_cast<Details*>(freed); };
  return details;
}

}  // namespace

Result afd_poll_operation(Port* port, int fd, uint32_t events, Operation* operation) {
  AfdDevice& device = port_device(port);
  uint64_t base = 0;
  const Result found = device.base_handle(fd, &base);
  if (found < 0) return found;
  Details* details = new_details(operation);
  AfdRequest& request = details->request;
  const Result assigned = device.assign_helper(&request);
  if (assigned < 0) return assigned;
  details->fd = fd;
  request.io_status = operation->overlapped;
  request.context = operation;
  request.info = {INT64_MAX, 1, 0, base, events, 0};
  operation->kind = OperationKind::kAfdPoll;
  operation->handle = device.helper_handle(request);
  port_began(port, operation);
  const Result started = device.start(&request);
  if (started >= 0) return kWouldBlock;
  port_did_not_begin(port, operation);
  device.release_helper(&request);
  return started == failure(ERROR_INVALID_HANDLE) ? failure(WSAENOTSOCK) : started;  // as Winsock would say
}

AfdAnswer afd_operation_answered(AfdDevice* device, Operation* operation) {
  auto* details = static_cast<Details*>(operation->details);
  const AfdRequest& request = details->request;
  const bool answered = request.status() >= 0 && request.info.number_of_handles >= 1;
  device->release_helper(&details->request);
  return {static_cast<uint32_t>(request.status()), answered ? request.info.events : 0, details->fd};
}

}  // namespace fdreactor
