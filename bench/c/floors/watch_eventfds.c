// The floor of c10m: what programs/watcher.mjs measures, in C over epoll(7), on the same eventfds (with_eventfds.c).
// Each registration is a record with a handler, found by the kernel's user-data word.
// usage: watch_eventfds <active> <program> [arguments]
// It prints {"floor":[...]}, one element for 1,000, 10,000 ... and all of them, and becomes the other program.
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/common.h"

enum { ROUNDS = 31, FIRST_STAGE = 1000, STEP = 10, MAX_ACTIVE = 100000, NEAR = 10000 };

struct registration {
  void (*handler)(struct registration*);
  int fd;
};

struct cost {
  double write;
  double turn;
  double read;
};

static struct {
  int epoll_fd;
  int first_fd;
  uint32_t most_active;
  uint32_t events;
  struct registration* registrations;
  struct epoll_event* batch;
  int* fds;
} watch;

static void count_event(struct registration* registration) { watch.events += registration->fd >= 0; }

static void register_some(uint32_t from, uint32_t end) {
  for (uint32_t i = from; i < end; i++) {
    watch.registrations[i] = (struct registration){count_event, watch.first_fd + (int)i};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = i};
    if (epoll_ctl(watch.epoll_fd, EPOLL_CTL_ADD, watch.first_fd + (int)i, &event) != 0) die("epoll_ctl");
  }
}

static void turn(void) {
  int count = epoll_wait(watch.epoll_fd, watch.batch, (int)watch.most_active, 0);
  if (count < 0) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    struct registration* registration = &watch.registrations[watch.batch[i].data.u64];
    if (registration->handler != NULL) registration->handler(registration);
  }
}

static struct cost measure_round(uint32_t active) {
  uint64_t value = 1;
  uint64_t start = now_ns();
  for (uint32_t i = 0; i < active; i++) {
    if (write(watch.fds[i], &value, sizeof value) != sizeof value) die("write");
  }
  uint64_t written = now_ns();
  watch.events = 0;
  turn();
  uint64_t turned = now_ns();
  if (watch.events != active) {
    fprintf(stderr, "%u of %u events came\n", watch.events, active);
    exit(1);
  }
  for (uint32_t i = 0; i < active; i++) {
    if (read(watch.fds[i], &value, sizeof value) != sizeof value) die("read");
  }
  uint64_t end = now_ns();
  return (struct cost){(double)(written - start) / active, (double)(turned - written) / active,
                       (double)(end - turned) / active};
}

static int compare(const void* a, const void* b) {
  double left = *(const double*)a;
  double right = *(const double*)b;
  return (left > right) - (left < right);
}

static double median(double* values) {
  qsort(values, ROUNDS, sizeof *values, compare);
  return values[ROUNDS / 2];
}

static void print_events(const char* name, uint32_t among, bool others) {
  double parts[3][ROUNDS];
  uint32_t active = among < watch.most_active ? among : watch.most_active;
  double apart = (double)among / active;
  for (int round = 0; round < ROUNDS; round++) {
    double offset = others ? apart * round / ROUNDS : 0;
    for (uint32_t i = 0; i < active; i++) watch.fds[i] = watch.first_fd + (int)(i * apart + offset);
    struct cost cost = measure_round(active);
    parts[0][round] = cost.write;
    parts[1][round] = cost.turn;
    parts[2][round] = cost.read;
  }
  printf("\"%s\":{\"active\":%u,\"write\":%.1f,\"turn\":%.1f,\"read\":%.1f}", name, active, median(parts[0]),
         median(parts[1]), median(parts[2]));
}

static uint32_t number_of(const char* name) {
  const char* text = getenv(name);
  return (uint32_t)parse_number(text == NULL ? "" : text, 1, 100000000);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: watch_eventfds <active> <program> [arguments]\n");
    return 2;
  }
  uint32_t count = number_of("FDS_COUNT");
  watch.first_fd = (int)number_of("FDS_FIRST");
  watch.most_active = (uint32_t)parse_number(argv[1], 1, MAX_ACTIVE);
  watch.registrations = calloc(count, sizeof *watch.registrations);
  watch.batch = calloc(watch.most_active, sizeof *watch.batch);
  watch.fds = calloc(watch.most_active, sizeof *watch.fds);
  watch.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (watch.registrations == NULL || watch.batch == NULL || watch.fds == NULL || watch.epoll_fd < 0) die("start");

  printf("{\"floor\":[");
  uint32_t registered = 0;
  uint64_t spent = 0;
  for (uint64_t stage = FIRST_STAGE; registered < count; stage *= STEP) {
    uint32_t end = stage < count ? (uint32_t)stage : count;
    uint64_t start = now_ns();
    register_some(registered, end);
    spent += now_ns() - start;
    printf("%s{\"registered\":%u,\"registrationsPerSecond\":%.0f,", registered == 0 ? "" : ",", end,
           (double)end * 1e9 / (double)spent);
    registered = end;
    print_events("nearFds", end < NEAR ? end : NEAR, false);
    printf(",");
    print_events("sameFds", end, false);
    printf(",");
    print_events("otherFds", end, true);
    printf("}");
  }
  printf("]}\n");
  fflush(stdout);
  execvp(argv[2], argv + 2);
  die(argv[2]);
}
