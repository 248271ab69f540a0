// What the Winsock files share: an fd as a SOCKET, and buffers as Winsock takes them.
#pragma once

#include <algorithm>
#include <climits>

#include "../fd.h"
#include "wsa_result.h"

namespace fdreactor {

inline SOCKET socket_of(int fd) { return static_cast<SOCKET>(fd); }

// Windows takes the whole of any send that finds some room in the buffer of its socket, however large, into memory that
// is never paged out. So a call takes no more than this, and a peer that does not read makes the next one block. (A
// datagram of this length is far too long, and stays so.)
constexpr size_t kMaxBytesToSend = 1 << 20;
constexpr size_t kMaxBytesToReceive = INT_MAX;

// Winsock takes no null pointer, not for an empty buffer either.
inline char* data_of(const Bytes& buffer) {
  static char empty[1];
  return buffer.data != nullptr ? static_cast<char*>(buffer.data) : empty;
}

inline int length_of(const Bytes& buffer, size_t max) { return static_cast<int>(std::min(buffer.size, max)); }

// 0 where it is one. For calls that have nothing to do, but must not succeed on any number.
inline Result check_socket(int fd) {
  int type = 0;
  int length = sizeof type;
  return from_wsa_call(::getsockopt(socket_of(fd), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &length));
}

}  // namespace fdreactor
