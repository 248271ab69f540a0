// One turn of the streams of a reactor, over any facility: the commands, the wait, and what is ready.
#pragma once

#include "streams.h"

namespace fdreactor {

// Carries out the commands, waits as the poller does, and serves the streams. Returns how many events of others are in
// the batch. Does not wait if there is something to report already.
Result run_stream_turn(Streams* streams, StreamPoller* poller, Bytes batch, double timeout_ms, double deadline_ms,
                       StreamArea* area);

}  // namespace fdreactor
