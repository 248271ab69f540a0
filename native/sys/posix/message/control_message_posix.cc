#include "control_message.h"

#include "../../../core/check.h"

namespace fdreactor {

void store_ipv4(const in_addr& from, Address* address) {
  sockaddr_in ipv4 = {};
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr = from;
  store_address(ipv4, address);
}

// Only an address of a link needs to say of which (RFC 4007).
void store_ipv6(const in6_addr& from, uint32_t interface_index, Address* address) {
  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr = from;
  if (IN6_IS_ADDR_LINKLOCAL(&from) || IN6_IS_ADDR_MC_LINKLOCAL(&from)) ipv6.sin6_scope_id = interface_index;
  store_address(ipv6, address);
}

void ControlWriter::add(int level, int type, const void* value, size_t bytes) {
  CHECK(used_ + CMSG_SPACE(bytes) <= sizeof bytes_);  // the fields that can be sent have a fixed size
  char* const start = bytes_ + used_;
  std::memset(start, 0, CMSG_SPACE(bytes));
  cmsghdr header = {};
  header.cmsg_len = static_cast<decltype(header.cmsg_len)>(CMSG_LEN(bytes));
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(start, &header, sizeof header);
  std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(start)), value, bytes);
  used_ += CMSG_SPACE(bytes);
}

int family_of(const Address& address) {
  sockaddr_in6 ipv6 = {};
  std::memcpy(&ipv6, address.storage, sizeof ipv6);
  if (ipv6.sin6_family != AF_INET6) return ipv6.sin6_family;
  return IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr) ? AF_INET : AF_INET6;
}

}  // namespace fdreactor
