// The numbers of completion ports, overlapped calls and files that JavaScript has on every platform: they are the same
// in every version of Windows. `npm run gen` writes them to lib/queue/iocp/constants.gen.ts. Here the compiler compares
// each with the headers.
#define WIN32_NO_STATUS  // ntstatus.h defines every STATUS_, windows.h only some

#include <cstdint>

#include "../windows_headers.h"

#undef WIN32_NO_STATUS

#include <ntstatus.h>

namespace fdreactor {
namespace {

struct PortConstant {
  const char* group;
  const char* name;
  uint32_t value;
  int64_t in_headers;
};

constexpr PortConstant kConstants[] = {
    // transmitFile(): disconnect when all is sent (TransmitFile).
    {"iocp", "TF_DISCONNECT", 0x1, TF_DISCONNECT},
    // transmitFile() with TF_DISCONNECT, and disconnectEx(): the socket can then be used for acceptEx() or connectEx()
    // again.
    {"iocp", "TF_REUSE_SOCKET", 0x2, TF_REUSE_SOCKET},
    // transmitFile(): complete without waiting for the peer's acknowledgement.
    {"iocp", "TF_WRITE_BEHIND", 0x4, TF_WRITE_BEHIND},
    // transmitFile(): use the system's default thread for long sends.
    {"iocp", "TF_USE_DEFAULT_WORKER", 0x0, TF_USE_DEFAULT_WORKER},
    // transmitFile(): use system threads for long sends.
    {"iocp", "TF_USE_SYSTEM_THREAD", 0x10, TF_USE_SYSTEM_THREAD},
    // transmitFile(): use kernel asynchronous procedure calls.
    {"iocp", "TF_USE_KERNEL_APC", 0x20, TF_USE_KERNEL_APC},
    // A status: it worked.
    {"iocp", "STATUS_SUCCESS", 0x0, STATUS_SUCCESS},
    // A status: the datagram or message was longer than the buffers, which have its beginning; the rest is lost.
    {"iocp", "STATUS_BUFFER_OVERFLOW", 0x80000005, STATUS_BUFFER_OVERFLOW},
    // A status: a buffer was detached or shortened before its bytes came, which are lost. `error(i)` says EFAULT.
    {"iocp", "STATUS_ACCESS_VIOLATION", 0xc0000005, STATUS_ACCESS_VIOLATION},
    // A status: the end of the file; no error.
    {"iocp", "STATUS_END_OF_FILE", 0xc0000011, STATUS_END_OF_FILE},
    // A status: the operation was cancelled, by cancelIoEx() or because its socket was closed.
    {"iocp", "STATUS_CANCELLED", 0xc0000120, STATUS_CANCELLED},
    // openFile(): for reading (access).
    {"iocp", "GENERIC_READ", 0x80000000, GENERIC_READ},
    // openFile(): for writing (access).
    {"iocp", "GENERIC_WRITE", 0x40000000, GENERIC_WRITE},
    // openFile(): others may open it for reading (share).
    {"iocp", "FILE_SHARE_READ", 0x1, FILE_SHARE_READ},
    // openFile(): others may open it for writing (share).
    {"iocp", "FILE_SHARE_WRITE", 0x2, FILE_SHARE_WRITE},
    // openFile(): others may delete or rename it (share).
    {"iocp", "FILE_SHARE_DELETE", 0x4, FILE_SHARE_DELETE},
    // openFile(): make a new file; EEXIST where there is one (disposition).
    {"iocp", "CREATE_NEW", 1, CREATE_NEW},
    // openFile(): make a new file, or empty the one that is there (disposition).
    {"iocp", "CREATE_ALWAYS", 2, CREATE_ALWAYS},
    // openFile(): ENOENT if the file does not exist (disposition).
    {"iocp", "OPEN_EXISTING", 3, OPEN_EXISTING},
    // openFile(): open it, or make a new one (disposition).
    {"iocp", "OPEN_ALWAYS", 4, OPEN_ALWAYS},
    // openFile(): empty the one that is there (disposition).
    {"iocp", "TRUNCATE_EXISTING", 5, TRUNCATE_EXISTING},
    // openFile(): write to the disk, not only to the cache (flags).
    {"iocp", "FILE_FLAG_WRITE_THROUGH", 0x80000000, FILE_FLAG_WRITE_THROUGH},
    // openFile(): without the cache; offsets and lengths must then be multiples of the sector size (flags).
    {"iocp", "FILE_FLAG_NO_BUFFERING", 0x20000000, FILE_FLAG_NO_BUFFERING},
    // openFile(): a hint for the cache (flags).
    {"iocp", "FILE_FLAG_RANDOM_ACCESS", 0x10000000, FILE_FLAG_RANDOM_ACCESS},
    // openFile(): a hint for the cache (flags).
    {"iocp", "FILE_FLAG_SEQUENTIAL_SCAN", 0x8000000, FILE_FLAG_SEQUENTIAL_SCAN},
    // openFile(): the file is deleted when its last handle is closed (flags).
    {"iocp", "FILE_FLAG_DELETE_ON_CLOSE", 0x4000000, FILE_FLAG_DELETE_ON_CLOSE},
};

constexpr bool agree_with_headers() {
  for (const PortConstant& constant : kConstants) {
    if (constant.value != static_cast<uint32_t>(constant.in_headers)) return false;
  }
  return true;
}

static_assert(agree_with_headers(), "a number differs from the header's");

}  // namespace
}  // namespace fdreactor
