// The floor of the wake suite: two threads that wake each other in turns, each by an eventfd that the other waits for
// by epoll.
// usage: wake <warmup> <roundTrips>
// It prints one line of JSON.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../shared/own_clock.h"

struct side {
  int event_fd;
  int epoll_fd;
};

static struct side sides[2];
static uint64_t total;

static void open_side(struct side* side) {
  side->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  side->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (side->event_fd < 0 || side->epoll_fd < 0) die("eventfd, epoll_create1");
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(side->epoll_fd, EPOLL_CTL_ADD, side->event_fd, &event) != 0) die("epoll_ctl");
}

static void wake(const struct side* side) {
  const uint64_t one = 1;
  if (write(side->event_fd, &one, sizeof one) != sizeof one) die("write");
}

static void wait_for(const struct side* side) {
  struct epoll_event event;
  while (epoll_wait(side->epoll_fd, &event, 1, -1) != 1) {
    if (errno != EINTR) die("epoll_wait");
  }
  uint64_t count;
  if (read(side->event_fd, &count, sizeof count) != sizeof count) die("read");
}

static void* answer(void* unused) {
  for (uint64_t i = 0; i < total; i++) {
    wait_for(&sides[1]);
    wake(&sides[0]);
  }
  return unused;
}

static void round_trips(uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    wake(&sides[1]);
    wait_for(&sides[0]);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s <warmup> <roundTrips>\n", argv[0]);
    return 2;
  }
  const uint64_t warmup = (uint64_t)parse_number(argv[1], 0, 1000000000);
  const uint64_t counted = (uint64_t)parse_number(argv[2], 1, 1000000000);
  total = warmup + counted;
  open_side(&sides[0]);
  open_side(&sides[1]);
  pthread_t other;
  errno = pthread_create(&other, NULL, answer, NULL);
  if (errno != 0) die("pthread_create");
  round_trips(warmup);
  const struct own_clock before = own_clock_read();
  round_trips(counted);
  own_clock_report(&before, counted);
  errno = pthread_join(other, NULL);
  if (errno != 0) die("pthread_join");
  return 0;
}
