// Addresses of the families that Linux has beside those of address.h: vsock(7) and netlink(7). They are numbers.
#pragma once

#include "../address.h"

namespace fdreactor {

Result address_from_vsock(uint32_t cid, uint32_t port, Address* address);
Result address_from_netlink(uint32_t pid, uint32_t groups, Address* address);

enum class AddressPart { kVsockCid, kVsockPort, kNetlinkPid, kNetlinkGroups };
constexpr int kAddressParts = 4;

// kBadArgument for an address of another family, and for one that ends before the number.
Result address_part(const Address& address, AddressPart part);

}  // namespace fdreactor
