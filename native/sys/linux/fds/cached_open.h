// Opens a file only if that needs no disk: openat2(2) with RESOLVE_CACHED, since Linux 5.12.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

// For reading; close-on-exec, non-blocking, no controlling terminal. A failure says little: EAGAIN where a part of the
// path is not in the kernel's cache of names, ENOSYS in older kernels, EPERM in a sandbox that does not know the call.
// So of each the usual way of opening tells what is the matter. Where the driver of the file system itself waits when a
// file is opened (NFS, FUSE), this waits as well.
Result open_cached(const char* path);

}  // namespace fdreactor
