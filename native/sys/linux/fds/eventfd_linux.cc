#include "eventfd.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "../../posix/errno_result.h"

namespace fdreactor {

Result eventfd_open(uint32_t initial, int flags) {
  return from_plain_call(::eventfd(initial, flags | EFD_CLOEXEC | EFD_NONBLOCK));
}

Result eventfd_add(int fd, uint64_t value) {
  const Result result = retry_eintr([=] { return ::write(fd, &value, sizeof value); });
  return result < 0 ? result : 0;
}

Result counter_read(int fd, uint64_t* count) {
  const Result result = retry_eintr([=] { return ::read(fd, count, sizeof *count); });
  if (result < 0) return result;
  return result == sizeof *count ? 0 : failure(EINVAL);
}

}  // namespace fdreactor
