// eventfd(2): a counter that is an fd.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

// Non-blocking and close-on-exec, whatever the flags are.
Result eventfd_open(uint32_t initial, int flags);

}  // namespace fdreactor
