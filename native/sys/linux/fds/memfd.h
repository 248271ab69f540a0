// memfd_create(2): a file in memory, without a name in any folder.
#pragma once

#include <cstddef>

#include "../../../core/result.h"

namespace fdreactor {

constexpr size_t kMaxMemfdName = 249;

// Close-on-exec, whatever the flags are.
Result memfd_open(const char* name, uint32_t flags);

}  // namespace fdreactor
