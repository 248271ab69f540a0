// Calls on any file descriptor. A call uses its buffers only until it returns. On Windows an fd is a SOCKET, and the
// functions at the end do not exist.
#pragma once

#include <cstddef>

#include "../core/result.h"

namespace fdreactor {

// A piece of memory; its size is in bytes.
struct Bytes {
  void* data;
  size_t size;
};

constexpr size_t kMaxBuffers = 1024;  // IOV_MAX of every system here

Result fd_read(int fd, Bytes buffer);
Result fd_write(int fd, Bytes buffer);
Result fd_readv(int fd, const Bytes* buffers, size_t count);
Result fd_writev(int fd, const Bytes* buffers, size_t count);

// The fd is closed even if the result is a failure of the connection: see fd_posix.cc.
Result fd_close(int fd);

// The mode belongs to the open file: every number and every process that shares the file gets it (O_NONBLOCK, FIONBIO).
Result fd_set_non_blocking(int fd, bool on);

// Makes a blocking fd non-blocking; one call if it is non-blocking already. Leaves a terminal as it is, because the
// shell shares the open file. Returns 1 if it changed the mode, else 0.
Result fd_ensure_non_blocking(int fd);

// Not on Windows.
Result fd_pipe(int* read_fd, int* write_fd);  // non-blocking, close-on-exec
Result fd_is_non_blocking(int fd);            // 0 or 1
bool fd_is_readable(int fd);                  // now, without waiting (poll(2))
Result fd_duplicate(int fd);                  // a second number for the same open file, close-on-exec
Result fd_file_size(int fd);                  // in bytes; EISDIR, and EINVAL for what is no regular file either

// What an fd is: bits.
constexpr int kFdReads = 1;     // it was opened to be read
constexpr int kFdWrites = 2;    // it was opened to be written
constexpr int kFdOnDisk = 4;    // a regular file, a directory, a block device: always ready, so never waited for
constexpr int kFdTerminal = 8;  // either side of a pseudo-terminal
constexpr int kFdPipe = 16;     // a FIFO as well
constexpr int kFdSocket = 32;
Result fd_traits(int fd);

}  // namespace fdreactor
