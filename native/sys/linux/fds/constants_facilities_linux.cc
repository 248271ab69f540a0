// The numbers of fdreactor/linux: those of the fds that a loop waits for. They are written out where older headers,
// with which the add-on is built as well, have no name.
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "../../constants.h"

namespace fdreactor {
namespace {

constexpr Constant kConstants[] = {
    {"linux", "EFD_SEMAPHORE", EFD_SEMAPHORE},

    {"linux", "CLOCK_REALTIME", 0},
    {"linux", "CLOCK_MONOTONIC", 1},
    {"linux", "CLOCK_BOOTTIME", 7},
    {"linux", "CLOCK_REALTIME_ALARM", 8},
    {"linux", "CLOCK_BOOTTIME_ALARM", 9},
    {"linux", "TFD_TIMER_ABSTIME", TFD_TIMER_ABSTIME},
    {"linux", "TFD_TIMER_CANCEL_ON_SET", 2},

    {"linux", "IN_ACCESS", IN_ACCESS},
    {"linux", "IN_MODIFY", IN_MODIFY},
    {"linux", "IN_ATTRIB", IN_ATTRIB},
    {"linux", "IN_CLOSE_WRITE", IN_CLOSE_WRITE},
    {"linux", "IN_CLOSE_NOWRITE", IN_CLOSE_NOWRITE},
    {"linux", "IN_CLOSE", IN_CLOSE},
    {"linux", "IN_OPEN", IN_OPEN},
    {"linux", "IN_MOVED_FROM", IN_MOVED_FROM},
    {"linux", "IN_MOVED_TO", IN_MOVED_TO},
    {"linux", "IN_MOVE", IN_MOVE},
    {"linux", "IN_CREATE", IN_CREATE},
    {"linux", "IN_DELETE", IN_DELETE},
    {"linux", "IN_DELETE_SELF", IN_DELETE_SELF},
    {"linux", "IN_MOVE_SELF", IN_MOVE_SELF},
    {"linux", "IN_ALL_EVENTS", IN_ALL_EVENTS},
    {"linux", "IN_UNMOUNT", IN_UNMOUNT},
    {"linux", "IN_Q_OVERFLOW", IN_Q_OVERFLOW},
    {"linux", "IN_IGNORED", IN_IGNORED},
    {"linux", "IN_ISDIR", IN_ISDIR},
    {"linux", "IN_ONLYDIR", IN_ONLYDIR},
    {"linux", "IN_DONT_FOLLOW", IN_DONT_FOLLOW},
    {"linux", "IN_EXCL_UNLINK", 0x04000000},
    {"linux", "IN_MASK_CREATE", 0x10000000},
    {"linux", "IN_MASK_ADD", IN_MASK_ADD},
    {"linux", "IN_ONESHOT", IN_ONESHOT},

    {"linux", "P_ALL", 0},
    {"linux", "P_PID", 1},
    {"linux", "P_PGID", 2},
    {"linux", "P_PIDFD", 3},
    {"linux", "WEXITED", WEXITED},
    {"linux", "WSTOPPED", WSTOPPED},
    {"linux", "WCONTINUED", WCONTINUED},
    {"linux", "WNOWAIT", WNOWAIT},
    {"linux", "CLD_EXITED", CLD_EXITED},
    {"linux", "CLD_KILLED", CLD_KILLED},
    {"linux", "CLD_DUMPED", CLD_DUMPED},
    {"linux", "CLD_TRAPPED", CLD_TRAPPED},
    {"linux", "CLD_STOPPED", CLD_STOPPED},
    {"linux", "CLD_CONTINUED", CLD_CONTINUED},

    {"linux", "MFD_ALLOW_SEALING", 2},
    {"linux", "MFD_HUGETLB", 4},
    {"linux", "MFD_NOEXEC_SEAL", 8},
    {"linux", "MFD_EXEC", 16},

    {"linux", "F_GETFD", F_GETFD},
    {"linux", "F_SETFD", F_SETFD},
    {"linux", "F_GETFL", F_GETFL},
    {"linux", "F_SETFL", F_SETFL},
    {"linux", "F_DUPFD_CLOEXEC", F_DUPFD_CLOEXEC},
    {"linux", "F_SETPIPE_SZ", 1031},
    {"linux", "F_GETPIPE_SZ", 1032},
    {"linux", "F_ADD_SEALS", 1033},
    {"linux", "F_GET_SEALS", 1034},
    {"linux", "FD_CLOEXEC", FD_CLOEXEC},
    {"linux", "O_APPEND", O_APPEND},
    {"linux", "O_NONBLOCK", O_NONBLOCK},
    {"linux", "O_DIRECT", O_DIRECT},
    {"linux", "O_NOATIME", O_NOATIME},
    {"linux", "F_SEAL_SEAL", 1},
    {"linux", "F_SEAL_SHRINK", 2},
    {"linux", "F_SEAL_GROW", 4},
    {"linux", "F_SEAL_WRITE", 8},
    {"linux", "F_SEAL_FUTURE_WRITE", 16},
    {"linux", "F_SEAL_EXEC", 32},
};

}  // namespace

ConstantList linux_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
