// Messages with control data: what arrives, and what is never trusted.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "../../sys/fd_identity.h"
#include "../../sys/message/message.h"
#include "../../sys/socket.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

Message empty_message(uint32_t max_fds) {
  Message message = {};
  message_clear_received(&message);
  message.pidfd = kNotSet;
  message.max_fds = max_fds;
  message.send_ttl = kNotSet;
  message.send_tos = kNotSet;
  message.send_pid = kNotSet;
  return message;
}

struct UnixPair {
  int first = -1;
  int second = -1;

  explicit UnixPair(int type) { socket_pair(AF_UNIX, type, &first, &second); }
  UnixPair(const UnixPair&) = delete;
  UnixPair& operator=(const UnixPair&) = delete;
  ~UnixPair() {
    fd_close(first);
    fd_close(second);
  }
};

Result send_fds(const UnixPair& pair, uint32_t count) {
  Message message = empty_message(0);
  message.send_fds.count = count;
  for (int32_t& fd : message.send_fds.fds) fd = pair.first;
  char bytes[] = "data";
  Bytes buffer = {bytes, sizeof bytes};
  return message_send(pair.first, &buffer, 1, 0, message);
}

Result receive(const UnixPair& pair, Message* message) {
  char bytes[8];
  Bytes buffer = {bytes, sizeof bytes};
  return message_receive(pair.second, &buffer, 1, 0, message);
}

int open_count() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += fd_identity(fd) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST("message: fds arrive, up to as many as are asked for; more are closed") {
  const UnixPair pair(SOCK_DGRAM);
  const int before = open_count();
  for (const uint32_t asked : {0U, 1U, 2U, 3U, 252U, kMaxPassedFds}) {
    for (const uint32_t sent : {1U, 2U, 3U, 4U, kMaxPassedFds}) {
      Message message = empty_message(asked);
      EXPECT(send_fds(pair, sent) == 5);
      EXPECT(receive(pair, &message) == 5);
      EXPECT(message_was_cut(message) == (sent > asked));
      EXPECT(message.received_fds.count == (sent > asked ? 0 : sent));
      EXPECT(open_count() == before + static_cast<int>(message.received_fds.count));
      for (uint32_t i = 0; i < message.received_fds.count; ++i) fd_close(message.received_fds.fds[i]);
    }
  }
}

TEST("message: a message that would block is left as it was") {
  const UnixPair pair(SOCK_STREAM);
  Message message = empty_message(1);
  message.ttl = 5;
  EXPECT(receive(pair, &message) == kWouldBlock);
  EXPECT(message.ttl == 5);
}

TEST("message: too many fds, a source of another family and fds over UDP are refused") {
  const UnixPair pair(SOCK_DGRAM);
  EXPECT(send_fds(pair, kMaxPassedFds + 1) == kBadArgument);
  Message message = empty_message(0);
  EXPECT(address_from_path("/tmp", 4, &message.source) == 0);
  Bytes nothing = {nullptr, 0};
  EXPECT(message_send(pair.first, &nothing, 1, 0, message) == kBadArgument);
  const auto udp = static_cast<int>(socket_open(AF_INET, SOCK_DGRAM, 0));
  EXPECT(message_check_passing(udp) == failure(EOPNOTSUPP));
  EXPECT(message_check_passing(pair.first) == 0);
  fd_close(udp);
  EXPECT(message_check_passing(udp) == failure(EBADF));
}

TEST("message: the source and the time to live of a datagram arrive") {
  const auto receiver = static_cast<int>(socket_open(AF_INET, SOCK_DGRAM, 0));
  const auto sender = static_cast<int>(socket_open(AF_INET, SOCK_DGRAM, 0));
  Message message = empty_message(0);
  EXPECT(address_from_ip("127.0.0.1", 0, &message.name) == 0);
  EXPECT(socket_bind(receiver, message.name) == 0);
  EXPECT(socket_local_address(receiver, &message.name) == 0);
  const int on = 1;
  EXPECT(::setsockopt(receiver, IPPROTO_IP, 8, &on, sizeof on) == 0);   // IP_PKTINFO
  EXPECT(::setsockopt(receiver, IPPROTO_IP, 12, &on, sizeof on) == 0);  // IP_RECVTTL
  EXPECT(address_from_ip("127.0.0.5", 0, &message.source) == 0);
  message.send_ttl = 9;
  char bytes[] = "x";
  Bytes buffer = {bytes, 1};
  EXPECT(message_send(sender, &buffer, 1, 0, message) == 1);
  Message received = empty_message(0);
  EXPECT(message_receive(receiver, &buffer, 1, 0, &received) == 1);
  EXPECT(received.ttl == 9);
  EXPECT(received.interface_index > 0);
  EXPECT(std::strcmp(address_to_text(received.name).text, "127.0.0.5") == 0);
  EXPECT(std::strcmp(address_to_text(received.local_address).text, "127.0.0.1") == 0);
  fd_close(receiver);
  fd_close(sender);
}
