// WSARecvMsg and WSASendMsg: for datagram sockets, with IP_PKTINFO and IPV6_PKTINFO. No fd passes a socket here.
#include "../message/message.h"

#include <cstring>

#include "winsock.h"

namespace fdreactor {
namespace {

constexpr size_t kControlBytes = 512;
constexpr int kHopLimit = 21;      // IP_HOPLIMIT, IPV6_HOPLIMIT
constexpr int kTos = 3;            // IP_TOS
constexpr int kTrafficClass = 39;  // IPV6_TCLASS

LPFN_WSARECVMSG find_receive(SOCKET socket) {
  GUID id = WSAID_WSARECVMSG;
  LPFN_WSARECVMSG found = nullptr;
  DWORD bytes = 0;
  const int result = ::WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &found, sizeof found,
                                &bytes, nullptr, nullptr);
  return result == 0 ? found : nullptr;
}

// All sockets of the system's own provider have the same function; it fails by itself on any other.
LPFN_WSARECVMSG receive_function(SOCKET socket) {
  static LPFN_WSARECVMSG known = nullptr;
  if (known == nullptr) known = find_receive(socket);
  return known;
}

struct Buffers {
  WSABUF list[kMaxBuffers];
  size_t total = 0;

  Buffers(const Bytes* buffers, size_t count, size_t max) {
    for (size_t i = 0; i < count; ++i) {
      const size_t bytes = std::min(buffers[i].size, max);
      list[i] = {static_cast<ULONG>(bytes), data_of(buffers[i])};
      max -= bytes;
      total += bytes;
    }
  }
};

// The value of a control message that is as long as `Value`, or longer.
template <typename Value>
bool read_value(WSACMSGHDR* control, Value* value) {
  if (control->cmsg_len < WSA_CMSG_LEN(sizeof(Value))) return false;
  std::memcpy(value, WSA_CMSG_DATA(control), sizeof(Value));
  return true;
}

void store(const void* from, size_t bytes, Address* address) {
  *address = {};
  std::memcpy(address->storage, from, bytes);
  address->length = static_cast<uint32_t>(bytes);
}

void read_ipv4(WSACMSGHDR* control, Message* message) {
  IN_PKTINFO packet = {};
  if (control->cmsg_type == IP_PKTINFO && read_value(control, &packet)) {
    SOCKADDR_IN ipv4 = {};
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr = packet.ipi_addr;
    store(&ipv4, sizeof ipv4, &message->destination);
    message->local_address = message->destination;
    message->interface_index = static_cast<int32_t>(packet.ipi_ifindex);
  }
  if (control->cmsg_type == kHopLimit) read_value(control, &message->ttl);
  if (control->cmsg_type == kTos) read_value(control, &message->tos);
}

void read_ipv6(WSACMSGHDR* control, Message* message) {
  IN6_PKTINFO packet = {};
  if (control->cmsg_type == IPV6_PKTINFO && read_value(control, &packet)) {
    SOCKADDR_IN6 ipv6 = {};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_addr = packet.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&packet.ipi6_addr)) ipv6.sin6_scope_id = packet.ipi6_ifindex;
    store(&ipv6, sizeof ipv6, &message->destination);
    message->local_address = message->destination;
    message->interface_index = static_cast<int32_t>(packet.ipi6_ifindex);
  }
  if (control->cmsg_type == kHopLimit) read_value(control, &message->ttl);
  if (control->cmsg_type == kTrafficClass) read_value(control, &message->tos);
}

void read_all_control(WSAMSG* header, Message* message) {
  for (WSACMSGHDR* control = WSA_CMSG_FIRSTHDR(header); control != nullptr;
       control = WSA_CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level == IPPROTO_IP) read_ipv4(control, message);
    if (control->cmsg_level == IPPROTO_IPV6) read_ipv6(control, message);
  }
}

template <typename Packet>
size_t write_value(char* room, int level, int type, const Packet& packet) {
  WSACMSGHDR header = {};
  header.cmsg_len = WSA_CMSG_LEN(sizeof packet);
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(room, &header, sizeof header);
  std::memcpy(WSA_CMSG_DATA(reinterpret_cast<WSACMSGHDR*>(room)), &packet, sizeof packet);
  return WSA_CMSG_SPACE(sizeof packet);
}

