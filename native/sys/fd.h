// Calls on any file descriptor. Buffers are the caller's and only used during the call. On Windows an fd is a SOCKET,
// and what stands at the end is not there.
#pragma once

#include <cstddef>

#include "../core/result.h"

namespace fdreactor {

struct Span {
  void* data;
  size_t size;
};

constexpr size_t kMostSpans = 1024;  // IOV_MAX of every system here

Result fd_read(int fd, Span buffer);
Result fd_write(int fd, Span buffer);
Result fd_readv(int fd, const Span* buffers, size_t count);
Result fd_writev(int fd, const Span* buffers, size_t count);
Result fd_close(int fd);  // closed, whatever it says of the end of a connection: see fd_posix.cc

// The mode belongs to the open file: every number and every process that shares the file gets it (O_NONBLOCK, FIONBIO).
Result fd_set_non_blocking(int fd, bool on);

// Makes a blocking fd non-blocking, and costs one call where it is so already. A terminal is left as it is, because the
// shell shares the open file. 1 where the mode was changed, else 0.
Result fd_ensure_non_blocking(int fd);

// Not on Windows.
Result fd_pipe(int* read_fd, int* write_fd);  // non-blocking, close-on-exec
Result fd_is_non_blocking(int fd);            // 0 or 1
bool fd_is_readable(int fd);                  // now, without waiting (poll(2))

}  // namespace fdreactor
