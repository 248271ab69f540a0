// Whether the process may open some more fds. For a library that leaves open what it has when it fails half-way.
#pragma once

#include "../../core/result.h"

namespace fdreactor {

// 0 if that many could be opened a moment ago (another thread may take them), or EMFILE, ENFILE.
Result fd_room(int count);

}  // namespace fdreactor
