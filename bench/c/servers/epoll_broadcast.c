// The floor of the broadcast suite, over epoll in plain C: each message goes to all connections, from the one buffer
// that it was received into. What a connection does not take is copied into a queue of its own, with a limit; while
// the queue is full, the connection gets no further message.
// usage: epoll_broadcast          It picks a port and prints `listening on 127.0.0.1:PORT`.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/broadcast.h"
#include "../shared/common.h"
#include "../shared/loopback.h"

enum { MAX_EVENTS = 1024, MAX_CONNECTIONS = 20000, BUFFER_BYTES = 64 * MESSAGE_BYTES };

struct connection {
  int fd;
  uint32_t index;
  // Of what it sends, a part of a message; always at its begin, because senders send whole messages.
  uint32_t partial_length;
  // What it does not take.
  uint32_t queued;
  uint32_t capacity;
  uint32_t offset;
  char* queue;
  char* partial;
};

static int epoll_fd;
static struct connection* connections[MAX_CONNECTIONS];
static uint32_t total;

static void set_interest(struct connection* connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, connection->fd, &event) != 0) die("epoll_ctl");
}

/** An event names one connection, and its own alone removes it: no other event of the batch is of it. */
static void remove_connection(struct connection* connection) {
  struct connection* last = connections[--total];
  connections[connection->index] = last;
  last->index = connection->index;
  close(connection->fd);
  free(connection->queue);
  free(connection->partial);
  free(connection);
}

static void enqueue(struct connection* connection, const char* bytes, uint32_t length) {
  if (connection->queued == 0) {
    connection->offset = 0;
    set_interest(connection, EPOLLIN | EPOLLOUT);
  }
  uint32_t end = connection->offset + connection->queued;
  if (end + length > connection->capacity) {
    connection->capacity = connection->capacity == 0 ? 4096 : connection->capacity * 2;
    connection->queue = realloc(connection->queue, connection->capacity);
    if (connection->queue == NULL) die("realloc");
  }
  memcpy(connection->queue + end, bytes, length);
  connection->queued += length;
}

/** False: the connection has failed. */
static bool send_to(struct connection* connection, const char* message) {
  if (connection->queued + MESSAGE_BYTES > QUEUE_MOST_BYTES) return true;
  ssize_t sent = 0;
  if (connection->queued == 0) sent = send(connection->fd, message, MESSAGE_BYTES, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  if (sent < 0) sent = 0;
  if (sent < MESSAGE_BYTES) enqueue(connection, message + sent, MESSAGE_BYTES - (uint32_t)sent);
  return true;
}

/** False: the connection has failed. */
static bool flush(struct connection* connection) {
  ssize_t sent = send(connection->fd, connection->queue + connection->offset, connection->queued, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  connection->queued -= (uint32_t)sent;
  connection->offset += (uint32_t)sent;
  if (connection->queued > 0) {
    memmove(connection->queue, connection->queue + connection->offset, connection->queued);
    connection->offset = 0;
    return true;
  }
  free(connection->queue);
  connection->queue = NULL;
  connection->capacity = 0;
  set_interest(connection, EPOLLIN);
  return true;
}

static void answer(struct connection* connection) {
  char text[MESSAGE_BYTES + 1];
  uint32_t full = 0;
  uint32_t most = 0;
  uint64_t held = 0;
  for (uint32_t i = 0; i < total; i++) {
    uint32_t queued = connections[i]->queued;
    if (queued + MESSAGE_BYTES > QUEUE_MOST_BYTES) full++;
    if (queued > most) most = queued;
    held += sizeof(struct connection) + connections[i]->capacity;
  }
  snprintf(text, sizeof text, "%-100s", "");
  int length = snprintf(text, sizeof text, "%c %u %u %u %llu", ASK, total, full, most, (unsigned long long)held);
  text[length] = ' ';
  send_to(connection, text);
}

/** Those that fail are left to their own events, which come at once. */
static void on_message(struct connection* connection, const char* message) {
  if (message[0] == ASK) {
    answer(connection);
    return;
  }
  for (uint32_t i = 0; i < total; i++) send_to(connections[i], message);
}

/** False: the connection is over. */
static bool receive(struct connection* connection) {
  static char buffer[BUFFER_BYTES];
  uint32_t kept = connection->partial_length;
  if (kept > 0) memcpy(buffer, connection->partial, kept);
  ssize_t received = recv(connection->fd, buffer + kept, sizeof buffer - kept, 0);
  if (received < 0 && errno == EAGAIN) return true;
  if (received <= 0) return false;
  uint32_t length = kept + (uint32_t)received;
  uint32_t read = 0;
  for (; length - read >= MESSAGE_BYTES; read += MESSAGE_BYTES) on_message(connection, buffer + read);
  connection->partial_length = length - read;
  if (length == read) return true;
  if (connection->partial == NULL) connection->partial = malloc(MESSAGE_BYTES);
  if (connection->partial == NULL) die("malloc");
  memcpy(connection->partial, buffer + read, length - read);
  return true;
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
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) die("TCP_NODELAY");
    if (total == MAX_CONNECTIONS) die("connections");
    connection->fd = fd;
    connection->index = total;
    connections[total++] = connection;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }
}

int main(void) {
  int listener = listen_any_port(SOCK_NONBLOCK);
  int bytes = SEND_BUFFER_BYTES;
  if (setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0) die("SO_SNDBUF");
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
        continue;
      }
      bool is_open = true;
      if ((events[i].events & EPOLLOUT) != 0 && connection->queued > 0) is_open = flush(connection);
      if (is_open && (events[i].events & ~(uint32_t)EPOLLOUT) != 0) is_open = receive(connection);
      if (!is_open) remove_connection(connection);
    }
  }
}
