// The control messages of Linux: socket(7), ip(7), ipv6(7), udp(7), unix(7). The numbers are written out where older
// headers, with which the add-on is built as well, have no name.
#include <errno.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>

#include "../posix/message/control_message.h"

namespace fdreactor {
namespace {

constexpr int kScmPidfd = 4;         // Linux 6.5
constexpr int kScmTimestamp = 29;    // a timeval
constexpr int kScmTimestampNs = 35;  // a timespec
constexpr int kScmTimestamping = 37;
constexpr int kUdp = 17;
constexpr int kUdpSegment = 103;  // Linux 4.18
constexpr int kUdpGro = 104;      // Linux 5.0

// The kernel's, which <sys/socket.h> has under _GNU_SOURCE only.
struct Credentials {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};

struct Timestamping {
  timespec software;
  timespec unused;
  timespec hardware;
};

// sock_extended_err
struct ExtendedError {
  uint32_t error;
  uint8_t origin;
  uint8_t type;
  uint8_t code;
  uint8_t padding;
  uint32_t info;
  uint32_t data;
};

struct ReportedError {
  ExtendedError error;
  sockaddr_in6 offender;  // or a sockaddr_in, or of AF_UNSPEC
};

int64_t in_ns(const timespec& time) { return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec; }

void read_timestamps(const cmsghdr& control, Message* message) {
  Timestamping times = {};
  timespec time = {};
  timeval rough = {};
  if (control.cmsg_type == kScmTimestamping && read_value(control, &times)) {
    message->timestamp_ns = in_ns(times.software);
    message->hardware_timestamp_ns = in_ns(times.hardware);
  } else if (control.cmsg_type == kScmTimestampNs && read_value(control, &time)) {
    message->timestamp_ns = in_ns(time);
  } else if (control.cmsg_type == kScmTimestamp && read_value(control, &rough)) {
    message->timestamp_ns = int64_t{rough.tv_sec} * 1000000000 + int64_t{rough.tv_usec} * 1000;
  }
}

void read_socket(const cmsghdr& control, Message* message) {
  Credentials credentials = {};
  if (control.cmsg_type == SCM_CREDENTIALS && read_value(control, &credentials)) {
    message->pid = credentials.pid;
    message->uid = credentials.uid;
    message->gid = credentials.gid;
  } else if (control.cmsg_type == kScmPidfd) {
    read_value(control, &message->pidfd);
  } else {
    read_timestamps(control, message);
  }
}

// What is there of the address depends on the kind of error.
void read_error(const cmsghdr& control, Message* message) {
  ReportedError reported = {};
  const size_t bytes = std::min<size_t>(control.cmsg_len - CMSG_LEN(0), sizeof reported);
  if (bytes < sizeof reported.error) return;
  std::memcpy(&reported, CMSG_DATA(&control), bytes);
  message->has_error = 1;
  message->error = static_cast<int32_t>(reported.error.error);
  message->error_origin = reported.error.origin;
  message->error_type = reported.error.type;
  message->error_code = reported.error.code;
  message->error_info = reported.error.info;
  message->error_data = reported.error.data;
  if (reported.offender.sin6_family == AF_INET6) store_address(reported.offender, &message->offender);
  if (reported.offender.sin6_family != AF_INET) return;
  sockaddr_in ipv4 = {};
  std::memcpy(&ipv4, &reported.offender, sizeof ipv4);
  store_address(ipv4, &message->offender);
}

void read_ipv4(const cmsghdr& control, Message* message) {
  in_pktinfo packet = {};
  uint8_t tos = 0;
  if (control.cmsg_type == IP_PKTINFO && read_value(control, &packet)) {
    message->interface_index = packet.ipi_ifindex;
    store_ipv4(packet.ipi_addr, &message->destination);
    store_ipv4(packet.ipi_spec_dst, &message->local_address);
  } else if (control.cmsg_type == IP_TTL) {
    read_value(control, &message->ttl);
  } else if (control.cmsg_type == IP_TOS && read_value(control, &tos)) {
    message->tos = tos;
  } else if (control.cmsg_type == IP_RECVERR) {
    read_error(control, message);
  }
}

void read_ipv6(const cmsghdr& control, Message* message) {
  in6_pktinfo packet = {};
  if (control.cmsg_type == IPV6_PKTINFO && read_value(control, &packet)) {
    message->interface_index = static_cast<int32_t>(packet.ipi6_ifindex);
    store_ipv6(packet.ipi6_addr, packet.ipi6_ifindex, &message->destination);
    message->local_address = message->destination;
  } else if (control.cmsg_type == IPV6_HOPLIMIT) {
    read_value(control, &message->ttl);
  } else if (control.cmsg_type == IPV6_TCLASS) {
    read_value(control, &message->tos);
  } else if (control.cmsg_type == IPV6_RECVERR) {
    read_error(control, message);
  }
}

void write_source(const Message& message, ControlWriter* control) {
  sockaddr_in ipv4 = {};
  sockaddr_in6 ipv6 = {};
  std::memcpy(&ipv4, message.source.storage, sizeof ipv4);
  std::memcpy(&ipv6, message.source.storage, sizeof ipv6);
  if (ipv4.sin_family == AF_INET) {
    in_pktinfo packet = {};
    packet.ipi_ifindex = message.source_interface;
    packet.ipi_spec_dst = ipv4.sin_addr;
    control->add(IPPROTO_IP, IP_PKTINFO, packet);
  } else {
    in6_pktinfo packet = {};
    packet.ipi6_ifindex = static_cast<unsigned>(message.source_interface);
    packet.ipi6_addr = ipv6.sin6_addr;
    control->add(IPPROTO_IPV6, IPV6_PKTINFO, packet);
  }
}

bool is_internet(const Address& address) {
  const int family = family_of(address);
  return family == AF_INET || family == AF_INET6;
}

}  // namespace

void control_read(const cmsghdr& control, Message* message) {
  switch (control.cmsg_level) {
    case SOL_SOCKET:
      return read_socket(control, message);
    case IPPROTO_IP:
      return read_ipv4(control, message);
    case IPPROTO_IPV6:
      return read_ipv6(control, message);
    case kUdp:
      if (control.cmsg_type == kUdpGro) read_value(control, &message->segment_bytes);
      return;
    default:
      return;
  }
}

Result control_write(const Message& message, int family, ControlWriter* control) {
  if (message.source.length > 0) {
    if (!is_internet(message.source)) return kBadArgument;
    write_source(message, control);
  }
  const bool is_ipv4 = family == AF_INET;
  const int level = is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  const int ttl = message.send_ttl;
  const int tos = message.send_tos;
  if ((ttl != kNotSet || tos != kNotSet) && !is_ipv4 && family != AF_INET6) return failure(EOPNOTSUPP);
  if (ttl != kNotSet) control->add(level, is_ipv4 ? IP_TTL : IPV6_HOPLIMIT, ttl);
  if (tos != kNotSet) control->add(level, is_ipv4 ? IP_TOS : IPV6_TCLASS, tos);
  if (message.send_segment_bytes > 0) {
    control->add(kUdp, kUdpSegment, static_cast<uint16_t>(message.send_segment_bytes));
  }
  if (message.send_pid != kNotSet) {
    control->add(SOL_SOCKET, SCM_CREDENTIALS, Credentials{message.send_pid, message.send_uid, message.send_gid});
  }
  return 0;
}

}  // namespace fdreactor
