// pty(7): a terminal without a device, of which this process is the other side.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

struct PtySize {
  uint16_t rows;
  uint16_t columns;
};

// Both are close-on-exec, and neither becomes the controlling terminal. The master is non-blocking. The slave is
// blocking: it is the stdio of a child.
Result pty_open(PtySize size, int* master_fd, int* slave_fd);

}  // namespace fdreactor
