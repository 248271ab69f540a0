// The HTTP load of the C10K curve: N connections that are kept open, of which `active` have a request on its way at any
// time. Where that is not all of them, each next request goes to another connection, so that all take part. Every
// connection has been answered once before the window, so all are really held by the server; every response is compared
// with what it has to be. At both ends of the window the CPU clocks of the server's processes are read, and their
// memory before the first connection and after the window.
// usage: http_load <port> <connections> <active> <settleMs> <windowMs> <leader of the server's process group> [depth]
// With a depth each connection has so many requests on its way, which it sends at once (pipelined); latencies are those
// of the last of them. It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those
// are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/common.h"
#include "../shared/loopback.h"
#include "histogram.h"
#include "process_group.h"

enum {
  MAX_EVENTS = 1024,
  MAX_CONNECTIONS = 18000,
  RESPONSE_MOST_BYTES = 4096,
  MAX_DEPTH = 32,  // so that the answers fit into the buffer
  STALL_MS = 5000,
  LONGEST_WINDOW = 8,
  // A server is quiet when it uses less than a tenth of its core; what ten thousand closed connections make it do is
  // over.
  QUIET_MS = 50,
  QUIET_MOST_MS = 5000,
};

static const char request[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char status_line[] = "HTTP/1.1 200 ";
static const char body[] = "Hello, World!\n";

struct connection {
  int fd;
  bool connected;
  bool busy;
  bool answered;
  uint32_t awaited;  // responses
  uint64_t sent_ns;
  // The part of a response that has come; NULL almost always.
  char* partial;
  size_t partial_length;
};

static struct {
  int epoll_fd;
  uint16_t port;
  struct connection* connections;
  uint32_t total;
  uint32_t active;
  uint32_t depth;
  char requests[MAX_DEPTH * sizeof request];
  uint32_t started;
  uint32_t answered;
  uint32_t next;
  uint32_t stride;
  bool running;
  bool measuring;
  uint64_t responses;
  uint64_t errors;
  char first_error[160];
  struct histogram latency;
} load;

static void note_error(const char* what, const char* why) {
  if (load.errors++ > 0) return;
  snprintf(load.first_error, sizeof load.first_error, "%s: %s", what, why);
  for (char* at = load.first_error; *at != '\0'; at++) {
    if (*at < ' ' || *at == '"' || *at == '\\') *at = '?';  // it becomes a string of JSON
  }
}

/** A connection that failed takes no further part. */
static void fail(struct connection* connection, const char* what, int error) {
  note_error(what, strerror(error));
  close(connection->fd);
  connection->fd = -1;
  connection->busy = false;
}

static void send_request(struct connection* connection) {
  size_t length = load.depth * (sizeof request - 1);
  connection->busy = true;
  connection->awaited = load.depth;
  connection->sent_ns = now_ns();
  // A request into an empty send buffer always fits: a part taken is as wrong as none.
  ssize_t sent = send(connection->fd, load.requests, length, MSG_NOSIGNAL);
  if (sent != (ssize_t)length) fail(connection, "send", sent < 0 ? errno : EMSGSIZE);
}

/** Steps with a stride that has no divisor in common with the total meet every connection, and no neighbours. */
static uint32_t choose_stride(uint32_t total) {
  for (uint32_t stride = (uint32_t)(total * 0.618) | 1u;; stride += 2) {
    uint32_t a = stride;
    uint32_t b = total;
    while (b != 0) {
      uint32_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a == 1) return stride;
  }
}

/** The next request, on the next connection that is idle; on none if all have failed. */
static void send_next(void) {
  for (uint32_t tried = 0; tried < load.total; tried++) {
    load.next = (load.next + load.stride) % load.total;
    struct connection* connection = &load.connections[load.next];
    if (connection->fd < 0 || connection->busy) continue;
    send_request(connection);
    if (connection->busy) return;
  }
}

static void start_connect(uint32_t index) {
  struct connection* connection = &load.connections[index];
  connection->fd = start_connecting(load.port, index);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("epoll_ctl");
}

static void finish_connect(struct connection* connection) {
  int error = connect_error(connection->fd);
  connection->connected = true;
  if (error != 0) {
    fail(connection, "connect", error);
  } else {
    send_request(connection);
  }
}

/** All responses that it waited for are there. */
static void on_responses(struct connection* connection) {
  connection->busy = false;
  if (!connection->answered) {
    connection->answered = true;
    load.answered++;
    return;
  }
  if (load.measuring) {
    load.responses += load.depth;
    histogram_add(&load.latency, now_ns() - connection->sent_ns);
  }
  if (!load.running) return;
  if (load.active == load.total) {
    send_request(connection);
  } else {
    send_next();
  }
}

/** The length of the response at the front, 0 while it is not complete, -1 if it is another than it has to be. */
static ssize_t response_length(const char* bytes, size_t length) {
  const char* end = memmem(bytes, length, "\r\n\r\n", 4);
  if (end == NULL) return length < RESPONSE_MOST_BYTES ? 0 : -1;
  size_t whole = (size_t)(end - bytes) + 4 + sizeof body - 1;
  if (strncmp(bytes, status_line, sizeof status_line - 1) != 0) return -1;
  if (length < whole) return 0;
  return memcmp(end + 4, body, sizeof body - 1) == 0 ? (ssize_t)whole : -1;
}

static void keep_partial(struct connection* connection, const char* bytes, size_t length) {
  connection->partial = malloc(length);
  if (connection->partial == NULL) die("malloc");
  memcpy(connection->partial, bytes, length);
  connection->partial_length = length;
}

/** Edge-triggered, but one recv is enough: the responses that are complete are the last there are, or more will come.
 */
static void on_readable(struct connection* connection) {
  static char bytes[(MAX_DEPTH + 1) * RESPONSE_MOST_BYTES + 1];
  size_t kept = connection->partial_length;
  if (kept > 0) memcpy(bytes, connection->partial, kept);
  ssize_t received = recv(connection->fd, bytes + kept, sizeof bytes - 1 - kept, 0);
  if (received < 0 && errno == EAGAIN) return;
  if (received <= 0) {
    fail(connection, "recv", received < 0 ? errno : ECONNRESET);
    return;
  }
  free(connection->partial);
  connection->partial = NULL;
  connection->partial_length = 0;
  size_t length = kept + (size_t)received;
  size_t read = 0;
  bytes[length] = '\0';
  while (connection->awaited > 0 && read < length) {
    ssize_t whole = response_length(bytes + read, length - read);
    if (whole == 0) {
      keep_partial(connection, bytes + read, length - read);
      return;
    }
    if (whole < 0) break;
    read += (size_t)whole;
    connection->awaited--;
  }
  if (read < length) {
    bytes[read + strcspn(bytes + read, "\r\n")] = '\0';
    note_error("another response than expected", bytes + read);
    fail(connection, "response", EBADMSG);
  } else if (connection->awaited == 0) {
    on_responses(connection);
  }
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

/** Handles events until the time has come, or once, with `wait_ms` for the first. */
static void turn(int wait_ms) {
  static struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait(load.epoll_fd, events, MAX_EVENTS, wait_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) handle_event(&events[i]);
}

static void turn_until(uint64_t deadline_ns) {
  for (uint64_t now = now_ns(); now < deadline_ns; now = now_ns()) turn((int)((deadline_ns - now + 999999) / 1000000));
}

/** Connects, and has every connection answered once, CONNECT_BURST at a time. What does not get on ends the program. */
static void connect_all(void) {
  uint64_t last_progress = now_ns();
  while (load.answered < load.total) {
    while (load.started < load.total && load.started - load.answered < CONNECT_BURST) start_connect(load.started++);
    uint32_t before = load.answered;
    turn(STALL_MS);
    if (load.answered > before) last_progress = now_ns();
    if (load.errors == 0 && now_ns() - last_progress < STALL_MS * 1000000ull) continue;
    fprintf(stderr, "error: %u of %u connections were answered; then %s\n", load.answered, load.total,
            load.errors > 0 ? load.first_error : "nothing for 5 s");
    exit(1);
  }
}

static void run_window(struct process_group* server, uint64_t settle_ns, uint64_t window_ns) {
  size_t ended = 0;
  load.running = true;
  for (uint32_t i = 0; i < load.active; i++) send_next();
  turn_until(now_ns() + settle_ns);

  struct process_clock before = process_group_find(server);
  process_group_cpu(server, &ended);
  uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(start_ns + window_ns);
  // A server that is too slow for one response a connection gets longer.
  for (int more = 1; more < LONGEST_WINDOW && load.responses < load.active; more++) turn_until(now_ns() + window_ns);
  uint64_t end_ns = now_ns();
  load.measuring = false;
  double cpu = process_group_cpu(server, &ended);
  if (ended > 0) note_error("processes of the server", "ended within the window");
  size_t processes = server->count;
  struct process_clock after = process_group_find(server);

  printf("{\"operations\":%llu,\"seconds\":%.6f,\"processes\":%zu,", (unsigned long long)load.responses,
         (double)(end_ns - start_ns) / 1e9, processes);
  printf("\"cpuSeconds\":%.9f,\"userSeconds\":%.2f,\"systemSeconds\":%.2f,", cpu, after.user - before.user,
         after.system - before.system);
  printf("\"p50Us\":%.2f,\"p99Us\":%.2f,\"p999Us\":%.2f,", (double)histogram_percentile(&load.latency, 50) / 1e3,
         (double)histogram_percentile(&load.latency, 99) / 1e3,
         (double)histogram_percentile(&load.latency, 99.9) / 1e3);
}

static void close_all(struct process_group* server) {
  size_t ended = 0;
  for (uint32_t i = 0; i < load.total; i++) {
    if (load.connections[i].fd >= 0) close(load.connections[i].fd);
  }
  for (int waited = 0; waited < QUIET_MOST_MS; waited += QUIET_MS) {
    process_group_cpu(server, &ended);
    usleep(QUIET_MS * 1000);
    if (process_group_cpu(server, &ended) < QUIET_MS / 1e4) return;
  }
}

int main(int argc, char** argv) {
  if (argc != 7 && argc != 8) {
    fprintf(stderr, "usage: %s <port> <connections> <active> <settleMs> <windowMs> <server's group> [depth]\n",
            argv[0]);
    return 2;
  }
  load.port = (uint16_t)parse_number(argv[1], 1, 65535);
  load.total = (uint32_t)parse_number(argv[2], 1, MAX_CONNECTIONS);
  load.active = (uint32_t)parse_number(argv[3], 1, load.total);
  uint64_t settle_ns = (uint64_t)parse_number(argv[4], 0, 600000) * 1000000u;
  uint64_t window_ns = (uint64_t)parse_number(argv[5], 1, 600000) * 1000000u;
  struct process_group server = {.leader = (pid_t)parse_number(argv[6], 1, INT32_MAX)};
  load.depth = argc == 8 ? (uint32_t)parse_number(argv[7], 1, MAX_DEPTH) : 1;
  for (uint32_t i = 0; i < load.depth; i++) {
    memcpy(load.requests + i * (sizeof request - 1), request, sizeof request - 1);
  }
  load.stride = choose_stride(load.total);
  load.connections = calloc(load.total, sizeof *load.connections);
  if (load.connections == NULL) die("calloc");
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (load.epoll_fd < 0) die("epoll_create1");

  process_group_find(&server);
  uint64_t memory_before = process_group_memory(&server);
  connect_all();
  run_window(&server, settle_ns, window_ns);
  printf("\"memoryBefore\":%llu,\"memoryHeld\":%llu,", (unsigned long long)memory_before,
         (unsigned long long)process_group_memory(&server));
  printf("\"errors\":%llu,\"firstError\":\"%s\"}\n", (unsigned long long)load.errors, load.first_error);
  fflush(stdout);
  close_all(&server);
  return 0;
}
