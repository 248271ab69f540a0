// A level-triggered epoll server in plain C, with recv and send. It keeps what send did not take, and writes it when
// the socket is writable again. The program that includes it defines what happens to received bytes: on_received().
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/common.h"
#include "../shared/loopback.h"

enum { MAX_EVENTS = 1024, BUFFER_BYTES = 65536 };

struct connection {
  int fd;
  // Whether it ends when everything has been sent.
  bool last;
  // What the peer has not taken yet; NULL almost always.
  char* pending;
  size_t pending_length;
  size_t pending_offset;
  // What on_received() keeps until more has come; NULL almost always.
  char* partial;
  size_t partial_length;
};

static int epoll_fd;
static char buffer[BUFFER_BYTES];

/** The bytes are in `buffer`, behind what was kept as partial. It answers by respond(), once. */
static void on_received(struct connection* connection, size_t length);

static inline void set_interest(struct connection* connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, connection->fd, &event) != 0) die("epoll_ctl");
}

static inline void close_connection(struct connection* connection) {
  close(connection->fd);
  free(connection->pending);
  free(connection->partial);
  free(connection);
}

static inline char* copy_of(const char* data, size_t length) {
  char* copy = malloc(length);
  if (copy == NULL) die("malloc");
  memcpy(copy, data, length);
  return copy;
}

/** Keeps the rest, and stops reading until the peer has taken it. */
static inline void keep_pending(struct connection* connection, const char* data, size_t length) {
  connection->pending = copy_of(data, length);
  connection->pending_length = length;
  connection->pending_offset = 0;
  set_interest(connection, EPOLLOUT);
}

static inline void flush_pending(struct connection* connection) {
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
  if (connection->last) {
    close_connection(connection);
  } else {
    set_interest(connection, EPOLLIN);
  }
}

/** The connection may be gone afterwards. */
static inline void respond(struct connection* connection, const char* data, size_t length) {
  ssize_t sent = send(connection->fd, data, length, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      close_connection(connection);
      return;
    }
    sent = 0;
  }
  if ((size_t)sent < length) {
    keep_pending(connection, data + sent, length - (size_t)sent);
  } else if (connection->last) {
    close_connection(connection);
  }
}

static inline void receive(struct connection* connection) {
  size_t kept = connection->partial_length;
  if (kept > 0) {
    memcpy(buffer, connection->partial, kept);
    free(connection->partial);
    connection->partial = NULL;
    connection->partial_length = 0;
  }
  ssize_t received = recv(connection->fd, buffer + kept, sizeof buffer - kept, 0);
  if (received > 0) {
    on_received(connection, kept + (size_t)received);
  } else if (received == 0 || (errno != EAGAIN && errno != EINTR)) {
    close_connection(connection);
  } else if (kept > 0) {
    connection->partial = copy_of(buffer, kept);
    connection->partial_length = kept;
  }
}

static inline void accept_all(int listener) {
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

/** Picks a port, prints `listening on 127.0.0.1:PORT` and serves until it is ended. */
static inline _Noreturn void serve(void) {
  int listener = listen_any_port(SOCK_NONBLOCK);
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
        receive(connection);
      }
    }
  }
}
