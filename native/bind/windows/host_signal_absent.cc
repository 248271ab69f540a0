// Windows: the console's events come to a handler of the add-on's own (sys/windows/signals_windows.cc), before that of
// libuv.
#include <cerrno>

#include "../host/host_signal.h"

namespace fdreactor {

Result host_signal_open(int, std::unique_ptr<HostSignal>*) { return failure(ENOSYS); }

}  // namespace fdreactor
