// The load of the broadcast suite. Some connections never read; once the server's queues of these are full, the
// readers connect. The first reader sends a message, the server sends it to all, and when all readers have it, the next
// one follows. An operation is a message at a reader; its latency counts from the sending. Every byte is compared.
// Within the window the server's CPU clock is read. At the end the server tells what it holds for the stuck ones.
// usage: broadcast_load <port> <readers> <stuck> <settleMs> <windowMs> <serverPid>
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/broadcast.h"
#include "../shared/loopback.h"
#include "tally.h"

enum {
  MAX_EVENTS = 1024,
  MAX_CONNECTIONS = 15000,
  STALL_MS = 5000,
  STUCK_RECEIVE_BYTES = 2048,
  FILL_MESSAGES = 200,  // between two looks at the queues
  FILL_LOOKS = 100,
};

struct reader {
  int fd;
  bool connected;
  uint32_t received;  // bytes of the message that is on its way
  char bytes[MESSAGE_BYTES];
};

struct held {
  unsigned connections;
  unsigned full;
  unsigned most;
  unsigned long long bytes;
};

static struct {
  int epoll_fd;
  uint16_t port;
  struct reader* readers;  // the first one sends
  uint32_t total;
  uint32_t connected;
  uint32_t missing;  // readers that do not have the message yet
  char message[MESSAGE_BYTES];
  uint32_t sequence;
  uint64_t sent_ns;
  bool running;
  bool measuring;
  struct tally tally;
} load;

static void finish_connect(struct reader* reader) {
  int error = connect_error(reader->fd);
  if (error != 0) {
    errno = error;
    die("connect");
  }
  reader->connected = true;
  load.connected++;
}

static void send_message(void) {
  ssize_t sent = send(load.readers[0].fd, load.message, MESSAGE_BYTES, MSG_NOSIGNAL);
  if (sent != MESSAGE_BYTES) die("send");
}

static void send_next(void) {
  memset(load.message, 0, sizeof load.message);
  snprintf(load.message, sizeof load.message, "message %u", ++load.sequence);
  for (size_t i = 24; i < MESSAGE_BYTES; i++) load.message[i] = (char)((size_t)load.sequence * 31u + i);
  load.missing = load.connected;
  load.sent_ns = now_ns();
  send_message();
}

static void on_readable(struct reader* reader) {
  ssize_t count = recv(reader->fd, reader->bytes + reader->received, MESSAGE_BYTES - reader->received, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) die("recv");
  reader->received += (uint32_t)count;
  if (reader->received < MESSAGE_BYTES) return;
  reader->received = 0;
  if (memcmp(reader->bytes, load.message, MESSAGE_BYTES) != 0) tally_error(&load.tally, "wrong message", EBADMSG);
  if (load.measuring) histogram_add(&load.tally.latency, now_ns() - load.sent_ns);
  if (--load.missing == 0 && load.running) send_next();
}

static void turn(int wait_ms) {
  static struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait(load.epoll_fd, events, MAX_EVENTS, wait_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    struct reader* reader = events[i].data.ptr;
    if (!reader->connected) {
      finish_connect(reader);
    } else {
      on_readable(reader);
    }
  }
}

static void turn_until(uint64_t deadline_ns) {
  for (uint64_t now = now_ns(); now < deadline_ns; now = now_ns()) turn((int)((deadline_ns - now + 999999) / 1000000));
}

/** Until `*count` is `wanted`. */
static void turn_while_not(const uint32_t* count, uint32_t wanted, const char* what) {
  for (uint64_t last = now_ns(); *count != wanted;) {
    uint32_t before = *count;
    turn(STALL_MS);
    if (*count != before) last = now_ns();
    if (now_ns() - last < STALL_MS * 1000000ull) continue;
    errno = ETIMEDOUT;
    die(what);
  }
}

static void connect_readers(uint32_t total) {
  for (uint32_t started = load.connected; started < total;) {
    uint32_t burst = total - started < CONNECT_BURST ? total - started : (uint32_t)CONNECT_BURST;
    for (uint32_t i = 0; i < burst; i++, started++) {
      struct reader* reader = &load.readers[started];
      reader->fd = start_connecting(load.port, started);
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = reader};
      if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, reader->fd, &event) != 0) die("epoll_ctl");
    }
    turn_while_not(&load.connected, started, "connecting");
  }
}

