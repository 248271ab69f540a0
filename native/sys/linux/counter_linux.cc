#include "counter.h"

#include <unistd.h>

#include "../posix/errno_result.h"

namespace fdreactor {

Result counter_read(int fd, uint64_t* count) {
  const Result result = retry_eintr([=] { return ::read(fd, count, sizeof *count); });
  if (result < 0) return result;
  return result == sizeof *count ? 0 : failure(EINVAL);
}

}  // namespace fdreactor
