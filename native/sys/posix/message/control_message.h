// Control data (cmsg(3)) to and from the fields of a Message: the fields of this system are read and written in
// control_linux.cc or control_bsd.cc, what all have in common in control_message_posix.cc.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "../../message/message.h"

namespace fdreactor {

// Room for what the fields hold and for the control messages that a program may enable beside them.
constexpr size_t kControlBytes = 640 + CMSG_SPACE(kMaxPassedFds * sizeof(int));

// The value of a control message that is as long as `Value`, or longer. False, and no change, if it is shorter.
template <typename Value>
bool read_value(const cmsghdr& control, Value* value) {
  if (control.cmsg_len < CMSG_LEN(sizeof(Value))) return false;
  std::memcpy(value, CMSG_DATA(&control), sizeof(Value));
  return true;
}

template <typename Sockaddr>
void store_address(const Sockaddr& from, Address* address) {
  Sockaddr copy = from;
  address_from_bytes({&copy, sizeof copy}, address);
}

void store_ipv4(const in_addr& from, Address* address);
void store_ipv6(const in6_addr& from, uint32_t interface_index, Address* address);

// Control data to send, in memory that its caller has.
class ControlWriter {
 public:
  template <typename Value>
  void add(int level, int type, const Value& value) {
    add(level, type, &value, sizeof value);
  }
  void add(int level, int type, const void* value, size_t bytes);

  void* data() { return used_ == 0 ? nullptr : bytes_; }
  size_t size() const { return used_; }

 private:
  alignas(cmsghdr) char bytes_[kControlBytes];
  size_t used_ = 0;
};

// To which layer the fields of an address belong: AF_INET for an IPv4 address that is mapped into IPv6.
int family_of(const Address& address);

// A field of one control message; a type that the system or this package does not know changes nothing.
void control_read(const cmsghdr& control, Message* message);

// `family` is AF_INET or AF_INET6, and anything else where the socket has neither.
Result control_write(const Message& message, int family, ControlWriter* control);

}  // namespace fdreactor
