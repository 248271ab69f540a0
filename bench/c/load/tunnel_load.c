// The load of a CONNECT proxy: N tunnels to one HTTP server, in each one request after the other for the same file.
// Every byte of every response is compared with the file. The server's CPU clock is read at both ends of the window,
// and the bytes that came in between are counted.
// usage: tunnel_load <port> <target port> <tunnels> <file> <path> <settleMs> <windowMs> <serverPid>
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "tally.h"

enum { MAX_TUNNELS = 64, HEAD_MOST_BYTES = 4096, BUFFER_BYTES = 1 << 18, STALL_MS = 5000 };

struct tunnel {
  int fd;
  /** Whether the proxy has said 200: what comes from here on is the server's. */
  bool open;
  /** The head of the response, until it is whole. */
  char head[HEAD_MOST_BYTES + 1];
  size_t head_length;
  /** How much of the body has come. */
  size_t received;
  uint64_t asked_ns;
};

static struct {
  struct tunnel tunnels[MAX_TUNNELS];
  struct tally tally;
  const char* body;
  size_t body_length;
  char connect[256];
  char request[256];
  bool measuring;
  uint64_t bytes;
} load;

static void end(struct tunnel* tunnel, const char* what, int error) {
  tally_error(&load.tally, what, error);
  close(tunnel->fd);
  tunnel->fd = -1;
}

static void say(struct tunnel* tunnel, const char* text) {
  tunnel->head_length = 0;
  tunnel->received = 0;
  tunnel->asked_ns = now_ns();
  const ssize_t sent = send(tunnel->fd, text, strlen(text), MSG_NOSIGNAL);
  if (sent != (ssize_t)strlen(text)) end(tunnel, "send", sent < 0 ? errno : EMSGSIZE);
}

/** Takes what belongs to a head. Returns how much that is; 0 for nothing, if the head is whole already. */
static size_t take_head(struct tunnel* tunnel, const char* bytes, size_t length) {
  const size_t before = tunnel->head_length;
  if (before >= 4 && memcmp(tunnel->head + before - 4, "\r\n\r\n", 4) == 0) return 0;
  size_t taken = 0;
  while (taken < length && tunnel->head_length < HEAD_MOST_BYTES) {
    tunnel->head[tunnel->head_length++] = bytes[taken++];
    if (tunnel->head_length >= 4 && memcmp(tunnel->head + tunnel->head_length - 4, "\r\n\r\n", 4) == 0) break;
  }
  return taken;
}

static bool head_is_whole(struct tunnel* tunnel) {
  return tunnel->head_length >= 4 && memcmp(tunnel->head + tunnel->head_length - 4, "\r\n\r\n", 4) == 0;
}

static void take(struct tunnel* tunnel, const char* bytes, size_t length) {
  for (size_t taken = 0; taken < length && tunnel->fd >= 0;) {
    taken += take_head(tunnel, bytes + taken, length - taken);
    if (!head_is_whole(tunnel)) {
      if (tunnel->head_length == HEAD_MOST_BYTES) end(tunnel, "head", EMSGSIZE);
      continue;
    }
    if (strncmp(tunnel->head, "HTTP/1.1 200", 12) != 0) {
      end(tunnel, "status", EBADMSG);
    } else if (!tunnel->open) {
      tunnel->open = true;
      say(tunnel, load.request);
    } else {
      const size_t left = load.body_length - tunnel->received;
      const size_t count = length - taken < left ? length - taken : left;
      if (memcmp(bytes + taken, load.body + tunnel->received, count) != 0) {
        end(tunnel, "body", EBADMSG);
        return;
      }
      taken += count;
      tunnel->received += count;
      if (load.measuring) load.bytes += count;
      if (tunnel->received < load.body_length) continue;
      if (load.measuring) histogram_add(&load.tally.latency, now_ns() - tunnel->asked_ns);
      say(tunnel, load.request);
    }
  }
}

static void turn(int epoll_fd, int wait_ms) {
  static char buffer[BUFFER_BYTES];
  struct epoll_event events[MAX_TUNNELS];
  const int count = epoll_wait(epoll_fd, events, MAX_TUNNELS, wait_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    struct tunnel* tunnel = events[i].data.ptr;
    if (tunnel->fd < 0) continue;
    const ssize_t received = recv(tunnel->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received > 0) {
      take(tunnel, buffer, (size_t)received);
    } else if (received == 0 || errno != EAGAIN) {
      end(tunnel, "recv", received == 0 ? ECONNRESET : errno);
    }
  }
}

static void turn_until(int epoll_fd, uint64_t deadline_ns) {
  for (uint64_t now = now_ns(); now < deadline_ns; now = now_ns()) {
    turn(epoll_fd, (int)((deadline_ns - now + 999999) / 1000000));
  }
}

static void open_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) die(path);
  load.body_length = (size_t)status.st_size;
  load.body = mmap(NULL, load.body_length, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (load.body == MAP_FAILED) die("mmap");
  close(fd);
}

/** Connects all, and asks the proxy for the tunnel of each. */
static void connect_all(int epoll_fd, uint16_t port, uint32_t tunnels) {
  for (uint32_t i = 0; i < tunnels; i++) {
    struct tunnel* tunnel = &load.tunnels[i];
    tunnel->fd = start_connecting(port, i);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = tunnel};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, tunnel->fd, &event) != 0) die("epoll_ctl");
    if (epoll_wait(epoll_fd, &event, 1, STALL_MS) != 1) die("connect");
    if ((errno = connect_error(tunnel->fd)) != 0) die("connect");
    event = (struct epoll_event){.events = 0, .data.ptr = tunnel};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, tunnel->fd, &event) != 0) die("epoll_ctl");
  }
  for (uint32_t i = 0; i < tunnels; i++) {
    struct tunnel* tunnel = &load.tunnels[i];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tunnel};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, tunnel->fd, &event) != 0) die("epoll_ctl");
    say(tunnel, load.connect);
  }
}

int main(int argc, char** argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: %s <port> <target port> <tunnels> <file> <path> <settleMs> <windowMs> <serverPid>\n",
            argv[0]);
    return 2;
  }
  const uint16_t port = (uint16_t)parse_number(argv[1], 1, 65535);
  const long target = parse_number(argv[2], 1, 65535);
  const uint32_t tunnels = (uint32_t)parse_number(argv[3], 1, MAX_TUNNELS);
  open_file(argv[4]);
  snprintf(load.connect, sizeof load.connect, "CONNECT 127.0.0.1:%ld HTTP/1.1\r\nHost: 127.0.0.1:%ld\r\n\r\n", target,
           target);
  snprintf(load.request, sizeof load.request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", argv[5]);
  const uint64_t settle_ns = (uint64_t)parse_number(argv[6], 0, 600000) * 1000000u;
  const uint64_t window_ns = (uint64_t)parse_number(argv[7], 1, 600000) * 1000000u;
  const pid_t server = (pid_t)parse_number(argv[8], 1, INT32_MAX);
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");

  connect_all(epoll_fd, port, tunnels);
  turn_until(epoll_fd, now_ns() + settle_ns);
  const struct process_clock before = process_clock_read(server);
  const uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(epoll_fd, start_ns + window_ns);
  const uint64_t end_ns = now_ns();
  const struct process_clock after = process_clock_read(server);
  char bytes[64];
  snprintf(bytes, sizeof bytes, "\"bytes\":%llu,", (unsigned long long)load.bytes);
  tally_report(&load.tally, &before, &after, end_ns - start_ns, bytes);
  return 0;
}
