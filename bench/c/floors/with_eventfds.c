// Makes a great many eventfds, the lightest thing that epoll can watch one by one, and becomes another program, which
// inherits them: their numbers follow each other from FDS_FIRST, and there are FDS_COUNT of them. (Node.js gives no
// eventfd to a user, and should not need to for this.)
// usage: with_eventfds <count> <program> [arguments]
// It prints {"progress":{...}} now and then.
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <unistd.h>

#include "../shared/common.h"

enum { STEPS = 50, FIRST_FD = 64 };

static void export_number(const char* name, const char* format, double value) {
  char text[32];
  snprintf(text, sizeof text, format, value);
  if (setenv(name, text, 1) != 0) die("setenv");
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: with_eventfds <count> <program> [arguments]\n");
    return 2;
  }
  long count = parse_number(argv[1], 1, 100000000);
  uint64_t start = now_ns();
  // What was inherited by mistake would be in the way.
  if (close_range(STDERR_FILENO + 1, ~0u, 0) != 0) die("close_range");
  // Leaves the first numbers free for what the program opens itself, so that the kernel finds one without a search.
  for (int expected = 0; expected < FIRST_FD;) {
    expected = dup(STDOUT_FILENO);
    if (expected < 0) die("dup");
  }
  int first = -1;
  for (long i = 0; i < count; i++) {
    int fd = eventfd(0, EFD_NONBLOCK);
    if (fd < 0) die("eventfd");
    if (first < 0) first = fd;
    if (fd != first + i) {
      fprintf(stderr, "eventfd %ld has the number %d: something else is open\n", i, fd);
      return 1;
    }
    if ((i + 1) % (count / STEPS + 1) == 0) {
      printf("{\"progress\":{\"what\":\"eventfds made\",\"done\":%ld,\"total\":%ld}}\n", i + 1, count);
      fflush(stdout);
    }
  }
  if (close_range(STDERR_FILENO + 1, (unsigned)first - 1, 0) != 0) die("close_range");
  export_number("FDS_FIRST", "%.0f", first);
  export_number("FDS_COUNT", "%.0f", (double)count);
  export_number("FDS_SECONDS", "%.6f", (double)(now_ns() - start) / 1e9);
  execvp(argv[2], argv + 2);
  die(argv[2]);
}