// Returns how many bytes of control data there are.
Result write_source(const Message& message, char* room) {
  SOCKADDR_IN6 source = {};
  std::memcpy(&source, message.source.storage, sizeof source);
  const auto interface_index = static_cast<ULONG>(message.source_interface);
  if (message.source.length == 0) return 0;
  if (source.sin6_family == AF_INET) {
    SOCKADDR_IN ipv4 = {};
    std::memcpy(&ipv4, message.source.storage, sizeof ipv4);
    return static_cast<Result>(write_value(room, IPPROTO_IP, IP_PKTINFO, IN_PKTINFO{ipv4.sin_addr, interface_index}));
  }
  if (source.sin6_family != AF_INET6) return kBadArgument;
  return static_cast<Result>(
      write_value(room, IPPROTO_IPV6, IPV6_PKTINFO, IN6_PKTINFO{source.sin6_addr, interface_index}));
}

bool has_more_than_a_source(const Message& message) {
  return message.send_ttl != kNotSet || message.send_tos != kNotSet || message.send_segment_bytes > 0 ||
         message.send_pid != kNotSet || message.send_fds.count > 0;
}

}  // namespace

bool message_passes_fds() { return false; }

Result message_check_passing(int) { return failure(WSAEOPNOTSUPP); }

bool message_was_cut(const Message& message) { return (message.flags & MSG_CTRUNC) != 0; }

Result message_receive(int fd, Bytes* buffers, size_t count, int flags, Message* message) {
  const LPFN_WSARECVMSG receive = receive_function(socket_of(fd));
  if (receive == nullptr) return last_wsa_error();
  alignas(WSACMSGHDR) char control[kControlBytes];
  Buffers list(buffers, count, kMaxBytesToReceive);
  Address name = {};
  WSAMSG header = {};
  header.name = reinterpret_cast<sockaddr*>(name.storage);
  header.namelen = sizeof name.storage;
  header.lpBuffers = list.list;
  header.dwBufferCount = static_cast<ULONG>(count);
  header.Control = {sizeof control, control};
  header.dwFlags = static_cast<ULONG>(flags);
  DWORD received = 0;
  const int result = receive(socket_of(fd), &header, &received, nullptr, nullptr);
  const int error = result == 0 ? 0 : WSAGetLastError();
  if (error != 0 && error != WSAEMSGSIZE) return from_wsa_error(error);
  message_clear_received(message);
  name.length = static_cast<uint32_t>(std::max(header.namelen, 0));
  message->name = name;
  message->flags = static_cast<int32_t>(header.dwFlags | (error == WSAEMSGSIZE ? MSG_TRUNC : 0));
  if (header.Control.len > 0) read_all_control(&header, message);
  return error == WSAEMSGSIZE ? static_cast<Result>(list.total) : static_cast<Result>(received);  // they are full
}

Result message_send(int fd, Bytes* buffers, size_t count, int flags, const Message& message) {
  if (has_more_than_a_source(message)) return failure(WSAEOPNOTSUPP);
  alignas(WSACMSGHDR) char control[kControlBytes] = {};
  const Result control_bytes = write_source(message, control);
  if (control_bytes < 0) return control_bytes;
  Buffers list(buffers, count, kMaxBytesToSend);
  Address name = message.name;
  WSAMSG header = {};
  header.name = name.length > 0 ? reinterpret_cast<sockaddr*>(name.storage) : nullptr;
  header.namelen = static_cast<INT>(name.length);
  header.lpBuffers = list.list;
  header.dwBufferCount = static_cast<ULONG>(count);
  header.Control = {static_cast<ULONG>(control_bytes), control_bytes > 0 ? control : nullptr};
  DWORD sent = 0;
  const int result = ::WSASendMsg(socket_of(fd), &header, static_cast<DWORD>(flags), &sent, nullptr, nullptr);
  return result == 0 ? static_cast<Result>(sent) : last_wsa_error();
}

}  // namespace fdreactor
