// The numbers of fdreactor/linux: those of the fds that a loop waits for.
#include <sys/eventfd.h>

#include "../constants.h"

namespace fdreactor {
namespace {

constexpr Constant kConstants[] = {
    {"linux", "EFD_SEMAPHORE", EFD_SEMAPHORE},
};

}  // namespace

ConstantList linux_constants() { return {kConstants, sizeof kConstants / sizeof kConstants[0]}; }

}  // namespace fdreactor
