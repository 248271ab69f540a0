// fcntl(2), as far as its argument is an integer.
#pragma once

#include "../../../core/result.h"

namespace fdreactor {

// kBadArgument for a command that is not let through, and for an argument that is not.
Result file_control(int fd, int command, int argument);

// Whether the command answers with a new fd.
bool file_control_makes_fd(int command);

}  // namespace fdreactor
