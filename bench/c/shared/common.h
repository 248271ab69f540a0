// Shared by the C programs of the bench: an exit with a reason when a system call fails, numbers, and the clock.
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Ends the program with the name of what failed: a bench that cannot do its work must not report numbers. */
static inline void die(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/** A number from the command line, within bounds. */
static inline long parse_number(const char* text, long least, long most) {
  char* end = NULL;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
    fprintf(stderr, "not a number from %ld to %ld: %s\n", least, most, text);
    exit(2);
  }
  return value;
}

static inline uint64_t now_ns(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) die("clock_gettime");
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
