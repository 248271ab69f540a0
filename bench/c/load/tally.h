// Counts what a load has done: errors, the latency of each counted operation, and the line of JSON.
#pragma once

#include <inttypes.h>

#include "../shared/common.h"
#include "histogram.h"
#include "process_clock.h"

struct tally {
  uint64_t errors;
  char first_error[128];
  /** Of each operation that is counted. */
  struct histogram latency;
};

static inline void tally_error(struct tally* tally, const char* what, int error) {
  if (tally->errors++ == 0) snprintf(tally->first_error, sizeof tally->first_error, "%s: %s", what, strerror(error));
}

/** `more`: further fields of JSON, each with a comma behind it. */
static inline void tally_report(const struct tally* tally, const struct process_clock* before,
                                const struct process_clock* after, uint64_t window_ns, const char* more) {
  printf("{%s\"operations\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"firstError\":\"%s\",\"seconds\":%.6f,", more,
         tally->latency.total, tally->errors, tally->first_error, (double)window_ns / 1e9);
  printf("\"cpuSeconds\":%.9f,\"userSeconds\":%.2f,\"systemSeconds\":%.2f,", after->cpu - before->cpu,
         after->user - before->user, after->system - before->system);
  printf("\"p50Us\":%.2f,\"p99Us\":%.2f}\n", (double)histogram_percentile(&tally->latency, 50) / 1e3,
         (double)histogram_percentile(&tally->latency, 99) / 1e3);
}
