// Decodes the arguments of one call. JavaScript can pass anything; a value that is not of the asked kind or range sets
// `ok()` to false and is never used, and the call answers kBadArgument without a system call. No JavaScript runs while
// arguments are decoded (no valueOf, no getter), so nothing can change between the check and the use.
#pragma once

#include <node_api.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "../core/event_layout.h"
#include "../core/result.h"
#include "../sys/fd.h"

namespace fdreactor {

constexpr double kMaxInteger = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

// The elements of an Int32Array. Their size in bytes is another type's, so that the two units cannot be mistaken.
struct Words {
  int32_t* data;
  size_t count;

  Bytes bytes() const { return {data, count * sizeof(int32_t)}; }
};

inline napi_value to_js(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

inline napi_value to_js(napi_env env, Result value) {
  napi_value result = nullptr;
  if (value >= INT32_MIN && value <= INT32_MAX) {
    napi_create_int32(env, static_cast<int32_t>(value), &result);  // a few nanoseconds less than the general one
  } else {
    napi_create_int64(env, value, &result);
  }
  return result;
}

template <size_t kCount>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    ok_ = napi_get_cb_info(env, info, &passed_, values_, nullptr, nullptr) == napi_ok;
  }

  bool ok() const { return ok_; }
  bool has(size_t index) const { return !is_left_out(index); }
  napi_value value(size_t index) const { return values_[index]; }

  // Any number but NaN.
  double number(size_t index) {
    double value = 0;
    if (napi_get_value_double(env_, values_[index], &value) != napi_ok || std::isnan(value)) ok_ = false;
    return value;
  }

  // An integer within [min, max]; both must be exact as doubles.
  int64_t integer(size_t index, double min, double max) {
    const double value = number(index);
    if (!(value >= min && value <= max)) return fail();
    const auto whole = static_cast<int64_t>(value);
    return static_cast<double>(whole) == value ? whole : fail();
  }

  int int32(size_t index) { return static_cast<int>(integer(index, INT32_MIN, INT32_MAX)); }
  uint32_t uint32(size_t index) { return static_cast<uint32_t>(integer(index, 0, UINT32_MAX)); }
  // 32 bits, of either sign: `|` in JavaScript makes a negative number where bit 31 is set.
  uint32_t bits(size_t index) { return static_cast<uint32_t>(integer(index, INT32_MIN, UINT32_MAX)); }
  int fd(size_t index) { return static_cast<int>(integer(index, 0, INT32_MAX)); }
  uint64_t unsigned_integer(size_t index) { return static_cast<uint64_t>(integer(index, 0, kMaxInteger)); }

  double number_or(size_t index, double fallback) { return is_left_out(index) ? fallback : number(index); }
  int int32_or(size_t index, int fallback) { return is_left_out(index) ? fallback : int32(index); }

  // All of a Uint8Array, over an ArrayBuffer or a SharedArrayBuffer. A detached one is refused.
  Bytes bytes(size_t index) { return bytes_of(values_[index]); }

  // The part of it that offset and length name; both may be undefined.
  Bytes bytes(size_t index, size_t offset_index, size_t length_index) {
    Bytes bytes = bytes_of(values_[index]);
    const auto size = static_cast<double>(bytes.size);
    if (!is_left_out(offset_index)) {
      const auto offset = static_cast<size_t>(integer(offset_index, 0, size));
      bytes.data = static_cast<char*>(bytes.data) + (ok_ ? offset : 0);
      bytes.size -= ok_ ? offset : 0;
    }
    if (!is_left_out(length_index)) {
      bytes.size = static_cast<size_t>(integer(length_index, 0, static_cast<double>(bytes.size)));
    }
    return bytes;
  }

  // lib/ has checked that it is a Uint8Array: to ask for the type costs as much as all the rest. In another typed array
  // the size, which is in elements, is never more than there are bytes.
  Bytes bytes_of(napi_value value) {
    Bytes bytes = {nullptr, 0};
    return read_typed_array(value, nullptr, &bytes.data, &bytes.size) ? bytes : Bytes{nullptr, 0};
  }

  // An Int32Array.
  Words words(size_t index) {
    napi_typedarray_type type = napi_int8_array;
    void* data = nullptr;
    size_t count = 0;
    const bool found = read_typed_array(values_[index], &type, &data, &count);
    if (type != napi_int32_array) ok_ = false;
    return found && ok_ ? Words{static_cast<int32_t*>(data), count} : Words{nullptr, 0};
  }

  // A Float64Array with so many elements, to be filled.
  double* doubles(size_t index, size_t count) {
    napi_typedarray_type type = napi_int8_array;
    void* data = nullptr;
    size_t size = 0;
    const bool found = read_typed_array(values_[index], &type, &data, &size);
    if (type != napi_float64_array || size != count) ok_ = false;
    return found && ok_ ? static_cast<double*>(data) : nullptr;
  }

  // An EventBatch (core/event_layout.h): an Int32Array that is aligned as a header is. It may be too small for one.
  Bytes batch(size_t index) {
    const Words words = this->words(index);
    if (reinterpret_cast<uintptr_t>(words.data) % alignof(EventBatchHeader) != 0) ok_ = false;
    return words.bytes();
  }

  napi_value refuse() const { return to_js(env_, kBadArgument); }
  napi_value answer(Result result) const { return to_js(env_, result); }

 private:
  // Not passed, or passed as undefined. The first is the common case on hot paths, and costs no call.
  bool is_left_out(size_t index) const {
    if (index >= passed_) return true;
    napi_valuetype type = napi_undefined;
    napi_typeof(env_, values_[index], &type);
    return type == napi_undefined;
  }

  int64_t fail() {
    ok_ = false;
    return 0;
  }

  // False, and no longer ok(), for anything but a typed array, and for a detached one. The size is in elements.
  bool read_typed_array(napi_value value, napi_typedarray_type* type, void** data, size_t* size) {
    const napi_status status = napi_get_typedarray_info(env_, value, type, size, data, nullptr, nullptr);
    if (status == napi_ok && (*size > 0 || !is_detached(value))) return true;
    ok_ = false;
    return false;
  }

  bool is_detached(napi_value typed_array) const {
    napi_value buffer = nullptr;
    bool detached = true;
    if (napi_get_typedarray_info(env_, typed_array, nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok)
      return true;
    return napi_is_detached_arraybuffer(env_, buffer, &detached) != napi_ok || detached;
  }

  napi_env env_;
  napi_value values_[kCount] = {};
  size_t passed_ = kCount;
  bool ok_;
};

}  // namespace fdreactor
