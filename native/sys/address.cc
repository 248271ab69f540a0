#include "address.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "socket_headers.h"

namespace fdreactor {

const size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

namespace {

static_assert(sizeof(sockaddr_storage) == sizeof(Address::storage), "one address fits in one Address");

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

template <typename Sockaddr>
void store(const Sockaddr& source, Address* address) {
  *address = {};
  std::memcpy(address->storage, &source, sizeof source);
  address->length = sizeof source;
  keep_own_length(address->storage, address->length);
}

template <typename Sockaddr>
Sockaddr load(const Address& address) {
  Sockaddr result = {};
  std::memcpy(&result, address.storage, std::min<size_t>(sizeof result, address.length));
  return result;
}

// Decimal digits and nothing else (strtoul takes signs and spaces as well). 0 for any other text, and for a number that
// has no room.
uint32_t number_of(const char* text) {
  uint64_t number = 0;
  for (; *text >= '0' && *text <= '9' && number <= UINT32_MAX; ++text) {
    number = number * 10 + static_cast<uint64_t>(*text - '0');
  }
  return *text == '\0' && number <= UINT32_MAX ? static_cast<uint32_t>(number) : 0;
}

// "%eth0" or "%2". 0 where there is no such interface. Some systems cut a name that is too long, and find another.
uint32_t scope_of(const char* name) {
  const uint32_t number = number_of(name);
  if (number != 0 || std::strlen(name) >= IF_NAMESIZE) return number;
  return if_nametoindex(name);
}

Result from_ipv6(const char* host, int port, Address* address) {
  char text[INET6_ADDRSTRLEN + 1];
  const char* percent = std::strchr(host, '%');
  const size_t length = percent != nullptr ? static_cast<size_t>(percent - host) : std::strlen(host);
  if (length >= sizeof text) return kBadArgument;
  std::memcpy(text, host, length);
  text[length] = '\0';

  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) != 1) return kBadArgument;
  if (percent != nullptr) {
    ipv6.sin6_scope_id = scope_of(percent + 1);
    if (ipv6.sin6_scope_id == 0) return kBadArgument;
  }
  store(ipv6, address);
  return 0;
}

void write_ipv4(const Address& address, AddressText* text) {
  auto ipv4 = load<sockaddr_in>(address);
  inet_ntop(AF_INET, &ipv4.sin_addr, text->text, sizeof text->text);
  text->text_length = std::strlen(text->text);
  text->port = ntohs(ipv4.sin_port);
}

void write_ipv6(const Address& address, AddressText* text) {
  auto ipv6 = load<sockaddr_in6>(address);
  inet_ntop(AF_INET6, &ipv6.sin6_addr, text->text, sizeof text->text);
  text->text_length = std::strlen(text->text);
  text->port = ntohs(ipv6.sin6_port);
  if (ipv6.sin6_scope_id == 0) return;
  char interface_name[64];
  const size_t used = text->text_length;
  char* const end = text->text + used;
  const size_t room = sizeof text->text - used;
  const auto scope = static_cast<uint32_t>(ipv6.sin6_scope_id);
  const int written = name_of_interface(scope, interface_name) ? std::snprintf(end, room, "%%%s", interface_name)
                                                               : std::snprintf(end, room, "%%%u", scope);
  text->text_length += static_cast<size_t>(written);
}

// A path ends at its NUL or where the kernel said; an abstract name has no end but that length. Unnamed: empty, in
// length or, where there are no abstract names, all NUL.
void write_path(const Address& address, AddressText* text) {
  if (address.length <= kPathOffset) return;
  const auto* path = reinterpret_cast<const char*>(address.storage) + kPathOffset;
  const size_t length = std::min<size_t>(address.length - kPathOffset, sizeof(sockaddr_un::sun_path));
  text->text_length = kHasAbstractNames && path[0] == '\0' ? length : strnlen(path, length);
  std::memcpy(text->text, path, text->text_length);
}

}  // namespace

Result address_from_ip(const char* host, int port, Address* address) {
  if (port < 0 || port > UINT16_MAX) return kBadArgument;
  sockaddr_in ipv4 = {};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host, &ipv4.sin_addr) != 1) return from_ipv6(host, port, address);
  store(ipv4, address);
  return 0;
}

Result address_from_path(const char* path, size_t length, Address* address) {
  if (length == 0 || length > kMaxPathBytes) return kBadArgument;
  const bool is_abstract = kHasAbstractNames && path[0] == '\0';
  if (!is_abstract && std::memchr(path, '\0', length) != nullptr) return kBadArgument;
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path, length);
  store(name, address);
  address->length = static_cast<uint32_t>(kPathOffset + length + (is_abstract ? 0 : 1));
  keep_own_length(address->storage, address->length);
  return 0;
}

Result address_from_bytes(Bytes bytes, Address* address) {
  if (bytes.size < kPathOffset || bytes.size > sizeof address->storage) return kBadArgument;
  *address = {};
  std::memcpy(address->storage, bytes.data, bytes.size);
  address->length = static_cast<uint32_t>(bytes.size);
  keep_own_length(address->storage, address->length);
  return 0;
}

AddressText address_to_text(const Address& address) {
  AddressText text = {};
  if (address.length < sizeof(AddressFamilyNumber)) return text;
  text.family = load<sockaddr>(address).sa_family;
  switch (text.family) {
    case AF_INET:
      text.kind = AddressKind::kIpv4;
      write_ipv4(address, &text);
      break;
    case AF_INET6:
      text.kind = AddressKind::kIpv6;
      write_ipv6(address, &text);
      break;
    case AF_UNIX:
      text.kind = AddressKind::kUnix;
      write_path(address, &text);
      break;
    default:
      text.kind = AddressKind::kOther;
  }
  return text;
}

}  // namespace fdreactor
