#include "sigpipe.h"

#include <signal.h>

namespace fdreactor {

void sigpipe_block_in_this_thread() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace fdreactor
