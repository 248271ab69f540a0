// The control messages of macOS, FreeBSD, OpenBSD and NetBSD, as far as each has them: ip(4), ip6(4), unix(4).
#define __APPLE_USE_RFC_3542 1  // asks macOS' headers for IPV6_PKTINFO and its like

#include <errno.h>
#include <sys/time.h>

#include "../posix/message/control_message.h"

namespace fdreactor {
namespace {

void read_timestamp(const cmsghdr& control, Message* message) {
  timeval time = {};
  if (control.cmsg_type != SCM_TIMESTAMP || !read_value(control, &time)) return;
  message->timestamp_ns = int64_t{time.tv_sec} * 1000000000 + int64_t{time.tv_usec} * 1000;
}

// These systems give the time to live and the type of service as one byte, and some the latter as an int.
void read_small(const cmsghdr& control, int32_t* value) {
  uint8_t byte = 0;
  if (!read_value(control, value) && read_value(control, &byte)) *value = byte;
}

void read_ipv4(const cmsghdr& control, Message* message) {
#ifdef IP_PKTINFO
  in_pktinfo packet = {};
  if (control.cmsg_type == IP_PKTINFO && read_value(control, &packet)) {
    message->interface_index = static_cast<int32_t>(packet.ipi_ifindex);
    store_ipv4(packet.ipi_addr, &message->destination);
    store_ipv4(packet.ipi_addr, &message->local_address);
#ifdef __APPLE__
    store_ipv4(packet.ipi_spec_dst, &message->local_address);
#endif
  }
#endif
#ifdef IP_RECVDSTADDR
  in_addr destination = {};
  if (control.cmsg_type == IP_RECVDSTADDR && read_value(control, &destination)) {
    store_ipv4(destination, &message->destination);
    store_ipv4(destination, &message->local_address);
  }
#endif
#ifdef IP_RECVTTL
  if (control.cmsg_type == IP_RECVTTL) read_small(control, &message->ttl);
#endif
#ifdef IP_RECVTOS
  if (control.cmsg_type == IP_RECVTOS) read_small(control, &message->tos);
#endif
}

void read_ipv6(const cmsghdr& control, Message* message) {
#ifdef IPV6_PKTINFO
  in6_pktinfo packet = {};
  if (control.cmsg_type == IPV6_PKTINFO && read_value(control, &packet)) {
    message->interface_index = static_cast<int32_t>(packet.ipi6_ifindex);
    store_ipv6(packet.ipi6_addr, packet.ipi6_ifindex, &message->destination);
    message->local_address = message->destination;
  }
  if (control.cmsg_type == IPV6_HOPLIMIT) read_value(control, &message->ttl);
  if (control.cmsg_type == IPV6_TCLASS) read_value(control, &message->tos);
#endif
}

Result write_ipv4_source(const Message& message, ControlWriter* control) {
  sockaddr_in source = {};
  std::memcpy(&source, message.source.storage, sizeof source);
#if defined(__APPLE__) && defined(IP_PKTINFO)
  in_pktinfo packet = {};
  packet.ipi_ifindex = static_cast<unsigned>(message.source_interface);
  packet.ipi_spec_dst = source.sin_addr;
  control->add(IPPROTO_IP, IP_PKTINFO, packet);
  return 0;
#elif defined(IP_SENDSRCADDR)
  control->add(IPPROTO_IP, IP_SENDSRCADDR, source.sin_addr);
  return 0;
#else
  (void)control;
  return failure(EOPNOTSUPP);
#endif
}

Result write_ipv6_source(const Message& message, ControlWriter* control) {
#ifdef IPV6_PKTINFO
  sockaddr_in6 source = {};
  std::memcpy(&source, message.source.storage, sizeof source);
  in6_pktinfo packet = {};
  packet.ipi6_ifindex = static_cast<unsigned>(message.source_interface);
  packet.ipi6_addr = source.sin6_addr;
  control->add(IPPROTO_IPV6, IPV6_PKTINFO, packet);
  return 0;
#else
  (void)message;
  (void)control;
  return failure(EOPNOTSUPP);
#endif
}

Result write_source(const Message& message, ControlWriter* control) {
  sockaddr any = {};
  std::memcpy(&any, message.source.storage, sizeof any);
  if (any.sa_family == AF_INET) return write_ipv4_source(message, control);
  return any.sa_family == AF_INET6 ? write_ipv6_source(message, control) : kBadArgument;
}

// Only IPv6 has control messages for both on all of these systems (RFC 3542).
Result write_ttl_and_tos(const Message& message, int family, ControlWriter* control) {
  if (message.send_ttl == kNotSet && message.send_tos == kNotSet) return 0;
#ifdef IPV6_TCLASS
  if (family == AF_INET6) {
    if (message.send_ttl != kNotSet) control->add(IPPROTO_IPV6, IPV6_HOPLIMIT, message.send_ttl);
    if (message.send_tos != kNotSet) control->add(IPPROTO_IPV6, IPV6_TCLASS, message.send_tos);
    return 0;
  }
#endif
  (void)family;
  (void)control;
  return failure(EOPNOTSUPP);
}

}  // namespace

void control_read(const cmsghdr& control, Message* message) {
  if (control.cmsg_level == SOL_SOCKET) read_timestamp(control, message);
  if (control.cmsg_level == IPPROTO_IP) read_ipv4(control, message);
  if (control.cmsg_level == IPPROTO_IPV6) read_ipv6(control, message);
}

Result control_write(const Message& message, int family, ControlWriter* control) {
  if (message.send_segment_bytes > 0 || message.send_pid != kNotSet) return failure(EOPNOTSUPP);
  if (message.source.length > 0) {
    const Result result = write_source(message, control);
    if (result < 0) return result;
  }
  return write_ttl_and_tos(message, family, control);
}

}  // namespace fdreactor
