// A socket address that crosses as the bytes of sys/address.h's Address, in a Uint8Array that lib/socket/address.ts
// owns.
#pragma once

#include "../sys/address.h"
#include "arguments.h"

namespace fdreactor {

// To be filled. nullptr where it is no such buffer.
inline Address* target_address(Bytes bytes) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % alignof(Address) == 0;
  if (bytes.size != sizeof(Address) || !aligned) return nullptr;
  auto* address = static_cast<Address*>(bytes.data);
  return address->length <= sizeof address->storage ? address : nullptr;
}

// To be used. nullptr where it is no such buffer, or holds no address.
inline const Address* given_address(Bytes bytes) {
  const Address* address = target_address(bytes);
  return address != nullptr && address->length > 0 ? address : nullptr;
}

}  // namespace fdreactor
