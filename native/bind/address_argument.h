// A socket address that crosses as the bytes of sys/address.h's Address, in a Uint8Array that lib/address.ts owns.
#pragma once

#include "../sys/address.h"
#include "arguments.h"

namespace fdreactor {

// nullptr, and args not ok, where it is no such buffer.
inline Address* address_in(Span bytes) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % alignof(Address) == 0;
  if (bytes.size != sizeof(Address) || !aligned) return nullptr;
  auto* address = static_cast<Address*>(bytes.data);
  return address->length <= sizeof address->storage ? address : nullptr;
}

}  // namespace fdreactor
