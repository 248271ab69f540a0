// Reads the CPU time and the memory of all processes of a group: one process with a thread, or ten thousand.
#pragma once

#include <dirent.h>
#include <stdint.h>

#include "process_clock.h"

struct process_group {
  pid_t leader;
  size_t count;
  size_t capacity;
  struct member {
    pid_t pid;
    double cpu;
  } * members;
};

// A thread's stack in the kernel: THREAD_SIZE of x86-64 and arm64.
enum { KERNEL_STACK_BYTES = 16384 };

/** Finds the members, which takes some microseconds for each process of the machine; gives their time by ticks. */
static inline struct process_clock process_group_find(struct process_group* group) {
  struct process_clock sum = {.cpu = 0};
  group->count = 0;
  DIR* folder = opendir("/proc");
  if (folder == NULL) die("/proc");
  for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    struct process_stat stat;
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0 || !read_process_stat(pid, &stat) || stat.group != group->leader) continue;
    if (group->count == group->capacity) {
      group->capacity = group->capacity * 2 + 16;
      group->members = realloc(group->members, group->capacity * sizeof *group->members);
      if (group->members == NULL) die("realloc");
    }
    group->members[group->count++] = (struct member){.pid = pid};
    sum.user += stat.user;
    sum.system += stat.system;
  }
  closedir(folder);
  return sum;
}

/** The members' time on a core since this was last asked, in seconds; those that have ended are counted in `ended`. */
static inline double process_group_cpu(struct process_group* group, size_t* ended) {
  double sum = 0;
  *ended = 0;
  for (size_t i = 0; i < group->count; i++) {
    struct member* member = &group->members[i];
    double before = member->cpu;
    if (read_cpu_clock(member->pid, &member->cpu)) {
      sum += member->cpu - before;
    } else {
      (*ended)++;
    }
  }
  return sum;
}

/** Returns the number after `field` in a file of /proc, or 0 if the field is missing. */
static inline uint64_t proc_number(pid_t pid, const char* name, const char* field) {
  char path[64];
  char line[256];
  unsigned long value = 0;
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  size_t length = strlen(field);
  while (value == 0 && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, field, length) == 0) value = strtoul(line + length, NULL, 10);
  }
  fclose(file);
  return value;
}

/** What the members hold: their share of resident pages, their page tables, and their threads' stacks in the kernel. */
static inline uint64_t process_group_memory(const struct process_group* group) {
  uint64_t sum = 0;
  for (size_t i = 0; i < group->count; i++) {
    pid_t pid = group->members[i].pid;
    sum += proc_number(pid, "smaps_rollup", "Pss:") * 1024;
    sum += proc_number(pid, "status", "VmPTE:") * 1024;
    sum += proc_number(pid, "status", "Threads:") * KERNEL_STACK_BYTES;
  }
  return sum;
}
