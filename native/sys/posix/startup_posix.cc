#include "../startup.h"

#include <dlfcn.h>

#include "sigpipe.h"

namespace fdreactor {
namespace {

// Node unloads an add-on when the last worker that loaded it ends. But a signal handler that was installed over the
// add-on's (by another copy of the add-on, for instance) calls it later. So the code stays in memory for good. In a
// program that is linked statically this fails, but there nothing is ever unloaded.
void stay_in_memory() {
  Dl_info here = {};
  if (dladdr(reinterpret_cast<const void*>(&stay_in_memory), &here) == 0) return;
  // Never closed: that is what keeps it.
  static_cast<void>(dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

}  // namespace

Result startup() {
  stay_in_memory();
  sigpipe_block_in_this_thread();
  return 0;
}

void shutdown_after_startup() {}

}  // namespace fdreactor
