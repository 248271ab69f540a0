// The other end of a great many connections: opens them, keeps them open, and sends messages over some or all. What it
// keeps of a connection is its fd, so that the machine's memory goes to what is measured. Every message carries its
// connection and its round; what comes back is compared.
// usage: hold_load <port> <first source>          and commands on stdin, one a line, each answered by a line of JSON:
//   connect N          opens N more, and answers when the server has accepted them all
//   ping FIRST N       one message over each of N connections from number FIRST
//   load STRIDE MS     one over every STRIDE-th, all of them on their way at once, again and again for MS milliseconds
// The end of stdin resets all connections (no TIME_WAIT is left behind) and ends the program.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/common.h"

enum {
  // Connections from one source address: well below the number of ephemeral ports.
  CONNECTIONS_A_SOURCE = 10000,
  // Connections under way before one of them is tried: below any listen backlog, so that none is dropped.
  CONNECT_BURST = 512,
  // Messages on their way at a time where all connections are tried, so that they take no memory worth counting.
  PING_BURST = 1024,
  ANSWER_TIMEOUT_MS = 60000,
};

struct message {
  uint32_t connection;
  uint32_t round;
};

static struct {
  struct sockaddr_in server;
  uint32_t first_source;
  int* fds;
  uint32_t size;
  uint32_t capacity;
  uint32_t round;
  uint64_t answered;
  uint64_t errors;
  char first_error[160];
} load;

/** Always false, for the caller to return. */
static bool fail(const char* what, uint32_t connection, const char* why) {
  if (load.errors++ == 0) snprintf(load.first_error, sizeof load.first_error, "%s %u: %s", what, connection, why);
  return false;
}

static void begin(void) {
  load.answered = 0;
  load.errors = 0;
}

static void answer(uint64_t since) {
  printf("{\"connections\":%u,\"answered\":%llu,\"errors\":%llu,\"firstError\":\"%s\",\"seconds\":%.6f}\n", load.size,
         (unsigned long long)load.answered, (unsigned long long)load.errors, load.errors > 0 ? load.first_error : "",
         (double)(now_ns() - since) / 1e9);
  fflush(stdout);
}

static bool send_to(uint32_t connection) {
  struct message message = {connection, load.round};
  ssize_t sent = send(load.fds[connection], &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == sizeof message || fail("send", connection, sent < 0 ? strerror(errno) : "too few bytes");
}

/** Waits only where nothing has come yet: most often the server has answered a whole burst by now. */
static bool receive_from(uint32_t connection) {
  struct message message;
  int fd = load.fds[connection];
  ssize_t received;
  while ((received = recv(fd, &message, sizeof message, MSG_DONTWAIT)) < 0 && errno == EAGAIN) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int ready = poll(&readable, 1, ANSWER_TIMEOUT_MS);
    if (ready == 0) return fail("ping", connection, "no answer");
    if (ready < 0 && errno != EINTR) die("poll");
  }
  if (received < 0) return fail("recv", connection, strerror(errno));
  if (received != sizeof message || message.connection != connection || message.round != load.round)
    return fail("recv", connection, "not the message that was sent");
  load.answered++;
  return true;
}

/** One message over each connection from `first` in steps of `stride`, at most `most` of them. */
static void ping_some(uint32_t first, uint32_t stride, uint32_t most) {
  uint64_t end = (uint64_t)first + (uint64_t)stride * most;
  if (end > load.size) end = load.size;
  load.round++;
  for (uint64_t i = first; i < end; i += stride) {
    if (!send_to((uint32_t)i)) return;
  }
  for (uint64_t i = first; i < end; i += stride) {
    if (!receive_from((uint32_t)i)) return;
  }
}

static bool open_one(void) {
  uint32_t source = load.first_source + load.size / CONNECTIONS_A_SOURCE;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl((127u << 24) + 256 + source)};
  int yes = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail("socket", load.size, strerror(errno));
  // The port is chosen by connect(), which may give one number to several destinations.
  if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) != 0) die("IP_BIND_ADDRESS_NO_PORT");
  if (bind(fd, (struct sockaddr*)&from, sizeof from) != 0 ||
      connect(fd, (struct sockaddr*)&load.server, sizeof load.server) != 0) {
    fail("connect", load.size, strerror(errno));
    close(fd);
    return false;
  }
  if (load.size == load.capacity) {
    load.capacity = load.capacity == 0 ? 1024 : load.capacity * 2;
    load.fds = realloc(load.fds, load.capacity * sizeof *load.fds);
    if (load.fds == NULL) die("realloc");
  }
  load.fds[load.size++] = fd;
  return true;
}

/** The server accepts in the order of connecting: when the last one is answered, all are accepted. */
static void open_more(uint32_t count) {
  for (uint32_t end = load.size + count; load.size < end;) {
    uint32_t burst = end - load.size < CONNECT_BURST ? end - load.size : CONNECT_BURST;
    for (; burst > 0 && open_one(); burst--) continue;
    if (load.size > 0) ping_some(load.size - 1, 1, 1);
    if (load.errors > 0) return;
  }
}

static void ping_each(uint32_t first, uint32_t count) {
  for (uint32_t done = 0; done < count && load.errors == 0; done += PING_BURST) {
    ping_some(first + done, 1, count - done < PING_BURST ? count - done : PING_BURST);
  }
}

static void ping_until(uint32_t stride, uint64_t end) {
  while (load.errors == 0 && load.size > 0 && now_ns() < end) ping_some(0, stride, load.size);
}

/** The next number of the command line that strtok() is in. */
static uint32_t next_number(uint32_t least) {
  const char* word = strtok(NULL, " \n");
  return (uint32_t)parse_number(word == NULL ? "" : word, least, 100000000);
}

static void obey(char* line) {
  uint64_t start = now_ns();
  const char* word = strtok(line, " \n");
  const char* command = word == NULL ? "" : word;
  begin();
  if (strcmp(command, "connect") == 0) {
    open_more(next_number(1));
  } else if (strcmp(command, "ping") == 0) {
    uint32_t first = next_number(0);
    ping_each(first, next_number(1));
  } else if (strcmp(command, "load") == 0) {
    uint32_t stride = next_number(1);
    ping_until(stride, start + (uint64_t)next_number(1) * 1000000);
  } else {
    fprintf(stderr, "no such command: %s\n", command);
    exit(2);
  }
  answer(start);
}

static void reset_all(void) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  for (uint32_t i = 0; i < load.size; i++) {
    setsockopt(load.fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(load.fds[i]);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hold_load <port> <first source>\n");
    return 2;
  }
  load.server.sin_family = AF_INET;
  load.server.sin_port = htons((uint16_t)parse_number(argv[1], 1, 65535));
  load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  load.first_source = (uint32_t)parse_number(argv[2], 0, 1000000);
  char command[128];
  while (fgets(command, sizeof command, stdin) != NULL) obey(command);
  reset_all();
  return 0;
}
