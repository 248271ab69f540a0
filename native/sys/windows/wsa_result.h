// Turns what a Windows call returned into a Result. Its error is a Winsock or a Win32 number (both come from one
// space). The only place that reads WSAGetLastError() and GetLastError(), and the twin of errno_result.h.
#pragma once

#include "../../core/result.h"
#include "windows_headers.h"

namespace fdreactor {

// An NTSTATUS as the Winsock or Win32 number that says the same.
int error_from_ntstatus(uint32_t status);

inline Result from_wsa_error(int error) { return error == WSAEWOULDBLOCK ? kWouldBlock : failure(error); }

inline Result last_wsa_error() { return from_wsa_error(WSAGetLastError()); }

// Of a Winsock call that returns SOCKET_ERROR, or else a count.
inline Result from_wsa_call(int64_t returned) { return returned >= 0 ? returned : last_wsa_error(); }

inline Result last_win32_error() { return failure(static_cast<int>(GetLastError())); }

// Of a Win32 call that returns FALSE, or else something true.
inline Result from_win32_call(BOOL returned) { return returned != 0 ? 0 : last_win32_error(); }

inline Result from_ntstatus(NTSTATUS status) {
  return status >= 0 ? 0 : failure(error_from_ntstatus(static_cast<uint32_t>(status)));
}

}  // namespace fdreactor
