// Sockets of the loopback address: a listener on any port, and connections to it, more than one address has ports for.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common.h"

enum {
  LISTEN_BACKLOG = 4096,
  // Connections under way at a time: below any listen backlog, so that none is dropped and retried a second later.
  CONNECT_BURST = 128,
  // Connections from one source address: well below the number of ephemeral ports.
  CONNECTIONS_A_SOURCE = 10000,
};

/** A socket on a port that the kernel picks. */
static inline int bind_any_port(int type) {
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0) die("bind");
  return fd;
}

/** Tells the port as `listening on 127.0.0.1:PORT`. */
static inline void announce(int fd) {
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  if (getsockname(fd, (struct sockaddr*)&address, &length) != 0) die("getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
}

/** A listener on a port that the kernel picks, which it tells. */
static inline int listen_any_port(int flags) {
  int fd = bind_any_port(SOCK_STREAM | flags);
  if (listen(fd, LISTEN_BACKLOG) != 0) die("listen");
  announce(fd);
  return fd;
}

/** A non-blocking socket that has begun to connect (of datagrams: that is connected); `index` counts them, and decides
 * the source address. */
static inline int start_client(int type, uint16_t port, uint32_t index) {
  int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  int on = 1;
  if (type == SOCK_STREAM && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) die("TCP_NODELAY");
  if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0) die("IP_BIND_ADDRESS_NO_PORT");
  struct sockaddr_in source = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + index / CONNECTIONS_A_SOURCE)};
  if (bind(fd, (struct sockaddr*)&source, sizeof source) != 0) die("bind");
  struct sockaddr_in server = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  if (connect(fd, (struct sockaddr*)&server, sizeof server) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

static inline int start_connecting(uint16_t port, uint32_t index) { return start_client(SOCK_STREAM, port, index); }

/** What became of it, once it is writable: 0 or an errno. */
static inline int connect_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) die("SO_ERROR");
  return error;
}
