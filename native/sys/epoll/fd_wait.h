// Waiting for an fd to become readable on behalf of the host's event loop: in a thread of its own, while the fd's own
// thread does other things. Nothing is read from it.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

struct FdWait {
  int fd = -1;
  int nudge_fd = -1;
};

Result fd_wait_open(int fd, FdWait* made);  // takes one fd more
void fd_wait_close(FdWait* wait);           // fd stays open

// Returns when the fd is readable, at deadline_ms of the monotonic clock (infinity: never), or when interrupted.
void fd_wait(const FdWait& wait, double deadline_ms);

// From any thread: ends an fd_wait(), or the next one.
void fd_wait_interrupt(const FdWait& wait);

}  // namespace fdreactor
