// sendfile over TransmitFile, which does not do what it can and say so: it takes the whole range, works in the
// background, and tells at its end. So the first call starts it and answers kWouldBlock; calls with the same arguments
// answer so until it has finished, and then, once, with the bytes or the error. transfer_in_flight() is how a port
// hears of that end.
//
// Who owns a Transfer: while it is in flight, the callback of its end (a thread of the system's pool), for the kernel
// writes to it until then; after that, the table. Each Transfer is freed by exactly one of
//   ended_at_once()          the call failed, or was done when it returned: no callback is waiting for it
//   answer()                 its result was handed out
//   transfer_forget_socket() it had finished, and its result was not asked for
//   on_end()                 its socket was closed while it was in flight
#include "../transfer.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "port/iocp.h"
#include "transfer_windows.h"
#include "winsock.h"

namespace fdreactor {
namespace {

constexpr size_t kMaxBytes = 0x7ffffffe;  // TransmitFile's own limit

enum class TransferState {
  kInFlight,   // in the table; the kernel has it
  kDone,       // in the table; its result waits to be asked for
  kForgotten,  // not in the table: its number may be another socket's by now. The kernel still has it.
};

struct Transfer {
  OVERLAPPED overlapped = {};
  int socket = -1;
  int file_fd = -1;
  int64_t offset = 0;
  DWORD count = 0;
  HANDLE file = nullptr;
  HANDLE ended = nullptr;
  PTP_WAIT wait = nullptr;
  TransferState state = TransferState::kInFlight;
  std::vector<void*> ports;  // to be told of its end

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (wait != nullptr) CloseThreadpoolWait(wait);
    if (ended != nullptr) CloseHandle(ended);
    if (file != nullptr) CloseHandle(file);
  }
};

// Of the whole process: a number means the same socket in each of its threads.
struct Table {
  std::mutex mutex;
  std::unordered_map<int, Transfer*> by_socket;
  std::atomic<size_t> size{0};  // of by_socket, for those who only want to know that it is empty
};

// Never destroyed: a callback may come while the process ends.
Table& table() {
  static auto* const only = new Table;
  return *only;
}

Transfer* find(const Table& table, int socket) {
  const auto found = table.by_socket.find(socket);
  return found == table.by_socket.end() ? nullptr : found->second;
}

void take_out(Table* table, const Transfer& transfer) {
  table->by_socket.erase(transfer.socket);
  table->size.store(table->by_socket.size());
}

// Under the lock, so that transfer_forget_port() returns only when nothing more is posted. Posting fails if the kernel
// is out of memory for the port's queue; then there is no way to report it.
void tell_ports(Transfer* transfer) {
  auto* const socket = reinterpret_cast<OVERLAPPED*>(static_cast<uintptr_t>(transfer->socket));
  for (void* port : transfer->ports) PostQueuedCompletionStatus(port, 0, kTransferKey, socket);
  transfer->ports.clear();
}

// An end of the file that comes before the range's (it was cut meanwhile) is an error: how much was sent before,
// Windows does not say.
Result result_of(const Transfer& transfer) {
  const auto status = static_cast<NTSTATUS>(transfer.overlapped.Internal);
  if (status < 0) return failure(error_from_ntstatus(static_cast<uint32_t>(status)));
  return static_cast<Result>(transfer.overlapped.InternalHigh);
}

void CALLBACK on_end(PTP_CALLBACK_INSTANCE, void* context, PTP_WAIT, TP_WAIT_RESULT) {
  auto* const transfer = static_cast<Transfer*>(context);
  bool is_ours = false;
  {
    const std::lock_guard<std::mutex> lock(table().mutex);
    switch (transfer->state) {
      case TransferState::kInFlight:
        transfer->state = TransferState::kDone;
        tell_ports(transfer);
        break;
      case TransferState::kForgotten:
        is_ours = true;
        break;
      case TransferState::kDone:  // the event is waited for once
        break;
    }
  }
  if (is_ours) delete transfer;
}

using OsHandleOf = HANDLE (*)(int);

// The number of an open file is an index into a table of the C library that opened it: Node's, not the add-on's.
OsHandleOf find_os_handle_of() {
  for (const wchar_t* name : {static_cast<const wchar_t*>(nullptr), L"libnode.dll"}) {
    const HMODULE module = GetModuleHandleW(name);
    if (module == nullptr) continue;
    const FARPROC function = GetProcAddress(module, "uv_get_osfhandle");
    if (function != nullptr) return reinterpret_cast<OsHandleOf>(reinterpret_cast<void*>(function));
  }
  return nullptr;
}

Result handle_of_file(int fd, HANDLE* handle) {
  static const OsHandleOf os_handle_of = find_os_handle_of();
  if (os_handle_of == nullptr) return failure(ERROR_PROC_NOT_FOUND);
  HANDLE no_console = reinterpret_cast<HANDLE>(intptr_t{-2});  // a standard stream that leads nowhere
  *handle = os_handle_of(fd);
  return *handle == INVALID_HANDLE_VALUE || *handle == no_console ? failure(ERROR_INVALID_HANDLE) : 0;
}

bool can_be_read(HANDLE file) {
  PUBLIC_OBJECT_BASIC_INFORMATION information = {};
  const NTSTATUS status = NtQueryObject(file, ObjectBasicInformation, &information, sizeof information, nullptr);
  return status >= 0 && (information.GrantedAccess & FILE_READ_DATA) != 0;
}

// Only a file of a disk that may be read; its size. The errors are those of sendfile(2).
Result check_source(HANDLE file, int64_t* size) {
  FILE_STANDARD_INFO information;
  if (GetFileType(file) != FILE_TYPE_DISK) return failure(WSAEINVAL);
  if (GetFileInformationByHandleEx(file, FileStandardInfo, &information, sizeof information) == 0) {
    return last_win32_error();
  }
  if (information.Directory != 0) return failure(WSAEINVAL);
  if (!can_be_read(file)) return failure(ERROR_INVALID_HANDLE);
  *size = information.EndOfFile.QuadPart;
  return 0;
}

// A handle of our own, so that closing the user's does no harm while the kernel reads; opened once more, so that it has
// a position of its own, and the user's stays where it is. What cannot be opened again (a file that is deleted, or open
// for one alone) is duplicated instead.
HANDLE own_handle(HANDLE file) {
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE again = ReOpenFile(file, GENERIC_READ, kShare, FILE_FLAG_OVERLAPPED | FILE_FLAG_SEQUENTIAL_SCAN);
  if (again != INVALID_HANDLE_VALUE) return again;
  HANDLE duplicate = nullptr;
  HANDLE process = GetCurrentProcess();
  return DuplicateHandle(process, file, process, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS) != 0 ? duplicate
                                                                                                   : nullptr;
}

Result prepare(Transfer* transfer, HANDLE file) {
  transfer->file = own_handle(file);
  if (transfer->file == nullptr) return last_win32_error();
  transfer->ended = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (transfer->ended == nullptr) return last_win32_error();
  transfer->wait = CreateThreadpoolWait(on_end, transfer, nullptr);
  if (transfer->wait == nullptr) return last_win32_error();
  transfer->overlapped.Offset = static_cast<DWORD>(transfer->offset);
  transfer->overlapped.OffsetHigh = static_cast<DWORD>(transfer->offset >> 32);
  // The lowest bit asks the kernel not to send a packet as well, to a port that the socket may be associated with.
  transfer->overlapped.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<uintptr_t>(transfer->ended) | 1);
  return 0;
}

