// Calls on any file descriptor. Buffers are the caller's and only used during the call. On Windows an fd is a SOCKET,
// and the last two calls are not there.
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
Result fd_close(int fd);                      // closed, whatever it says of the end of a connection: see fd_posix.cc
Result fd_pipe(int* read_fd, int* write_fd);  // non-blocking, close-on-exec

bool fd_is_readable(int fd);  // now, without waiting (poll(2))

}  // namespace fdreactor
