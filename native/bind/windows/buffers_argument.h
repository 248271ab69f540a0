// The buffers of an overlapped call, one Uint8Array or an array of them that lib/ made, as the pieces that
// sys/windows/port/overlapped.h takes. They are decoded again when the bytes have come, for they may have changed.
#pragma once

#include <algorithm>

#include "../../sys/windows/port/overlapped.h"
#include "../arguments.h"
#include "../bytes_list.h"

namespace fdreactor {

// Memory that cannot be taken away while the kernel uses it: a SharedArrayBuffer has no transfer() and never shrinks.
inline bool memory_stays(napi_env env, napi_value typed_array) {
  napi_value buffer = nullptr;
  bool can_be_detached = true;
  if (napi_get_typedarray_info(env, typed_array, nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok) return false;
  return napi_is_arraybuffer(env, buffer, &can_be_detached) == napi_ok && !can_be_detached;
}

struct Pieces {
  Piece list[kMaxBuffers];
  uint32_t count = 0;
  bool any_stays = false;

  template <size_t kCount>
  bool read(napi_env env, Arguments<kCount>& args, size_t index) {
    napi_value value = args.value(index);
    bool is_array = false;
    if (napi_is_array(env, value, &is_array) != napi_ok) return false;
    if (!is_array) return add(env, args, value);
    uint32_t length = 0;
    if (napi_get_array_length(env, value, &length) != napi_ok || length > kMaxBuffers) return false;
    for (uint32_t i = 0; i < length; ++i) {
      napi_value element = nullptr;
      if (napi_get_element(env, value, i, &element) != napi_ok || !add(env, args, element)) return false;
    }
    return true;
  }

 private:
  template <size_t kCount>
  bool add(napi_env env, Arguments<kCount>& args, napi_value typed_array) {
    const Bytes bytes = args.bytes_of(typed_array);
    if (!args.ok()) return false;
    const bool stays = memory_stays(env, typed_array);
    any_stays = any_stays || stays;
    list[count++] = {bytes, stays};
    return true;
  }
};

// The same buffers later: one that was taken away or has shrunk is shorter, perhaps empty.
inline void read_again(napi_env env, napi_value value, Bytes* buffers, uint32_t* count) {
  const auto bytes_of = [env](napi_value typed_array) {
    Bytes bytes = {nullptr, 0};
    napi_get_typedarray_info(env, typed_array, nullptr, &bytes.size, &bytes.data, nullptr, nullptr);
    return bytes.data == nullptr ? Bytes{nullptr, 0} : bytes;
  };
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  *count = 1;
  if (is_array) napi_get_array_length(env, value, count);
  *count = std::min<uint32_t>(*count, kMaxBuffers);
  if (!is_array) buffers[0] = bytes_of(value);
  for (uint32_t i = 0; is_array && i < *count; ++i) {
    napi_value element = nullptr;
    napi_get_element(env, value, i, &element);
    buffers[i] = bytes_of(element);
  }
}

}  // namespace fdreactor
