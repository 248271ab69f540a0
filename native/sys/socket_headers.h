// The platform's headers of socket addresses, and the few names by which these differ, for the code that all platforms
// share (address.cc).
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef _WIN32

#include "windows/windows_headers.h"

// clang-format off
#include <afunix.h>
#include <iphlpapi.h>
// clang-format on

namespace fdreactor {

using AddressFamilyNumber = ADDRESS_FAMILY;

constexpr bool kHasAbstractNames = false;

// Interfaces have numbers here, as in what the system itself prints; their names are for programs (ethernet_32769).
inline bool name_of_interface(uint32_t, char (&)[64]) { return false; }

inline void keep_own_length(unsigned char*, size_t) {}

}  // namespace fdreactor

#else

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace fdreactor {

using AddressFamilyNumber = sa_family_t;

#ifdef __linux__

constexpr bool kHasAbstractNames = true;  // unix(7)

inline void keep_own_length(unsigned char*, size_t) {}

#else

constexpr bool kHasAbstractNames = false;

// The kernel ignores the field and takes the length from the call. Set all the same, for code that reads the bytes.
inline void keep_own_length(unsigned char* address, size_t length) {
  static_assert(offsetof(sockaddr, sa_len) == 0 && sizeof(sockaddr::sa_len) == 1, "BSD's form begins with the length");
  address[0] = static_cast<unsigned char>(length);
}

#endif

inline bool name_of_interface(uint32_t number, char (&name)[64]) {
  static_assert(sizeof name >= IF_NAMESIZE, "any name fits");
  return if_indextoname(number, name) != nullptr;
}

}  // namespace fdreactor

#endif
