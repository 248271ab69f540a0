// The floor of the dispatch suite, in the shape of libevent's own benchmark: socket pairs, most of them idle, and some
// bytes that go round. The reader of a byte writes it into the next pair, until so many events were handled.
// usage: dispatch <pairs> <active> <warmup> <events>          It prints one line of JSON.
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/own_clock.h"

enum { MAX_EVENTS = 1024, MAX_PAIRS = 100000 };

struct pair {
  int read_fd;
  int write_fd;
};

static struct pair* pairs;
static uint32_t total;
static int epoll_fd;

static void write_byte(uint32_t pair) {
  if (send(pairs[pair].write_fd, "e", 1, MSG_NOSIGNAL) != 1) die("send");
}

/** Handles so many events; the bytes that went round are left where they are. */
static void handle(uint64_t events) {
  static struct epoll_event batch[MAX_EVENTS];
  while (events > 0) {
    const int count = epoll_wait(epoll_fd, batch, MAX_EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count && events > 0; i++, events--) {
      const uint32_t pair = batch[i].data.u32;
      char byte;
      if (recv(pairs[pair].read_fd, &byte, 1, 0) != 1) die("recv");
      write_byte((pair + 1) % total);
    }
  }
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s <pairs> <active> <warmup> <events>\n", argv[0]);
    return 2;
  }
  total = (uint32_t)parse_number(argv[1], 1, MAX_PAIRS);
  const uint32_t active = (uint32_t)parse_number(argv[2], 1, total);
  const uint64_t warmup = (uint64_t)parse_number(argv[3], 0, 1000000000);
  const uint64_t events = (uint64_t)parse_number(argv[4], 1, 1000000000);
  pairs = calloc(total, sizeof *pairs);
  if (pairs == NULL) die("calloc");
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");
  for (uint32_t i = 0; i < total; i++) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) die("socketpair");
    pairs[i] = (struct pair){.read_fd = fds[0], .write_fd = fds[1]};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[0], &event) != 0) die("epoll_ctl");
  }
  for (uint32_t i = 0; i < active; i++) write_byte(i * (total / active));
  handle(warmup);

  const struct own_clock before = own_clock_read();
  handle(events);
  own_clock_report(&before, events);
  return 0;
}
