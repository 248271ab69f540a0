#include "../startup.h"

#include <dlfcn.h>

#include "sigpipe.h"

namespace fdreactor {
namespace {

// Node unloads an add-on with the last worker that had loaded it. But a signal handler that was installed over ours, by
// another copy of this add-on for one, calls ours: so the code stays in memory for good. Where that cannot be had (a
// program that is linked statically) nothing is ever unloaded.
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
