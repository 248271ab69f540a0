// The floor of the echo suite: a level-triggered epoll server in plain C, recv and send, and nothing that an honest
// server could leave out: what send did not take is kept and written when the socket is writable again.
// usage: epoll_echo          It picks a port and prints `listening on 127.0.0.1:PORT`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { MAX_EVENTS = 1024, BUFFER_BYTES = 65536, BACKLOG = 4096 };

struct connection {
  int fd;
  // What the peer has not taken yet; NULL almost always.
  char* pending;
  size_t pending_length;
  size_t pending_offset;
};

static int epoll_fd;
static char buffer[BUFFER_BYTES];

static int listen_any_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(fd, (struct sockaddr*)&address, length) != 0) die("bind");
  if (listen(fd, BACKLOG) != 0) die("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) != 0) die("getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void set_interest(struct connection* connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, connection->fd, &event) != 0) die("epoll_ctl");
}

static void close_connection(struct connection* connection) {
  close(connection->fd);
  free(connection->pending);
  free(connection);
}

/** Keeps the rest, and stops reading until the peer has taken it. */
static void keep_pending(struct connection* connection, const char* data, size_t length) {
  connection->pending = malloc(length);
  if (connection->pending == NULL) die("malloc");
  memcpy(connection->pending, data, length);
  connection->pending_length = length;
  connection->pending_offset = 0;
  set_interest(connection, EPOLLOUT);
}

static void flush_pending(struct connection* connection) {
  size_t left = connection->pending_length - connection->pending_offset;
  ssize_t sent = send(connection->fd, connection->pending + connection->pending_offset, left, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) close_connection(connection);
    return;
  }
  connection->pending_offset += (size_t)sent;
  if ((size_t)sent < left) return;
  free(connection->pending);
  connection->pending = NULL;
  set_interest(connection, EPOLLIN);
}

static void echo(struct connection* connection) {
  ssize_t received = recv(connection->fd, buffer, sizeof buffer, 0);
  if (received <= 0) {
    if (received == 0 || (errno != EAGAIN && errno != EINTR)) close_connection(connection);
    return;
  }
  ssize_t sent = send(connection->fd, buffer, (size_t)received, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      close_connection(connection);
      return;
    }
    sent = 0;
  }
  if (sent < received) keep_pending(connection, buffer + sent, (size_t)(received - sent));
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      die("accept4");
    }
    struct connection* connection = calloc(1, sizeof *connection);
    if (connection == NULL) die("calloc");
    connection->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }
}

int main(void) {
  int listener = listen_any_port();
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &listening) != 0) die("epoll_ctl");
  static struct epoll_event events[MAX_EVENTS];
  for (;;) {
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct connection* connection = events[i].data.ptr;
      if (connection == NULL) {
        accept_all(listener);
      } else if (connection->pending != NULL) {
        flush_pending(connection);
      } else {
        echo(connection);
      }
    }
  }
}
