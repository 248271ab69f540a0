// A path or a name that crosses as the bytes of a Uint8Array: Linux has no encoding for either.
#pragma once

#include <cstddef>
#include <cstring>

#include "../../sys/fd.h"

namespace fdreactor {

template <size_t kMaxBytes>
struct TextArgument {
  char text[kMaxBytes + 1] = {};

  // False where it is too long or holds a NUL, at which the kernel would cut it. The copy is looked at, because other
  // threads may write to the bytes.
  bool read(Bytes bytes) {
    if (bytes.size == 0 || bytes.size > kMaxBytes) return bytes.size == 0;
    std::memcpy(text, bytes.data, bytes.size);
    return std::memchr(text, '\0', bytes.size) == nullptr;
  }
};

}  // namespace fdreactor
