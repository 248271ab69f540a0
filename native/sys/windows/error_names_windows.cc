// Winsock and Win32 numbers by POSIX name, in one table: their numbers come from one space. Where Node (libuv) has a
// name for a number it is the same one here, so that `code` says what it says in Node's own errors, but for two: a
// broken pipe (ERROR_BROKEN_PIPE, ERROR_NO_DATA) is EPIPE, as it is for those who write.
#include "../error_names.h"

#include "wsa_result.h"

namespace fdreactor {
namespace {

struct ErrorName {
  int error;
  const char* name;
};

// Of winerror.h, but not of every edition of it.
constexpr int kErrorHandlesClosed = 676;
constexpr int kErrorElevationRequired = 740;

constexpr ErrorName kErrorNames[] = {
    // Winsock
    {WSAEINTR, "ECANCELED"},  // a wait that was called off; no signal interrupts a call here
    {WSAEBADF, "EBADF"},
    {WSAEACCES, "EACCES"},
    {WSAEFAULT, "EFAULT"},
    {WSAEINVAL, "EINVAL"},
    {WSAEMFILE, "EMFILE"},
    {WSAEWOULDBLOCK, "EAGAIN"},
    {WSAEINPROGRESS, "EINPROGRESS"},
    {WSAEALREADY, "EALREADY"},
    {WSAENOTSOCK, "ENOTSOCK"},
    {WSAEDESTADDRREQ, "EDESTADDRREQ"},
    {WSAEMSGSIZE, "EMSGSIZE"},
    {WSAEPROTOTYPE, "EPROTOTYPE"},
    {WSAENOPROTOOPT, "ENOPROTOOPT"},
    {WSAEPROTONOSUPPORT, "EPROTONOSUPPORT"},
    {WSAESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"},
    {WSAEOPNOTSUPP, "EOPNOTSUPP"},
    {WSAEPFNOSUPPORT, "EINVAL"},
    {WSAEAFNOSUPPORT, "EAFNOSUPPORT"},
    {WSAEADDRINUSE, "EADDRINUSE"},
    {WSAEADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {WSAENETDOWN, "ENETDOWN"},
    {WSAENETUNREACH, "ENETUNREACH"},
    {WSAENETRESET, "ENETRESET"},
    {WSAECONNABORTED, "ECONNABORTED"},
    {WSAECONNRESET, "ECONNRESET"},
    {WSAENOBUFS, "ENOBUFS"},
    {WSAEISCONN, "EISCONN"},
    {WSAENOTCONN, "ENOTCONN"},
    {WSAESHUTDOWN, "EPIPE"},
    {WSAETOOMANYREFS, "ETOOMANYREFS"},
    {WSAETIMEDOUT, "ETIMEDOUT"},
    {WSAECONNREFUSED, "ECONNREFUSED"},
    {WSAELOOP, "ELOOP"},
    {WSAENAMETOOLONG, "ENAMETOOLONG"},
    {WSAEHOSTDOWN, "EHOSTDOWN"},
    {WSAEHOSTUNREACH, "EHOSTUNREACH"},
    {WSAENOTEMPTY, "ENOTEMPTY"},
    {WSAEUSERS, "EUSERS"},
    {WSAEDQUOT, "EDQUOT"},
    {WSAESTALE, "ESTALE"},
    {WSAEREMOTE, "EREMOTE"},
    {WSASYSNOTREADY, "ENETDOWN"},
    {WSAVERNOTSUPPORTED, "ENOTSUP"},
    {WSANOTINITIALISED, "ENETDOWN"},
    {WSAEDISCON, "ECONNRESET"},
    {WSASYSCALLFAILURE, "EIO"},
    {WSAHOST_NOT_FOUND, "ENOENT"},
    {WSANO_DATA, "ENOENT"},
    // Win32: sockets and the network
    {ERROR_NETNAME_DELETED, "ECONNRESET"},
    {ERROR_CONNECTION_REFUSED, "ECONNREFUSED"},
    {ERROR_CONNECTION_ABORTED, "ECONNABORTED"},
    {ERROR_CONNECTION_INVALID, "ENOTCONN"},
    {ERROR_CONNECTION_ACTIVE, "EISCONN"},
    {ERROR_NOT_CONNECTED, "ENOTCONN"},
    {ERROR_GRACEFUL_DISCONNECT, "ECONNRESET"},
    {ERROR_REQUEST_ABORTED, "ECANCELED"},
    {ERROR_ADDRESS_ALREADY_ASSOCIATED, "EADDRINUSE"},
    {ERROR_ADDRESS_NOT_ASSOCIATED, "EADDRNOTAVAIL"},
    {ERROR_DUP_NAME, "EADDRINUSE"},
    {ERROR_TOO_MANY_NAMES, "EADDRINUSE"},
    {ERROR_INVALID_NETNAME, "EADDRNOTAVAIL"},
    {ERROR_NETWORK_UNREACHABLE, "ENETUNREACH"},
    {ERROR_PROTOCOL_UNREACHABLE, "ENETUNREACH"},
    {ERROR_BAD_NETPATH, "ENETUNREACH"},
    {ERROR_HOST_UNREACHABLE, "EHOSTUNREACH"},
    {ERROR_PORT_UNREACHABLE, "ECONNRESET"},  // as Winsock has it for datagrams
    {ERROR_REM_NOT_LIST, "ECONNREFUSED"},
    {ERROR_UNEXP_NET_ERR, "ENETDOWN"},
    {ERROR_NETWORK_BUSY, "EBUSY"},
    {ERROR_SEM_TIMEOUT, "ETIMEDOUT"},
    {ERROR_TIMEOUT, "ETIMEDOUT"},
    {WAIT_TIMEOUT, "ETIMEDOUT"},
    {ERROR_MORE_DATA, "EMSGSIZE"},
    {ERROR_RETRY, "EAGAIN"},
    // Win32: operations and ports
    {ERROR_IO_PENDING, "EINPROGRESS"},
    {ERROR_IO_INCOMPLETE, "EINPROGRESS"},
    {ERROR_OPERATION_ABORTED, "ECANCELED"},
    {ERROR_ABANDONED_WAIT_0, "ECANCELED"},
    {kErrorHandlesClosed, "ECANCELED"},
    {ERROR_NOT_FOUND, "ENOENT"},
    {ERROR_INVALID_HANDLE, "EBADF"},
    {ERROR_INVALID_FLAGS, "EBADF"},
    {ERROR_INVALID_PARAMETER, "EINVAL"},
    {ERROR_INVALID_DATA, "EINVAL"},
    {ERROR_INSUFFICIENT_BUFFER, "EINVAL"},
    {ERROR_BAD_LENGTH, "EINVAL"},
    {ERROR_NOACCESS, "EFAULT"},
    {ERROR_INVALID_ADDRESS, "EFAULT"},
    {ERROR_INVALID_USER_BUFFER, "EFAULT"},
    {ERROR_NOT_SUPPORTED, "ENOTSUP"},
    {ERROR_CALL_NOT_IMPLEMENTED, "ENOSYS"},
    {ERROR_PROC_NOT_FOUND, "ENOSYS"},
    {ERROR_MOD_NOT_FOUND, "ENOENT"},
    // Win32: what runs out
    {ERROR_NOT_ENOUGH_MEMORY, "ENOMEM"},
    {ERROR_OUTOFMEMORY, "ENOMEM"},
    {ERROR_COMMITMENT_LIMIT, "ENOMEM"},
    {ERROR_PAGEFILE_QUOTA, "ENOMEM"},
    {ERROR_WORKING_SET_QUOTA, "ENOMEM"},
    {ERROR_NO_SYSTEM_RESOURCES, "ENOBUFS"},
    {ERROR_NONPAGED_SYSTEM_RESOURCES, "ENOBUFS"},
    {ERROR_PAGED_SYSTEM_RESOURCES, "ENOBUFS"},
    {ERROR_NOT_ENOUGH_QUOTA, "ENOBUFS"},
    {ERROR_TOO_MANY_POSTS, "ENOBUFS"},
    {ERROR_TOO_MANY_OPEN_FILES, "EMFILE"},
    // Win32: files and pipes
    {ERROR_HANDLE_EOF, "EOF"},
    {ERROR_ACCESS_DENIED, "EPERM"},
    {ERROR_PRIVILEGE_NOT_HELD, "EPERM"},
    {kErrorElevationRequired, "EACCES"},
    {ERROR_CANT_ACCESS_FILE, "EACCES"},
    {ERROR_SHARING_VIOLATION, "EBUSY"},
    {ERROR_LOCK_VIOLATION, "EBUSY"},
    {ERROR_PIPE_BUSY, "EBUSY"},
    {ERROR_BROKEN_PIPE, "EPIPE"},
    {ERROR_NO_DATA, "EPIPE"},
    {ERROR_BAD_PIPE, "EPIPE"},
    {ERROR_PIPE_NOT_CONNECTED, "EPIPE"},
    {ERROR_INVALID_FUNCTION, "EISDIR"},  // what reading a directory gives
    {ERROR_FILE_NOT_FOUND, "ENOENT"},
    {ERROR_PATH_NOT_FOUND, "ENOENT"},
    {ERROR_BAD_PATHNAME, "ENOENT"},
    {ERROR_DIRECTORY, "ENOENT"},
    {ERROR_INVALID_NAME, "ENOENT"},
    {ERROR_INVALID_DRIVE, "ENOENT"},
    {ERROR_INVALID_REPARSE_DATA, "ENOENT"},
    {ERROR_ALREADY_EXISTS, "EEXIST"},
    {ERROR_FILE_EXISTS, "EEXIST"},
    {ERROR_DIR_NOT_EMPTY, "ENOTEMPTY"},
    {ERROR_BUFFER_OVERFLOW, "ENAMETOOLONG"},
    {ERROR_FILENAME_EXCED_RANGE, "ENAMETOOLONG"},
    {ERROR_CANT_RESOLVE_FILENAME, "ELOOP"},
    {ERROR_SYMLINK_NOT_SUPPORTED, "EINVAL"},
    {ERROR_NEGATIVE_SEEK, "EINVAL"},
    {ERROR_SEEK, "ESPIPE"},
    {ERROR_SEEK_ON_DEVICE, "ESPIPE"},
    {ERROR_FILE_TOO_LARGE, "EFBIG"},
    {ERROR_NOT_SAME_DEVICE, "EXDEV"},
    {ERROR_DEV_NOT_EXIST, "ENODEV"},
    {ERROR_WRITE_PROTECT, "EROFS"},
    {ERROR_DISK_FULL, "ENOSPC"},
    {ERROR_HANDLE_DISK_FULL, "ENOSPC"},
    {ERROR_CANNOT_MAKE, "ENOSPC"},
    {ERROR_EA_TABLE_FULL, "ENOSPC"},
    {ERROR_END_OF_MEDIA, "ENOSPC"},
    {ERROR_ADAP_HDW_ERR, "EIO"},
    {ERROR_BEGINNING_OF_MEDIA, "EIO"},
    {ERROR_BUS_RESET, "EIO"},
    {ERROR_CRC, "EIO"},
    {ERROR_DEVICE_DOOR_OPEN, "EIO"},
    {ERROR_DEVICE_REQUIRES_CLEANING, "EIO"},
    {ERROR_DISK_CORRUPT, "EIO"},
    {ERROR_EOM_OVERFLOW, "EIO"},
    {ERROR_FILEMARK_DETECTED, "EIO"},
    {ERROR_FILE_INVALID, "EIO"},
    {ERROR_GEN_FAILURE, "EIO"},
    {ERROR_INVALID_BLOCK_LENGTH, "EIO"},
    {ERROR_IO_DEVICE, "EIO"},
    {ERROR_NO_DATA_DETECTED, "EIO"},
    {ERROR_NO_SIGNAL_SENT, "EIO"},
    {ERROR_OPEN_FAILED, "EIO"},
    {ERROR_SETMARK_DETECTED, "EIO"},
    {ERROR_SIGNAL_REFUSED, "EIO"},
};

// The system's text in the given language, as UTF-8 without the end of its line; 0 where it has none.
size_t read_message(int error, DWORD language, char* text, size_t capacity) {
  wchar_t wide[512];
  // The width mask takes out the breaks of lines inside the text.
  const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
  const DWORD length = FormatMessageW(flags, nullptr, static_cast<DWORD>(error), language, wide, 512, nullptr);
  if (length == 0) return 0;
  const int written = WideCharToMultiByte(CP_UTF8, 0, wide, static_cast<int>(length), text, static_cast<int>(capacity),
                                          nullptr, nullptr);
  size_t used = written > 0 ? static_cast<size_t>(written) : 0;
  while (used > 0 && (text[used - 1] == '\r' || text[used - 1] == '\n' || text[used - 1] == ' ')) used--;
  return used;
}

// What the network means by an NTSTATUS, where the system's own translation is about files, or not there: a reset
// connection would be a share that was deleted, an abandoned one the same. Winsock tells its callers these.
// (STATUS_CANCELLED is not here: ERROR_OPERATION_ABORTED is what every call says that CancelIoEx has ended.)
struct StatusMeaning {
  uint32_t status;
  int error;
};

constexpr StatusMeaning kStatusMeanings[] = {
    {0xC000020DU, WSAECONNRESET},     // STATUS_CONNECTION_RESET
    {0xC000020CU, WSAECONNRESET},     // STATUS_CONNECTION_DISCONNECTED
    {0xC000013CU, WSAECONNRESET},     // STATUS_REMOTE_DISCONNECT
    {0xC000013BU, WSAECONNABORTED},   // STATUS_LOCAL_DISCONNECT
    {0xC0000241U, WSAECONNABORTED},   // STATUS_CONNECTION_ABORTED
    {0xC0000236U, WSAECONNREFUSED},   // STATUS_CONNECTION_REFUSED
    {0xC00000BCU, WSAECONNREFUSED},   // STATUS_REMOTE_NOT_LISTENING
    {0xC0000237U, WSAEDISCON},        // STATUS_GRACEFUL_DISCONNECT
    {0xC00000B5U, WSAETIMEDOUT},      // STATUS_IO_TIMEOUT
    {0xC000023CU, WSAENETUNREACH},    // STATUS_NETWORK_UNREACHABLE
    {0xC000023EU, WSAENETUNREACH},    // STATUS_PROTOCOL_UNREACHABLE
    {0xC000023DU, WSAEHOSTUNREACH},   // STATUS_HOST_UNREACHABLE
    {0xC000023FU, WSAECONNRESET},     // STATUS_PORT_UNREACHABLE, of an earlier datagram
    {0xC000A012U, WSAENETRESET},      // STATUS_HOPLIMIT_EXCEEDED, of an earlier datagram
    {0xC0000140U, WSAENOTCONN},       // STATUS_INVALID_CONNECTION
    {0xC000020AU, WSAEADDRINUSE},     // STATUS_ADDRESS_ALREADY_EXISTS
    {0xC0000209U, WSAEADDRINUSE},     // STATUS_TOO_MANY_ADDRESSES
    {0xC0000141U, WSAEADDRNOTAVAIL},  // STATUS_INVALID_ADDRESS
    {0xC0000207U, WSAEADDRNOTAVAIL},  // STATUS_INVALID_ADDRESS_COMPONENT
    {0xC0000010U, WSAEOPNOTSUPP},     // STATUS_INVALID_DEVICE_REQUEST
};

}  // namespace

const char* error_name(int error) {
  for (const ErrorName& entry : kErrorNames) {
    if (entry.error == error) return entry.name;
  }
  return nullptr;
}

// English where the system has it, as Node's own messages are; else in the user's language.
const char* error_message(int error) {
  constexpr size_t kRoom = 1536;  // three bytes of UTF-8 for each of 512 characters
  thread_local char text[kRoom + 1];
  size_t length = read_message(error, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), text, kRoom);
  if (length == 0) length = read_message(error, 0, text, kRoom);
  text[length] = '\0';
  return length > 0 ? text : nullptr;
}

int error_from_ntstatus(uint32_t status) {
  for (const StatusMeaning& meaning : kStatusMeanings) {
    if (meaning.status == status) return meaning.error;
  }
  return static_cast<int>(RtlNtStatusToDosError(static_cast<NTSTATUS>(status)));
}

}  // namespace fdreactor
