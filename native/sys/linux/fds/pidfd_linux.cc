#include "pidfd.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

// The same on every processor. The C library has these calls from glibc 2.36 on, and musl does not.
constexpr long kPidfdSendSignal = 424;
constexpr long kPidfdOpen = 434;
constexpr int kNonBlocking = O_NONBLOCK;  // PIDFD_NONBLOCK

}  // namespace

Result pidfd_open_process(int pid, int flags) {
  const Result result = from_plain_call(::syscall(kPidfdOpen, pid, flags | kNonBlocking));
  if (result != failure(EINVAL)) return result;
  return from_plain_call(::syscall(kPidfdOpen, pid, flags));  // before Linux 5.10
}

Result pidfd_signal(int pidfd, int signal) {
  return from_plain_call(::syscall(kPidfdSendSignal, pidfd, signal, nullptr, 0));
}

Result child_take_state(int id_type, int id, int options, ChildState* state) {
  siginfo_t info = {};
  // Not waitid(3): its idtype_t has no P_PIDFD in older libraries.
  const long returned = ::syscall(SYS_waitid, id_type, id, &info, options | WNOHANG, nullptr);
  if (returned < 0) return from_plain_call(returned);
  if (info.si_signo == 0) return 0;
  *state = {info.si_pid, info.si_uid, info.si_status, info.si_code};
  return 1;
}

}  // namespace fdreactor
