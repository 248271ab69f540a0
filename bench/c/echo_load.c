// The load of the echo suite: N connections in closed loop, one 64-byte message each on its way at any time. Every
// message carries its connection and its number, and what comes back is compared byte for byte. At both ends of the
// measured window it reads the server's own CPU clock, so that connecting and warming up are not counted.
// usage: echo_load <port> <connections> <warmupMs> <windowMs> <serverPid>
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "histogram.h"
#include "loopback.h"
#include "process_clock.h"

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
  uint32_t received;
  uint64_t sent_ns;
  struct message expected;
  char reply[MESSAGE_BYTES];
};

static struct {
  int epoll_fd;
  uint16_t port;
  struct connection* connections;
  uint32_t total;
  uint32_t started;
  uint32_t connected;
  bool running;
  bool measuring;
  uint64_t round_trips;
  uint64_t errors;
  char first_error[128];
  struct histogram latency;
} load;

/** A connection that failed takes no further part. */
static void fail(struct connection* connection, const char* what, int error) {
  if (load.errors++ == 0) snprintf(load.first_error, sizeof load.first_error, "%s: %s", what, strerror(error));
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
  // 64 bytes into an empty send buffer always fit: a part taken is as wrong as none.
  ssize_t sent = send(connection->fd, message, MESSAGE_BYTES, MSG_NOSIGNAL);
  if (sent != MESSAGE_BYTES) fail(connection, "send", sent < 0 ? errno : EMSGSIZE);
}

static void start_connect(uint32_t index) {
  struct connection* connection = &load.connections[index];
  connection->expected.connection = index;
  connection->fd = start_connecting(load.port, index);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("epoll_ctl");
}

/** Keeps up to CONNECT_BURST connections under way until all have been started. */
static void start_more_connects(void) {
  while (load.started < load.total && load.started - load.connected < CONNECT_BURST) start_connect(load.started++);
}

static void finish_connect(struct connection* connection) {
  int error = connect_error(connection->fd);
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
  if (load.measuring) {
    load.round_trips++;
    histogram_add(&load.latency, now_ns() - connection->sent_ns);
  }
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
    if (!load.running && load.connected == load.total) return;
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

static void report(const struct process_clock* before, const struct process_clock* after, uint64_t window_ns) {
  printf("{\"operations\":%llu,\"errors\":%llu,\"firstError\":\"%s\",\"seconds\":%.6f,",
         (unsigned long long)load.round_trips, (unsigned long long)load.errors, load.first_error,
         (double)window_ns / 1e9);
  printf("\"cpuSeconds\":%.9f,\"userSeconds\":%.2f,\"systemSeconds\":%.2f,", after->cpu - before->cpu,
         after->user - before->user, after->system - before->system);
  printf("\"p50Us\":%.2f,\"p99Us\":%.2f}\n", (double)histogram_percentile(&load.latency, 50) / 1e3,
         (double)histogram_percentile(&load.latency, 99) / 1e3);
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: %s <port> <connections> <warmupMs> <windowMs> <serverPid>\n", argv[0]);
    return 2;
  }
  load.port = (uint16_t)parse_number(argv[1], 1, 65535);
  load.total = (uint32_t)parse_number(argv[2], 1, MAX_CONNECTIONS);
  uint64_t warmup_ns = (uint64_t)parse_number(argv[3], 0, 600000) * 1000000u;
  uint64_t window_ns = (uint64_t)parse_number(argv[4], 1, 600000) * 1000000u;
  pid_t server = (pid_t)parse_number(argv[5], 1, INT32_MAX);
  load.connections = calloc(load.total, sizeof *load.connections);
  if (load.connections == NULL) die("calloc");
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (load.epoll_fd < 0) die("epoll_create1");

  connect_all();
  load.running = true;
  for (uint32_t i = 0; i < load.total; i++) {
    if (load.connections[i].fd >= 0) send_next(&load.connections[i]);
  }
  turn_until(now_ns() + warmup_ns);

  struct process_clock before = process_clock_read(server);
  uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(start_ns + window_ns);
  uint64_t end_ns = now_ns();
  struct process_clock after = process_clock_read(server);
  report(&before, &after, end_ns - start_ns);
  return 0;
}
