// The load of the echo and udp suites: N connections in closed loop, one 64-byte message each on its way at any time.
// Every message carries its connection and its number, and what comes back is compared byte for byte. At both ends of
// the measured window it reads the server's own CPU clock, so that connecting and warming up are not counted. After the
// window it waits for what is still on its way: a message that was lost is an error.
// usage: echo_load tcp|udp <port> <connections> <warmupMs> <windowMs> <serverPid> [bulkBytes]
// With bulkBytes one more connection sends so many bytes as fast as it can meanwhile (bulk.h); it counts for nothing.
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "bulk.h"
#include "tally.h"

enum {
  MESSAGE_BYTES = 64,
  MAX_EVENTS = 1024,
  MAX_CONNECTIONS = 15000,
  STALL_MS = 5000,
};

struct message {
  uint64_t sequence;
  uint32_t connection;
  uint32_t words[(MESSAGE_BYTES - 12) / 4];
};
_Static_assert(sizeof(struct message) == MESSAGE_BYTES, "a message has 64 bytes");

struct connection {
  int fd;
  bool connected;
  bool waiting;
  uint32_t received;
  uint64_t sent_ns;
  struct message expected;
  char reply[MESSAGE_BYTES];
};

static struct {
  int epoll_fd;
  int type;
  uint16_t port;
  struct connection* connections;
  uint32_t total;
  uint32_t started;
  uint32_t connected;
  uint32_t waiting;
  bool running;
  bool measuring;
  struct tally tally;
  struct bulk bulk;
} load;

static void set_waiting(struct connection* connection, bool waiting) {
  load.waiting += (uint32_t)waiting - (uint32_t)connection->waiting;
  connection->waiting = waiting;
}

/** A connection that failed takes no further part. */
static void fail(struct connection* connection, const char* what, int error) {
  tally_error(&load.tally, what, error);
  set_waiting(connection, false);
  close(connection->fd);
  connection->fd = -1;
}

/** The next message: its number, its connection, and words that differ from every other message's. */
static void send_next(struct connection* connection) {
  struct message* message = &connection->expected;
  message->sequence++;
  uint32_t word = message->connection * 2654435761u ^ (uint32_t)message->sequence;
  for (size_t i = 0; i < sizeof message->words / sizeof message->words[0]; i++) {
    message->words[i] = word;
    word = word * 1664525u + 1013904223u;
  }
  connection->received = 0;
  connection->sent_ns = now_ns();
  set_waiting(connection, true);
  // 64 bytes into an empty send buffer always fit: a part taken is as wrong as none.
  ssize_t sent = send(connection->fd, message, MESSAGE_BYTES, MSG_NOSIGNAL);
  if (sent != MESSAGE_BYTES) fail(connection, "send", sent < 0 ? errno : EMSGSIZE);
}

static void start_connect(uint32_t index) {
  struct connection* connection = &load.connections[index];
  connection->expected.connection = index;
  connection->fd = start_client(load.type, load.port, index);
  const bool stream = load.type == SOCK_STREAM;
  struct epoll_event event = {.events = EPOLLIN | (stream ? EPOLLOUT : 0u) | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("epoll_ctl");
  if (stream) return;
  connection->connected = true;
  load.connected++;
}

/** Keeps up to CONNECT_BURST connections under way until all have been started. */
static void start_more_connects(void) {
  while (load.started < load.total && load.started - load.connected < CONNECT_BURST) start_connect(load.started++);
}

static void finish_connect(struct connection* connection) {
  const int error = connect_error(connection->fd);
  connection->connected = true;
  load.connected++;
  if (error != 0) fail(connection, "connect", error);
}

/** Edge-triggered: the one message that is on its way is read in as many parts as it comes in. */
static void on_readable(struct connection* connection) {
  while (connection->received < MESSAGE_BYTES) {
    size_t left = MESSAGE_BYTES - connection->received;
    ssize_t count = recv(connection->fd, connection->reply + connection->received, left, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      fail(connection, "recv", count < 0 ? errno : ECONNRESET);
      return;
    }
    connection->received += (uint32_t)count;
  }
  if (memcmp(connection->reply, &connection->expected, MESSAGE_BYTES) != 0) {
    fail(connection, "wrong bytes came back", EBADMSG);
    return;
  }
  set_waiting(connection, false);
  if (load.measuring) histogram_add(&load.tally.latency, now_ns() - connection->sent_ns);
  if (load.running) send_next(connection);
}

static void handle_event(const struct epoll_event* event) {
  struct connection* connection = event->data.ptr;
  if (connection->fd < 0) return;
  if (!connection->connected) {
    if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) finish_connect(connection);
    return;
  }
  if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) on_readable(connection);
}

