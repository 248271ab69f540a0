// Reads the CPU time of another process, all its threads: the total from its CPU clock, to the nanosecond, and the
// parts in user space and in the kernel from /proc/PID/stat, in ticks of 10 ms.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shared/common.h"

struct process_clock {
  double cpu;
  double user;
  double system;
};

struct process_stat {
  pid_t group;
  double user;
  double system;
};

/** False if there is no such process. */
static inline bool read_cpu_clock(pid_t pid, double* seconds) {
  clockid_t clock;
  struct timespec time;
  // clock_getcpuclockid returns the error number instead of setting it.
  errno = clock_getcpuclockid(pid, &clock);
  if (errno != 0 || clock_gettime(clock, &time) != 0) return false;
  *seconds = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
  return true;
}

/** False if there is no such process. */
static inline bool read_process_stat(pid_t pid, struct process_stat* stat) {
  char path[64];
  char line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE* file = fopen(path, "r");
  if (file == NULL) return false;
  bool read = fgets(line, sizeof line, file) != NULL;
  fclose(file);
  if (!read) return false;
  // The name of the program stands in parentheses and may hold anything: the fields are counted after the last one.
  const char* fields = strrchr(line, ')');
  int group = 0;
  unsigned long user = 0;
  unsigned long system = 0;
  if (fields == NULL ||
      sscanf(fields + 2, "%*s %*s %d %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &group, &user, &system) != 3) {
    die(path);
  }
  double ticks = (double)sysconf(_SC_CLK_TCK);
  *stat = (struct process_stat){.group = group, .user = (double)user / ticks, .system = (double)system / ticks};
  return true;
}

static inline struct process_clock process_clock_read(pid_t pid) {
  struct process_clock result;
  struct process_stat stat;
  if (!read_cpu_clock(pid, &result.cpu) || !read_process_stat(pid, &stat)) die("the server's CPU time");
  result.user = stat.user;
  result.system = stat.system;
  return result;
}
