#include "pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

#ifdef TIOCGPTPEER
constexpr unsigned long kGetPeer = TIOCGPTPEER;
#else
constexpr unsigned long kGetPeer = _IO('T', 0x41);
#endif

constexpr size_t kMaxNameBytes = 64;  // of /dev/pts/N
constexpr int kSlaveFlags = O_RDWR | O_NOCTTY | O_CLOEXEC;

// By the master and not by its name: /dev/pts may be another one in a container.
Result open_slave(int master_fd) {
  const Result slave = from_plain_call(::ioctl(master_fd, kGetPeer, kSlaveFlags));
  if (slave >= 0 || (slave != failure(EINVAL) && slave != failure(ENOTTY))) return slave;
  char name[kMaxNameBytes];  // before Linux 4.13
  const int error = ::ptsname_r(master_fd, name, sizeof name);
  return error != 0 ? failure(error) : from_plain_call(::open(name, kSlaveFlags));
}

// grantpt(3) is left out. A slave of devpts belongs to its opener from the start, and older libraries fork for it.
Result set_up(int master_fd, PtySize size) {
  winsize window = {};
  window.ws_row = size.rows;
  window.ws_col = size.columns;
  const Result unlocked = from_plain_call(::unlockpt(master_fd));
  if (unlocked < 0) return unlocked;
  const Result sized = from_plain_call(::ioctl(master_fd, TIOCSWINSZ, &window));
  return sized < 0 ? sized : open_slave(master_fd);
}

}  // namespace

Result pty_open(PtySize size, int* master_fd, int* slave_fd) {
  const Result opened = from_plain_call(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (opened < 0) return opened;
  const auto master = static_cast<int>(opened);
  const Result slave = set_up(master, size);
  if (slave < 0) {
    ::close(master);
    return slave;
  }
  *master_fd = master;
  *slave_fd = static_cast<int>(slave);
  return 0;
}

}  // namespace fdreactor
