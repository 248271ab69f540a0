// Measures the CPU time of the program itself, and prints the line of JSON.
#pragma once

#include <inttypes.h>
#include <sys/resource.h>

#include "common.h"

struct own_clock {
  uint64_t ns;
  struct rusage usage;
};

static inline struct own_clock own_clock_read(void) {
  struct own_clock result = {.ns = now_ns()};
  if (getrusage(RUSAGE_SELF, &result.usage) != 0) die("getrusage");
  return result;
}

static inline double seconds_between(struct timeval from, struct timeval to) {
  return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) / 1e6;
}

/** What has been spent since `before`. */
static inline void own_clock_report(const struct own_clock* before, uint64_t operations) {
  const struct own_clock after = own_clock_read();
  const double user = seconds_between(before->usage.ru_utime, after.usage.ru_utime);
  const double system = seconds_between(before->usage.ru_stime, after.usage.ru_stime);
  printf("{\"operations\":%" PRIu64 ",\"seconds\":%.6f,", operations, (double)(after.ns - before->ns) / 1e9);
  printf("\"cpuSeconds\":%.6f,\"userSeconds\":%.6f,\"systemSeconds\":%.6f}\n", user + system, user, system);
}