Result ended_at_once(Transfer* transfer, Result result) {
  Table& all = table();
  {
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (transfer->state == TransferState::kInFlight) take_out(&all, *transfer);
    tell_ports(transfer);
  }
  delete transfer;
  return result;
}

// In the table first: from then on its socket can be closed, by another thread too.
Result start(Transfer* transfer) {
  Table& all = table();
  {
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (!all.by_socket.emplace(transfer->socket, transfer).second) {
      delete transfer;
      return failure(WSAEALREADY);  // another thread's, begun after we had looked
    }
    all.size.store(all.by_socket.size());
  }
  const BOOL done =
      TransmitFile(socket_of(transfer->socket), transfer->file, transfer->count, 0, &transfer->overlapped, nullptr, 0);
  if (done != 0) return ended_at_once(transfer, result_of(*transfer));
  const int error = WSAGetLastError();
  if (error != WSA_IO_PENDING) return ended_at_once(transfer, from_wsa_error(error));
  // A few bytes are often gone by now. The event is the last thing that is written: HasOverlappedIoCompleted() may be
  // true before the count of bytes is there.
  if (WaitForSingleObject(transfer->ended, 0) == WAIT_OBJECT_0) return ended_at_once(transfer, result_of(*transfer));
  SetThreadpoolWait(transfer->wait, transfer->ended, nullptr);
  return kWouldBlock;
}

