// eventfd(2): a counter that is an fd.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

// Non-blocking and close-on-exec, whatever the flags are.
Result eventfd_open(uint32_t initial, int flags);
// Would block where the sum is above 2^64 - 2.
Result eventfd_add(int fd, uint64_t value);

// Takes the count of an eventfd, or the expirations of a timerfd: both give 8 bytes. EINVAL for a file that has fewer.
Result counter_read(int fd, uint64_t* count);

}  // namespace fdreactor
