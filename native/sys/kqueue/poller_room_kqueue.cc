#include "../poller_room.h"

namespace fdreactor {

// A kqueue has no limit of its own.
Result poller_make_room(int, int) { return 0; }

}  // namespace fdreactor