// kWouldBlock while it is in flight; its result, once.
Result answer(Table* all, Transfer* transfer, int file_fd, int64_t offset, size_t count) {
  const bool is_same = transfer->file_fd == file_fd && transfer->offset == offset && transfer->count <= count;
  if (!is_same) return failure(WSAEALREADY);
  if (transfer->state == TransferState::kInFlight) return kWouldBlock;
  const Result result = result_of(*transfer);
  take_out(all, *transfer);
  delete transfer;
  return result;
}

}  // namespace

bool has_sendfile() { return true; }

Result transfer_sendfile(int out_fd, int in_fd, int64_t offset, size_t count) {
  Table& all = table();
  if (all.size.load() > 0) {
    const std::lock_guard<std::mutex> lock(all.mutex);
    Transfer* transfer = find(all, out_fd);
    if (transfer != nullptr) return answer(&all, transfer, in_fd, offset, count);
  }
  HANDLE file = nullptr;
  int64_t size = 0;
  Result result = handle_of_file(in_fd, &file);
  if (result >= 0) result = check_source(file, &size);
  if (result < 0) return result;
  if (offset >= size || count == 0) return check_socket(out_fd);

  auto* const transfer = new Transfer;
  transfer->socket = out_fd;
  transfer->file_fd = in_fd;
  transfer->offset = offset;
  transfer->count = static_cast<DWORD>(std::min({count, kMaxBytes, static_cast<size_t>(size - offset)}));
  result = prepare(transfer, file);
  if (result >= 0) return start(transfer);
  delete transfer;
  return result;
}

bool transfer_in_flight(int socket, void* port_handle) {
  Table& all = table();
  if (all.size.load() == 0) return false;
  const std::lock_guard<std::mutex> lock(all.mutex);
  Transfer* transfer = find(all, socket);
  if (transfer == nullptr || transfer->state != TransferState::kInFlight) return false;
  std::vector<void*>& ports = transfer->ports;
  const bool is_known = std::find(ports.begin(), ports.end(), port_handle) != ports.end();
  if (port_handle != nullptr && !is_known) ports.push_back(port_handle);
  return true;
}

void transfer_forget_port(void* port_handle) {
  Table& all = table();
  if (all.size.load() == 0) return;
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (const auto& entry : all.by_socket) {
    std::vector<void*>& ports = entry.second->ports;
    ports.erase(std::remove(ports.begin(), ports.end(), port_handle), ports.end());
  }
}

void transfer_forget_socket(int socket) {
  Table& all = table();
  if (all.size.load() == 0) return;
  const std::lock_guard<std::mutex> lock(all.mutex);
  Transfer* transfer = find(all, socket);
  if (transfer == nullptr) return;
  take_out(&all, *transfer);
  transfer->ports.clear();
  if (transfer->state == TransferState::kDone) {
    delete transfer;
  } else {
    transfer->state = TransferState::kForgotten;  // closing the socket ends it; on_end() frees it
  }
}

}  // namespace fdreactor
