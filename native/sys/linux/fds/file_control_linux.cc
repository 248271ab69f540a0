#include "file_control.h"

#include <fcntl.h>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

// Older headers lack these.
constexpr int kSetPipeSize = 1031;
constexpr int kGetPipeSize = 1032;
constexpr int kAddSeals = 1033;
constexpr int kGetSeals = 1034;

// What takes a pointer is left out: locks, F_SETOWN_EX, the hints of F_SET_RW_HINT. So is what asks for signals, which
// end a process that has no handler: F_SETOWN, F_SETSIG, F_SETLEASE, F_NOTIFY. So is F_DUPFD, of which a child would
// inherit the fd.
bool is_allowed(int command, int argument) {
  switch (command) {
    case F_GETFD:
    case F_SETFD:
    case F_GETFL:
    case F_DUPFD_CLOEXEC:
    case kSetPipeSize:
    case kGetPipeSize:
    case kAddSeals:
    case kGetSeals:
      return true;
    case F_SETFL:
      return (argument & O_ASYNC) == 0;  // SIGIO
    default:
      return false;
  }
}

}  // namespace

Result file_control(int fd, int command, int argument) {
  return is_allowed(command, argument) ? from_plain_call(::fcntl(fd, command, argument)) : kBadArgument;
}

bool file_control_makes_fd(int command) { return command == F_DUPFD_CLOEXEC; }

}  // namespace fdreactor
