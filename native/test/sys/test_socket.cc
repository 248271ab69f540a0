// Sockets: TCP, UDP and Unix, over the loopback address.
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include <cerrno>

#include "../../sys/socket.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

// Waits until `fd` is ready, as long as it takes: what a test waits for here comes, or the test hangs visibly.
void await(int fd, short events) {
  pollfd ready = {fd, events, 0};
  CHECK(::poll(&ready, 1, 30000) == 1);
}

Result await_accept(int fd) {
  await(fd, POLLIN);
  return socket_accept(fd, nullptr);
}

// A connected pair of TCP sockets.
struct Connection {
  explicit Connection(const char* host = "127.0.0.1") : listener(SOCK_STREAM, host), client(open_for(host)) {
    const Result connected = socket_connect(client, listener.address);
    CHECK(connected == 0 || connected == kWouldBlock);
    server_fd = await_accept(listener);
    await(client, POLLOUT);
  }
  static Result open_for(const char* host) {
    return socket_open(std::strchr(host, ':') != nullptr ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  }
  Bound listener;
  Fd client;
  Result server_fd = -1;
};

int get_option(int fd, int level, int name) {
  int value = -1;
  Bytes bytes = {&value, sizeof value};
  EXPECT_EQ(socket_get_option(fd, level, name, &bytes), 0);
  EXPECT_EQ(bytes.size, sizeof value);
  return value;
}

Result set_option(int fd, int level, int name, int value) {
  return socket_set_option(fd, level, name, {&value, sizeof value});
}

std::string text_of(const Address& address) {
  const AddressText text = address_to_text(address);
  return std::string(text.text, text.text_length) + "|" + std::to_string(text.port);
}

}  // namespace

TEST("every socket is non-blocking and close-on-exec") {
  Connection connection;
  const Fd server(connection.server_fd);
  const Pair pair;
  for (const int fd :
       {int{connection.listener}, int{connection.client}, int{server}, int{pair.first}, int{pair.second}}) {
    EXPECT(is_non_blocking_and_cloexec(fd));
  }
}

TEST("a TCP connection, both ends, IPv4 and IPv6") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Connection connection(host);
    const Fd server(connection.server_fd);
    Address peer;
    EXPECT_EQ(socket_peer_address(server, &peer), 0);
    EXPECT_EQ(text_of(peer), text_of(bound_to(connection.client)));
    EXPECT_EQ(socket_take_error(connection.client), 0);

    std::string received(16, '\0');
    std::string sent = "hello";
    EXPECT_EQ(socket_receive(server, bytes_of(&received), 0), kWouldBlock);
    EXPECT_EQ(socket_send(connection.client, bytes_of(&sent), 0), 5);
    await(server, POLLIN);
    EXPECT_EQ(socket_receive(server, bytes_of(&received), MSG_PEEK), 5);
    EXPECT_EQ(socket_receive(server, bytes_of(&received), 0), 5);
    EXPECT_EQ(received.substr(0, 5), sent);
    EXPECT_EQ(socket_shutdown(connection.client, SHUT_WR), 0);
    await(server, POLLIN);
    EXPECT_EQ(socket_receive(server, bytes_of(&received), 0), 0);
    EXPECT_EQ(socket_send(server, bytes_of(&sent), 0), 5);  // the other direction is still open
  }
}

TEST("accept without a connection would block; a socket that does not listen is EINVAL") {
  const Bound listener(SOCK_STREAM);
  EXPECT_EQ(socket_accept(listener, nullptr), kWouldBlock);
  const Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(socket_accept(socket, nullptr), failure(EINVAL));
}

TEST("a refused connection is told once, by SO_ERROR") {
  Address absent;
  {
    const Bound gone(SOCK_STREAM);
    absent = gone.address;
  }
  const Fd client(socket_open(AF_INET, SOCK_STREAM, 0));
  const Result connected = socket_connect(client, absent);
  if (connected == kWouldBlock) {
    await(client, POLLOUT);
    EXPECT_EQ(socket_take_error(client), ECONNREFUSED);
  } else {
    EXPECT_EQ(connected, failure(ECONNREFUSED));
  }
  EXPECT_EQ(socket_take_error(client), 0);
}

TEST("a reset is ECONNRESET, a send after it EPIPE, and no signal comes") {
  Connection connection;
  Fd server(connection.server_fd);
  const linger reset = {1, 0};
  linger value = reset;
  CHECK(socket_set_option(server, SOL_SOCKET, SO_LINGER, {&value, sizeof value}) == 0);
  server.close();
  await(connection.client, POLLIN);
  std::string byte = "x";
  EXPECT_EQ(socket_receive(connection.client, bytes_of(&byte), 0), failure(ECONNRESET));
  EXPECT_EQ(socket_send(connection.client, bytes_of(&byte), 0), failure(EPIPE));
}