/** Handles events until `deadline_ns`. */
static void turn_until(uint64_t deadline_ns) {
  static struct epoll_event events[MAX_EVENTS];
  for (uint64_t now = now_ns(); now < deadline_ns; now = now_ns()) {
    int left_ms = (int)((deadline_ns - now + 999999) / 1000000);
    int count = epoll_wait(load.epoll_fd, events, MAX_EVENTS, left_ms);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) handle_event(&events[i]);
    start_more_connects();
    if (load.running) bulk_turn(&load.bulk);
    if (!load.running && load.connected == load.total && load.waiting == 0) return;
  }
}

static void connect_all(void) {
  start_more_connects();
  while (load.connected < load.total) {
    uint32_t before = load.connected;
    turn_until(now_ns() + STALL_MS * 1000000ull);
    if (load.connected == before) {
      fprintf(stderr, "%u of %u connections, and no more within %d ms\n", before, load.total, STALL_MS);
      exit(1);
    }
  }
}

/** What was sent is to come back even after the window. */
static void drain(void) {
  load.measuring = load.running = false;
  if (load.waiting > 0) turn_until(now_ns() + STALL_MS * 1000000ull);
  for (; load.waiting > 0; load.waiting--) tally_error(&load.tally, "no answer", ETIMEDOUT);
}

int main(int argc, char** argv) {
  if (argc != 7 && argc != 8) {
    fprintf(stderr, "usage: %s tcp|udp <port> <connections> <warmupMs> <windowMs> <serverPid> [bulkBytes]\n", argv[0]);
    return 2;
  }
  load.type = strcmp(argv[1], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
  load.port = (uint16_t)parse_number(argv[2], 1, 65535);
  load.total = (uint32_t)parse_number(argv[3], 1, MAX_CONNECTIONS);
  uint64_t warmup_ns = (uint64_t)parse_number(argv[4], 0, 600000) * 1000000u;
  uint64_t window_ns = (uint64_t)parse_number(argv[5], 1, 600000) * 1000000u;
  pid_t server = (pid_t)parse_number(argv[6], 1, INT32_MAX);
  load.connections = calloc(load.total, sizeof *load.connections);
  if (load.connections == NULL) die("calloc");
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (load.epoll_fd < 0) die("epoll_create1");

  connect_all();
  bulk_start(&load.bulk, load.port, argc == 8 ? (uint64_t)parse_number(argv[7], 0, INT64_MAX) : 0);
  load.running = true;
  for (uint32_t i = 0; i < load.total; i++) {
    if (load.connections[i].fd >= 0) send_next(&load.connections[i]);
  }
  turn_until(now_ns() + warmup_ns);

  struct process_clock before = process_clock_read(server);
  uint64_t bulk_before = load.bulk.received;
  uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(start_ns + window_ns);
  uint64_t end_ns = now_ns();
  struct process_clock after = process_clock_read(server);
  uint64_t bulk_received = load.bulk.received - bulk_before;
  drain();
  if (load.bulk.fd >= 0 && bulk_received == 0) tally_error(&load.tally, "nothing of the bulk came back", ETIMEDOUT);
  char more[64];
  snprintf(more, sizeof more, "\"bytesBeside\":%" PRIu64 ",", bulk_received);
  tally_report(&load.tally, &before, &after, end_ns - start_ns, more);
  return 0;
}
