// By number, since the C library's calls know masks of 1,024 CPUs, and tell no length.
#include "affinity.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "../posix/errno_result.h"

namespace fdreactor {

Result set_affinity(int thread, CpuMask mask) {
  return from_plain_call(::syscall(SYS_sched_setaffinity, thread, mask.size, mask.data));
}

Result get_affinity(int thread, CpuMask mask) {
  return from_plain_call(::syscall(SYS_sched_getaffinity, thread, mask.size, mask.data));
}

}  // namespace fdreactor