TEST("a peer that does not read makes send take less, then nothing") {
  Connection connection;
  const Fd server(connection.server_fd);
  std::string chunk(1 << 20, 'x');
  Result now = 0;
  Result smallest = static_cast<Result>(chunk.size());
  while (now != kWouldBlock) {
    now = socket_send(connection.client, bytes_of(&chunk), 0);
    REQUIRE(!is_failure(now));
    if (now > 0 && now < smallest) smallest = now;
  }
  EXPECT(smallest < static_cast<Result>(chunk.size()));
}

TEST("datagrams say who sent them, and what did not fit is cut off") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    const Bound from(SOCK_DGRAM, host);
    const Bound to(SOCK_DGRAM, host);
    std::string sent = "datagram";
    std::string received(4, '\0');
    Address sender;
    EXPECT_EQ(socket_receive_from(to, bytes_of(&received), 0, &sender), kWouldBlock);
    EXPECT_EQ(socket_send_to(from, bytes_of(&sent), 0, to.address), 8);
    await(to, POLLIN);
    EXPECT_EQ(socket_receive_from(to, bytes_of(&received), 0, &sender), 4);
    EXPECT_EQ(text_of(sender), text_of(from.address));
    EXPECT_EQ(received, std::string("data"));
    EXPECT_EQ(socket_send_to(from, {sent.data(), 0}, 0, to.address), 0);
    await(to, POLLIN);
    EXPECT_EQ(socket_receive_from(to, bytes_of(&received), 0, &sender), 0);
    EXPECT_EQ(text_of(sender), text_of(from.address));
  }
}

TEST("Unix datagrams of an unnamed sender have an empty address") {
  const Pair pair(SOCK_DGRAM);
  std::string byte = "x";
  EXPECT_EQ(socket_send(pair.first, bytes_of(&byte), 0), 1);
  Address sender;
  EXPECT_EQ(socket_receive_from(pair.second, bytes_of(&byte), 0, &sender), 1);
  EXPECT_EQ(address_to_text(sender).text_length, size_t{0});
}

TEST("a full backlog of a Unix listener is an error, not a connection under way") {
  const std::string name = std::string("\0fdreactor-backlog-", 19) + std::to_string(getpid());
  Address address;
  REQUIRE(address_from_path(name.data(), name.size(), &address) == 0);
  const Fd listener(socket_open(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(socket_bind(listener, address) == 0 && socket_listen(listener, 0) == 0);
  const Fd first(socket_open(AF_UNIX, SOCK_STREAM, 0));
  const Fd second(socket_open(AF_UNIX, SOCK_STREAM, 0));
  EXPECT_EQ(socket_connect(first, address), 0);
  EXPECT_EQ(socket_connect(second, address), failure(EAGAIN));
}

TEST("options of an int and of bytes") {
  const Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
  EXPECT_EQ(get_option(socket, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(get_option(socket, SOL_SOCKET, SO_TYPE), int{SOCK_STREAM});
  EXPECT_EQ(set_option(socket, SOL_SOCKET, -1, 1), failure(ENOPROTOOPT));
  char one_byte = 0;
  EXPECT_EQ(socket_set_option(socket, SOL_SOCKET, SO_KEEPALIVE, {&one_byte, 1}), failure(EINVAL));
}

TEST("names of sockets that have none, and calls on an fd that is not a socket") {
  const Fd socket(socket_open(AF_INET, SOCK_STREAM, 0));
  const Pipe pipe;
  Address address;
  EXPECT_EQ(socket_peer_address(socket, &address), failure(ENOTCONN));
  EXPECT_EQ(socket_local_address(pipe.read, &address), failure(ENOTSOCK));
  EXPECT_EQ(socket_listen(pipe.read, 1), failure(ENOTSOCK));
  EXPECT_EQ(socket_take_error(pipe.read), failure(ENOTSOCK));
  EXPECT_EQ(socket_shutdown(socket, SHUT_RD), failure(ENOTCONN));
  EXPECT_EQ(socket_open(-1, SOCK_STREAM, 0), failure(EAFNOSUPPORT));
  EXPECT_EQ(socket_bind(socket, ip("192.0.2.1", 0)), failure(EADDRNOTAVAIL));
}

TEST("only a zero-copy send leaves the kernel with the buffer") {
  EXPECT(!socket_flags_hold_buffer(0));
  EXPECT(!socket_flags_hold_buffer(MSG_DONTWAIT | MSG_MORE));
  EXPECT(socket_flags_hold_buffer(MSG_ZEROCOPY));
}
