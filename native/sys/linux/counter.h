// Reads the 8 bytes in which an eventfd and a timerfd count.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

// EINVAL for a file that has fewer bytes.
Result counter_read(int fd, uint64_t* count);

}  // namespace fdreactor
