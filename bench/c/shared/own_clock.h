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

/** What parts of the program have spent. */
struct own_sum {
  uint64_t operations;
  double seconds;
  double user;
  double system;
};

/** Adds what has been spent since `before`. */
static inline void own_sum_add(struct own_sum* sum, const struct own_clock* before, uint64_t operations) {
  const struct own_clock after = own_clock_read();
  sum->operations += operations;
  sum->seconds += (double)(after.ns - before->ns) / 1e9;
  sum->user += seconds_between(before->usage.ru_utime, after.usage.ru_utime);
  sum->system += seconds_between(before->usage.ru_stime, after.usage.ru_stime);
}

static inline void own_sum_report(const struct own_sum* sum) {
  printf("{\"operations\":%" PRIu64 ",\"seconds\":%.6f,", sum->operations, sum->seconds);
  printf("\"cpuSeconds\":%.6f,\"userSeconds\":%.6f,", sum->user + sum->system, sum->user);
  printf("\"systemSeconds\":%.6f}\n", sum->system);
}

/** What has been spent since `before`. */
static inline void own_clock_report(const struct own_clock* before, uint64_t operations) {
  struct own_sum sum = {0};
  own_sum_add(&sum, before, operations);
  own_sum_report(&sum);
}
