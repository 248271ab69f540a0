#include "memfd.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

constexpr uint32_t kCloseOnExec = 1;  // MFD_CLOEXEC, which older headers lack

}  // namespace

Result memfd_open(const char* name, uint32_t flags) {
  return from_plain_call(::syscall(SYS_memfd_create, name, flags | kCloseOnExec));
}

}  // namespace fdreactor
