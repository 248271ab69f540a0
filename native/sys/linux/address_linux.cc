#include "address_linux.h"

#include <linux/netlink.h>
#include <sys/socket.h>

// It needs a sockaddr before it.
#include <linux/vm_sockets.h>

#include <cstddef>
#include <cstring>

namespace fdreactor {
namespace {

template <typename Sockaddr>
Result store(const Sockaddr& source, Address* address) {
  static_assert(sizeof source <= sizeof address->storage, "it fits");
  *address = {};
  std::memcpy(address->storage, &source, sizeof source);
  address->length = sizeof source;
  return 0;
}

struct Field {
  sa_family_t family;
  size_t offset;
};

Field field_of(AddressPart part) {
  switch (part) {
    case AddressPart::kVsockCid:
      return {AF_VSOCK, offsetof(sockaddr_vm, svm_cid)};
    case AddressPart::kVsockPort:
      return {AF_VSOCK, offsetof(sockaddr_vm, svm_port)};
    case AddressPart::kNetlinkPid:
      return {AF_NETLINK, offsetof(sockaddr_nl, nl_pid)};
    case AddressPart::kNetlinkGroups:
      return {AF_NETLINK, offsetof(sockaddr_nl, nl_groups)};
  }
  return {AF_UNSPEC, sizeof(Address::storage)};
}

}  // namespace

Result address_from_vsock(uint32_t cid, uint32_t port, Address* address) {
  sockaddr_vm vsock = {};
  vsock.svm_family = AF_VSOCK;
  vsock.svm_cid = cid;
  vsock.svm_port = port;
  return store(vsock, address);
}

Result address_from_netlink(uint32_t pid, uint32_t groups, Address* address) {
  sockaddr_nl netlink = {};
  netlink.nl_family = AF_NETLINK;
  netlink.nl_pid = pid;
  netlink.nl_groups = groups;
  return store(netlink, address);
}

Result address_part(const Address& address, AddressPart part) {
  const Field field = field_of(part);
  uint32_t value = 0;
  if (address.length > sizeof address.storage || address.length < field.offset + sizeof value) return kBadArgument;
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, address.storage, sizeof family);
  if (family != field.family) return kBadArgument;
  std::memcpy(&value, address.storage + field.offset, sizeof value);
  return value;
}

}  // namespace fdreactor
