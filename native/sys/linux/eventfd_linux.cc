#include "eventfd.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "../posix/errno_result.h"

namespace fdreactor {

Result eventfd_open(uint32_t initial, int flags) {
  return from_plain_call(::eventfd(initial, flags | EFD_CLOEXEC | EFD_NONBLOCK));
}

Result eventfd_add(int fd, uint64_t value) {
  const Result result = retry_eintr([=] { return ::write(fd, &value, sizeof value); });
  return result < 0 ? result : 0;
}

}  // namespace fdreactor
