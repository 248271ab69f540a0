#include "stream_turn.h"

namespace fdreactor {

Result run_stream_turn(Streams* streams, StreamPoller* poller, Bytes batch, double timeout_ms, double deadline_ms,
                       StreamArea* area) {
  streams->flush(area);
  const bool must_not_wait = streams->has_unserved() || area->results.count() > 0;
  const Result count = poller->wait(batch, must_not_wait ? 0 : timeout_ms, deadline_ms);
  if (count < 0) return count;
  streams->serve_unserved(area);
  const Result kept = poller->serve(batch, count, streams, area);
  area->header->unserved = streams->has_unserved() ? 1 : 0;
  area->header->untold = streams->has_untold() ? 1 : 0;
  return kept;
}

}  // namespace fdreactor
