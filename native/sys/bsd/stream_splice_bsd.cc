// There is no splice(2) here: nothing is asked of it but stream_can_splice().
#include "../streams/stream_splice.h"

namespace fdreactor {

const int kStreamNotSpliced = 0;

bool stream_can_splice(int) { return false; }
Result stream_open_pipe(SplicePipe*) { return kBadArgument; }
Result stream_splice(int, int, size_t) { return kBadArgument; }
bool stream_may_copy(int) { return true; }

}  // namespace fdreactor
