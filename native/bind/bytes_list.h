// A JavaScript array of Uint8Array as the kernel's list of buffers. lib/ passes an array that it made itself, so that
// reading its elements runs no code of the user.
#pragma once

#include "arguments.h"

namespace fdreactor {

struct BytesList {
  Bytes buffers[kMaxBuffers];
  uint32_t count = 0;

  template <size_t kCount>
  bool read(napi_env env, Arguments<kCount>& args, size_t index) {
    bool is_array = false;
    if (napi_is_array(env, args.value(index), &is_array) != napi_ok || !is_array) return false;
    if (napi_get_array_length(env, args.value(index), &count) != napi_ok || count > kMaxBuffers) return false;
    for (uint32_t i = 0; i < count; ++i) {
      napi_value element = nullptr;
      if (napi_get_element(env, args.value(index), i, &element) != napi_ok) return false;
      buffers[i] = args.bytes_of(element);
    }
    return args.ok();
  }
};

}  // namespace fdreactor
