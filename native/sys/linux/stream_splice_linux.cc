#include "../streams/stream_splice.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "../fd.h"
#include "../transfer.h"

namespace fdreactor {
namespace {

constexpr size_t kPipeBytes = size_t{256} * 1024;
constexpr size_t kSmallestPipeBytes = 4096;  // above the user's limits the kernel gives a page or two (pipe(7))

}  // namespace

const int kStreamNotSpliced = EINVAL;

bool stream_can_splice(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode));
}

Result stream_open_pipe(SplicePipe* pipe) {
  const Result made = fd_pipe(&pipe->read_fd, &pipe->write_fd);
  if (made < 0) return made;
  const Result size = transfer_set_pipe_size(pipe->write_fd, kPipeBytes);
  pipe->capacity = size > 0 ? static_cast<size_t>(size) : kSmallestPipeBytes;
  return 0;
}

Result stream_splice(int in_fd, int out_fd, size_t most) {
  return transfer_splice(in_fd, kNoOffset, out_fd, kNoOffset, most, SPLICE_F_MOVE);
}

bool stream_may_copy(int error) { return error == EINVAL || error == ENOMEM || error == ENOBUFS; }

}  // namespace fdreactor
