// How many handles the process has open (GetProcessHandleCount): what a leak shows in, as /proc/self/fd on Linux.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

Result process_handle_count();

}  // namespace fdreactor
