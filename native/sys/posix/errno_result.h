// Turns what a POSIX call returned into a Result. The only place that reads errno.
#pragma once

#include <errno.h>

#include "../../core/result.h"

namespace fdreactor {

// EINPROGRESS: a call that sends had to make the connection first, which is under way (MSG_FASTOPEN,
// TCP_FASTOPEN_CONNECT: tcp(7)). It took nothing.
inline bool is_would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINPROGRESS; }

inline Result from_errno() { return is_would_block(errno) ? kWouldBlock : failure(errno); }

inline Result from_call(int64_t returned) { return returned >= 0 ? returned : from_errno(); }

// For calls that move no data: their EAGAIN says that a resource is lacking, not that they would wait for readiness.
inline Result from_plain_call(int64_t returned) { return returned >= 0 ? returned : failure(errno); }

// Makes the call again as long as a signal interrupts it. For calls that do not wait, so that no time-out is lost.
template <typename Call>
Result retry_eintr(Call call) {
  for (;;) {
    const int64_t returned = call();
    if (returned >= 0) return returned;
    if (errno != EINTR) return from_errno();
  }
}

// For calls that send. macOS may say EPROTOTYPE of a connection that is just being torn down, and what it is (EPIPE)
// when asked once more; libuv's stream.c knows it too. Said twice it is meant: a Unix socket of another type.
template <typename Call>
Result retry_send(Call call) {
#ifdef __APPLE__
  const Result result = retry_eintr(call);
  return result == failure(EPROTOTYPE) ? retry_eintr(call) : result;
#else
  return retry_eintr(call);
#endif
}

}  // namespace fdreactor
