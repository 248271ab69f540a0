// Moving bytes between fds inside the kernel. Each call moves at most `count` bytes and says how many it did; a call
// that moved none has touched nothing. An offset of kNoOffset means "at the fd's own position, which moves on".
#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/result.h"
#include "fd.h"

namespace fdreactor {

constexpr int64_t kNoOffset = -1;

// Whether the kernel has sendfile(2). Without it transfer_sendfile() is ENOSYS.
bool has_sendfile();

// 0 at or after the end of the file. The position of in_fd is not moved.
Result transfer_sendfile(int out_fd, int in_fd, int64_t offset, size_t count);

Result transfer_splice(int in_fd, int64_t in_offset, int out_fd, int64_t out_offset, size_t length, unsigned flags);
Result transfer_tee(int in_fd, int out_fd, size_t length, unsigned flags);

// The buffers are copied, no more of them than the pipe can hold: the caller's memory is free after the call.
Result transfer_vmsplice(int fd, const Bytes* buffers, size_t count, unsigned flags);

// F_SETPIPE_SZ: asks for a size in bytes, returns the one that was given. EPERM above the user's limits (pipe(7)).
Result transfer_set_pipe_size(int fd, size_t bytes);
Result transfer_bytes_in_pipe(int fd);  // FIONREAD

// What a side of splice(2) is, as bits of transfer_side(). lib/transfer/pump-side.ts has the same numbers.
constexpr Result kSideUnwatchable = 1;  // epoll(7) does not take it (EPERM): a file, a directory, /dev/null
constexpr Result kSideTerminal = 2;
constexpr Result kSideHungUp = 4;   // a terminal whose master is closed: splice(2) says EINVAL, and read(2) the end
constexpr Result kSideAppends = 8;  // O_APPEND, which splice(2) takes of no destination but a pipe

// EBADF; and what epoll_create1(2) says, which is asked about a device only.
Result transfer_side(int fd);

}  // namespace fdreactor
