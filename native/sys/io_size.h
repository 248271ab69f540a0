// How much one call may be asked to move. Linux and the BSDs move what they can of any number; macOS refuses more than
// INT_MAX bytes (EINVAL: read(2), readv(2)), so there a call is asked for less, and says how much it did.
#pragma once

#include <algorithm>
#include <climits>

#include "fd.h"

namespace fdreactor {

#ifdef __APPLE__

inline Bytes within_limit(Bytes buffer) { return {buffer.data, std::min<size_t>(buffer.size, INT_MAX)}; }

// How many buffers from the first on have no more than that together; the first one alone may have more.
inline size_t buffers_within_limit(const Bytes* buffers, size_t count) {
  size_t bytes = 0;
  size_t fitting = 0;
  while (fitting < count && buffers[fitting].size <= INT_MAX - bytes) bytes += buffers[fitting++].size;
  return fitting;
}

#else

inline Bytes within_limit(Bytes buffer) { return buffer; }
inline size_t buffers_within_limit(const Bytes*, size_t count) { return count; }

#endif

}  // namespace fdreactor
