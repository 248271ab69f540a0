// The pipings of Streams: when they move, and what is told of them. How they move is in stream_pipes.cc.
#include <algorithm>

#include "streams.h"

namespace fdreactor {

void Streams::pipe(Stream* source, Handle handle, Handle target) {
  Stream* const fed = table_.find(target.slot, target.generation);
  if (fed == nullptr || fed == source || fed->is_listener || source->is_listener) return;
  if (source->piped || fed->fed) return;
  pipes_.add(handle.slot, target.slot, !stream_can_splice(source->fd) || !stream_can_splice(fed->fd));
  source->piped = true;
  fed->fed = true;
}

// Of a source that is ready, or whose target is. A turn moves only so much: others wait for the next one, as those do
// that have no room in the slab. Without room for a second report the next move tells how this one ended.
void Streams::move(Stream* source, Handle handle, StreamArea* area) {
  if (!area->reports.has_room() || area->piped >= limits_.most_piped_in_turn) {
    return postpone(source, handle, kStreamReadable);
  }
  Piping& piping = pipes_.at(handle.slot);
  const Handle to = {piping.target, table_.at(piping.target).generation};
  Stream* const target = &table_.at(piping.target);
  const size_t most = std::min(limits_.most_piped, limits_.most_piped_in_turn - area->piped);
  const PipeMove moved = pipes_.move(&piping, source->fd, target->fd, most, source->reading && !source->over);
  const auto slot = static_cast<int32_t>(handle.slot);
  const auto generation = static_cast<int32_t>(handle.generation);
  if (moved.moved > 0) {
    area->piped += moved.moved;
    area->reports.add({kStreamPiped, slot, generation, static_cast<int32_t>(to.slot), static_cast<int32_t>(moved.moved),
                       static_cast<int32_t>(to.generation)});
  }
  const bool is_over = moved.state == PipeState::kEnded || moved.state == PipeState::kRefused;
  const bool is_untold = is_over && !area->reports.has_room();
  target->awaits_room = moved.state == PipeState::kFull;
  source->rests = moved.state == PipeState::kFull || (moved.state == PipeState::kRefused && !is_untold);
  mark_dirty(target, to);
  mark_dirty(source, handle);
  if (is_untold) return postpone(source, handle, kStreamReadable);
  switch (moved.state) {
    case PipeState::kEnded:
      drop_piping(handle.slot);
      return end(source, handle, area);
    case PipeState::kSourceFailed:
      return fail(source, handle, moved.error, kStreamCallReceive, &area->reports);
    case PipeState::kTargetFailed:
      return fail(target, to, moved.error, kStreamCallSend, &area->reports);
    case PipeState::kRefused:
      area->reports.add({kStreamUnpiped, slot, generation, 0, moved.error, 0});
      return;
    default:
      return;
  }
}

// There is room in a target.
void Streams::feed(Handle target, StreamArea* area) {
  const uint32_t slot = pipes_.source_of(target.slot);
  move(&table_.at(slot), {slot, table_.at(slot).generation}, area);
}

size_t Streams::unpipe(uint32_t slot, uint32_t generation, Bytes room) {
  Stream* const source = table_.find(slot, generation);
  if (source == nullptr) return 0;
  if (source->piped) {
    const size_t taken = pipes_.take_back(&pipes_.at(slot), room);
    if (taken > 0) return taken;
    drop_piping(slot);
  }
  source->rests = false;
  mark_dirty(source, {slot, generation});
  return 0;
}

// Ends the pipings of a stream that is over. A source of such a piping rests from here on, so that what it receives is
// not told as if it had never been piped.
void Streams::unlink(const Stream& stream, uint32_t slot) {
  if (stream.piped) drop_piping(slot);
  if (!stream.fed) return;
  const uint32_t source = pipes_.source_of(slot);
  drop_piping(source);
  table_.at(source).rests = true;
  mark_dirty(&table_.at(source), {source, table_.at(source).generation});
}

void Streams::drop_piping(uint32_t source) {
  const uint32_t target = pipes_.at(source).target;
  pipes_.remove(source);
  table_.at(source).piped = false;
  table_.at(target).fed = false;
  table_.at(target).awaits_room = false;
  mark_dirty(&table_.at(target), {target, table_.at(target).generation});
}

}  // namespace fdreactor
