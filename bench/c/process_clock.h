// The CPU time of another process, all its threads: the total from its CPU clock, to the nanosecond, and the parts in
// user space and in the kernel from /proc/PID/stat, in ticks of 10 ms.
#pragma once

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

struct process_clock {
  double cpu;
  double user;
  double system;
};

static inline struct process_clock process_clock_read(pid_t pid) {
  struct process_clock result;
  clockid_t clock;
  struct timespec time;
  // clock_getcpuclockid returns the error number instead of setting it.
  errno = clock_getcpuclockid(pid, &clock);
  if (errno != 0) die("the server's CPU clock");
  if (clock_gettime(clock, &time) != 0) die("clock_gettime of the server");
  result.cpu = (double)time.tv_sec + (double)time.tv_nsec / 1e9;

  char path[64];
  char line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE* file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) die(path);
  fclose(file);
  // The name of the program stands in parentheses and may hold anything: the fields are counted after the last one.
  const char* fields = strrchr(line, ')');
  unsigned long user = 0;
  unsigned long system = 0;
  if (fields == NULL ||
      sscanf(fields + 2, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system) != 2) {
    die(path);
  }
  result.user = (double)user / (double)sysconf(_SC_CLK_TCK);
  result.system = (double)system / (double)sysconf(_SC_CLK_TCK);
  return result;
}
