#include "startup.h"

#include "sigpipe.h"

namespace fdreactor {

Result startup() {
  sigpipe_block_in_this_thread();
  return 0;
}

void shutdown_after_startup() {}

}  // namespace fdreactor
