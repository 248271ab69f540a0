// Which signals a handler may be given. Not those that cannot be caught, nor those that a faulting instruction raises:
// returning from their handler would run the instruction again, for ever.
#include <signal.h>

#include "../signals.h"

namespace fdreactor {

bool signal_can_be_watched(int number) {
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
    case SIGABRT:
      return false;
    default:
      return number > 0 && number < NSIG;
  }
}

}  // namespace fdreactor
