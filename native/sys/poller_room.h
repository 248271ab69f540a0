// Room in the set of a poller that is not the package's own: libuv ends the process if there is no room.
#pragma once

#include "../core/result.h"

namespace fdreactor {

// Puts the fd into the set of the poller, which it is in already where libuv adds it later.
Result poller_make_room(int poller_fd, int fd);

}  // namespace fdreactor
