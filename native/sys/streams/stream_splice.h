// The kernel's part in a piping: bytes from fd to fd through a pipe (splice(2)). Where the kernel has no such call,
// stream_can_splice() is false of every fd, and the others are not called.
#pragma once

#include <cstddef>

#include "../../core/result.h"

namespace fdreactor {

struct SplicePipe {
  int read_fd;
  int write_fd;
  size_t capacity;
};

extern const int kStreamNotSpliced;  // the system's EINVAL

// Whether the fd can be a side: a socket or a pipe. Others (a terminal, a device) may be taken by the call, but wait.
bool stream_can_splice(int fd);

Result stream_open_pipe(SplicePipe* pipe);  // EMFILE, ENFILE

// One of the fds is an end of a pipe. Returns how many bytes; 0: the source has ended.
Result stream_splice(int in_fd, int out_fd, size_t most);

// Of an error of stream_splice(): not the stream's, so that copying may do. Nothing was moved.
bool stream_may_copy(int error);

}  // namespace fdreactor
