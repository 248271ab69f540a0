#include "afd_device_windows.h"

#include <algorithm>

#include "../../../core/check.h"
#include "../transfer_windows.h"
#include "../wsa_result.h"
#include "iocp.h"

namespace fdreactor {
namespace {

constexpr ULONG kIoctlAfdPoll = 0x00012024;
// One handle could serve all sockets, but the kernel walks the polls of a handle in a list (wepoll and mio use 32 as
// well).
constexpr int kRequestsPerHelper = 32;

static_assert(sizeof(AfdRequest::own_io_status) == sizeof(IO_STATUS_BLOCK), "the kernel writes it");

// A name below \Device\Afd opens a handle that is not a socket, but takes AFD's requests.
wchar_t helper_name[] = L"\\Device\\Afd\\fdreactor";

HANDLE as_handle(void* handle) { return static_cast<HANDLE>(handle); }

bool ioctl_base(SOCKET socket, DWORD code, SOCKET* base) {
  DWORD bytes = 0;
  return WSAIoctl(socket, code, nullptr, 0, base, sizeof *base, &bytes, nullptr, nullptr) != SOCKET_ERROR;
}

}  // namespace

AfdDeviceWindows::~AfdDeviceWindows() {
  for (Helper* helper : helpers_) {
    CloseHandle(as_handle(helper->handle));
    delete helper;
  }
}

// SIO_BASE_HANDLE must be passed on by every layered provider, yet some (of antivirus and proxy products) answer it
// themselves or not at all. Those let through what select and poll use, SIO_BSP_HANDLE_SELECT and _POLL.
Result AfdDeviceWindows::base_handle(int fd, uint64_t* base) {
  const auto socket = static_cast<SOCKET>(fd);
  SOCKET found = INVALID_SOCKET;
  if (ioctl_base(socket, SIO_BASE_HANDLE, &found)) {
    *base = found;
    return 0;
  }
  const int error = WSAGetLastError();
  if (error == WSAENOTSOCK || error == ERROR_INVALID_HANDLE) return failure(WSAENOTSOCK);
  for (const DWORD code : {SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE}) {
    SOCKET below = INVALID_SOCKET;
    if (!ioctl_base(socket, code, &below) || below == socket) continue;
    if (!ioctl_base(below, SIO_BASE_HANDLE, &found)) continue;
    *base = found;
    return 0;
  }
  return failure(error);
}

Result AfdDeviceWindows::open_helper() {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, helper_name);
  OBJECT_ATTRIBUTES attributes = {};
  attributes.Length = sizeof attributes;
  attributes.ObjectName = &name;  // without OBJ_INHERIT: no child gets it
  IO_STATUS_BLOCK io_status = {};
  HANDLE handle = nullptr;
  const NTSTATUS status = NtCreateFile(&handle, SYNCHRONIZE, &attributes, &io_status, nullptr, 0,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, nullptr, 0);
  if (status < 0) return from_ntstatus(status);
  if (CreateIoCompletionPort(handle, as_handle(port_), kAfdKey, 0) == nullptr ||
      SetFileCompletionNotificationModes(handle, FILE_SKIP_SET_EVENT_ON_HANDLE) == 0) {
    const Result result = last_win32_error();
    CloseHandle(handle);
    return result;
  }
  helpers_.push_back(new Helper{handle, 0});
  return 0;
}

Result AfdDeviceWindows::assign_helper(AfdRequest* request) {
  const auto has_room = [](const Helper* helper) { return helper->requests < kRequestsPerHelper; };
  const auto found = std::find_if(helpers_.rbegin(), helpers_.rend(), has_room);
  if (found != helpers_.rend()) {
    std::swap(*found, helpers_.back());  // the next one is found at once
  } else {
    const Result opened = open_helper();
    if (opened < 0) return opened;
  }
  Helper* helper = helpers_.back();
  ++helper->requests;
  request->helper = helper;
  return 0;
}

// An unused helper is closed, but for one: a single socket that comes and goes is not to open a handle each time.
void AfdDeviceWindows::release_helper(AfdRequest* request) {
  auto* helper = static_cast<Helper*>(request->helper);
  CHECK(helper != nullptr && helper->requests > 0);
  request->helper = nullptr;
  if (--helper->requests > 0 || helpers_.size() == 1) return;
  helpers_.erase(std::find(helpers_.begin(), helpers_.end(), helper));
  CloseHandle(as_handle(helper->handle));
  delete helper;
}

// A poll that is answered at once makes a packet too: nothing here asks to skip it.
Result AfdDeviceWindows::start(AfdRequest* request) {
  auto* io_status = static_cast<IO_STATUS_BLOCK*>(request->io_status);
  io_status->Status = STATUS_PENDING;
  io_status->Information = 0;
  const auto* helper = static_cast<const Helper*>(request->helper);
  const NTSTATUS status =
      NtDeviceIoControlFile(as_handle(helper->handle), nullptr, nullptr, request->context, io_status, kIoctlAfdPoll,
                            &request->info, sizeof request->info, &request->info, sizeof request->info);
  return from_ntstatus(status);
}

// CancelIoEx compares addresses of IO_STATUS_BLOCKs, which an OVERLAPPED begins with.
Result AfdDeviceWindows::cancel(AfdRequest* request) {
  const auto* helper = static_cast<const Helper*>(request->helper);
  return from_win32_call(CancelIoEx(as_handle(helper->handle), static_cast<OVERLAPPED*>(request->io_status)));
}

uint64_t AfdDeviceWindows::helper_handle(const AfdRequest& request) {
  return reinterpret_cast<uintptr_t>(static_cast<const Helper*>(request.helper)->handle);
}

bool AfdDeviceWindows::is_sending_file(int fd) { return transfer_in_flight(fd, port_); }

}  // namespace fdreactor
