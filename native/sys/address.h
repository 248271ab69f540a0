// Socket addresses as opaque bytes: made from text, read as text, passed to and filled by the kernel. What the bytes
// mean is known in address.cc alone; JavaScript keeps them in a buffer of sizeof(Address).
#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/result.h"
#include "fd.h"

namespace fdreactor {

struct Address {
  alignas(8) unsigned char storage[128];  // a sockaddr_storage
  uint32_t length;                        // of what is in it; 0: no address
  uint32_t reserved;
};

enum class AddressKind { kNone, kIpv4, kIpv6, kUnix, kOther };

struct AddressText {
  AddressKind kind;
  char text[128];  // numeric address, IPv6 with %scope where it has one (on Windows always a number); or a path, which
                   // may hold NUL at its start
  size_t text_length;
  int port;
  int family;  // the system's number: AF_INET ...; 0 (AF_UNSPEC) for no address
};

// host: a numeric IPv4 or IPv6 address, with %interface or %number for a scope. Anything else is kBadArgument.
Result address_from_ip(const char* host, int port, Address* address);

extern const size_t kMaxPathBytes;  // in bytes: 107; 103 on macOS and the BSDs

// path: at most kMaxPathBytes bytes; on Linux, an abstract name starts with NUL (unix(7)). Longer, empty, or with NUL
// inside: kBadArgument.
Result address_from_path(const char* path, size_t length, Address* address);

// A sockaddr as C has it, of any family. Shorter than the family, or longer than a sockaddr_storage: kBadArgument.
Result address_from_bytes(Bytes bytes, Address* address);

AddressText address_to_text(const Address& address);

}  // namespace fdreactor