/** What the server says that it holds. Only while no message is on its way. */
static struct held ask(void) {
  struct held held;
  struct reader* reader = &load.readers[0];
  memset(load.message, ASK, sizeof load.message);
  send_message();
  char text[MESSAGE_BYTES + 1] = {0};
  for (size_t length = 0; length < MESSAGE_BYTES;) {
    ssize_t count = recv(reader->fd, text + length, MESSAGE_BYTES - length, 0);
    if (count <= 0 && errno != EAGAIN) die("recv");
    if (count > 0) length += (size_t)count;
    if (count < 0) usleep(100);
  }
  if (text[0] != '?') die(text);
  char* rest = text + 1;
  held.connections = (unsigned)strtoul(rest, &rest, 10);
  held.full = (unsigned)strtoul(rest, &rest, 10);
  held.most = (unsigned)strtoul(rest, &rest, 10);
  held.bytes = strtoull(rest, &rest, 10);
  return held;
}

/** A connection is there for its client before the server has accepted it, and then misses a message. */
static void await_accepted(uint32_t connections) {
  for (uint64_t end = now_ns() + STALL_MS * 1000000ull; ask().connections != connections;) {
    if (now_ns() < end) continue;
    errno = ETIMEDOUT;
    die("the server accepts all connections");
  }
}

/** They never read, and have room for little. */
static void connect_stuck(uint32_t stuck) {
  for (uint32_t i = 0; i < stuck; i++) {
    int bytes = STUCK_RECEIVE_BYTES;
    int fd = start_connecting(load.port, i);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0) die("SO_RCVBUF");
  }
}

/** Sends messages until the queues of the stuck ones are full. */
static void fill(uint32_t stuck) {
  for (int looks = 0; ask().full < stuck; looks++) {
    if (looks == FILL_LOOKS) {
      errno = ETIMEDOUT;
      die("the queues of the stuck connections do not become full");
    }
    for (int i = 0; i < FILL_MESSAGES; i++) {
      send_next();
      turn_while_not(&load.missing, 0, "filling");
    }
  }
}

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: %s <port> <readers> <stuck> <settleMs> <windowMs> <serverPid>\n", argv[0]);
    return 2;
  }
  load.port = (uint16_t)parse_number(argv[1], 1, 65535);
  load.total = (uint32_t)parse_number(argv[2], 1, MAX_CONNECTIONS);
  const uint32_t stuck = (uint32_t)parse_number(argv[3], 0, MAX_CONNECTIONS);
  const uint64_t settle_ns = (uint64_t)parse_number(argv[4], 0, 600000) * 1000000u;
  const uint64_t window_ns = (uint64_t)parse_number(argv[5], 1, 600000) * 1000000u;
  const pid_t server = (pid_t)parse_number(argv[6], 1, INT32_MAX);
  load.readers = calloc(load.total, sizeof *load.readers);
  if (load.readers == NULL) die("calloc");
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (load.epoll_fd < 0) die("epoll_create1");

  connect_readers(1);
  await_accepted(1);  // those of the run before are gone
  const struct held before_stuck = ask();
  connect_stuck(stuck);
  await_accepted(1 + stuck);
  if (stuck > 0) fill(stuck);
  const struct held with_stuck = ask();
  connect_readers(load.total);
  await_accepted(load.total + stuck);

  load.running = true;
  send_next();
  turn_until(now_ns() + settle_ns);
  const struct process_clock before = process_clock_read(server);
  const uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(start_ns + window_ns);
  const uint64_t end_ns = now_ns();
  const struct process_clock after = process_clock_read(server);
  load.measuring = load.running = false;
  turn_while_not(&load.missing, 0, "the last message");

  const struct held held = ask();
  // Fewer, if the kernel has given a stuck one more room meanwhile.
  if (held.full > stuck) tally_error(&load.tally, "other connections than the stuck ones have full queues", EBADMSG);
  const double each = stuck == 0 ? 0 : ((double)with_stuck.bytes - (double)before_stuck.bytes) / stuck;
  char more[96];
  snprintf(more, sizeof more, "\"queuedMost\":%u,\"heldByStuck\":%.1f,", held.most, each);
  tally_report(&load.tally, &before, &after, end_ns - start_ns, more);
  return 0;
}
