// pidfd_open(2): a process as an fd; and waitid(2), which takes one.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

// Close-on-exec, and non-blocking where the kernel has that (5.10).
Result pidfd_open_process(int pid, int flags);
Result pidfd_signal(int pidfd, int signal);

struct ChildState {
  int32_t pid;
  uint32_t uid;
  int32_t status;  // an exit code or a signal, as `code` (CLD_) says
  int32_t code;
};

// Never waits. 1: `state` is filled; 0: there is a child, and nothing new of it.
Result child_take_state(int id_type, int id, int options, ChildState* state);

}  // namespace fdreactor
