#include "eventfd.h"

#include <sys/eventfd.h>

#include "../posix/errno_result.h"

namespace fdreactor {

Result eventfd_open(uint32_t initial, int flags) {
  return from_call(::eventfd(initial, flags | EFD_CLOEXEC | EFD_NONBLOCK));
}

}  // namespace fdreactor
