#include "stream_pipes.h"

namespace fdreactor {
namespace {

constexpr size_t kMostIdlePipes = 64;

void close_pipe(const SplicePipe& pipe) {
  fd_close(pipe.read_fd);
  fd_close(pipe.write_fd);
}

}  // namespace

StreamPipes::~StreamPipes() {
  while (!by_source_.empty()) remove(by_source_.begin()->first);
  for (const SplicePipe& pipe : idle_) close_pipe(pipe);
}

void StreamPipes::add(uint32_t source, uint32_t target, bool is_refused) {
  Piping piping;
  piping.target = target;
  piping.is_refused = is_refused;
  by_source_[source] = piping;
  source_by_target_[target] = source;
}

void StreamPipes::remove(uint32_t source) {
  const auto found = by_source_.find(source);
  if (found == by_source_.end()) return;
  give_pipe(&found->second);
  source_by_target_.erase(found->second.target);
  by_source_.erase(found);
}

PipeMove StreamPipes::move(Piping* piping, int source_fd, int target_fd, size_t most, bool may_fill) {
  PipeMove move = {PipeState::kMore, 0, 0};
  if (piping->is_refused) return {PipeState::kRefused, 0, kStreamNotSpliced};
  while (piping->pending > 0 || (may_fill && move.moved < most)) {
    if (piping->pending == 0 && !fill(piping, source_fd, &move)) break;
    if (!drain(piping, target_fd, &move)) break;
  }
  if (!may_fill && move.state == PipeState::kMore) move.state = PipeState::kEmpty;
  if (piping->pending == 0) give_pipe(piping);
  return move;
}

// From the source into the empty pipe. False where nothing came.
bool StreamPipes::fill(Piping* piping, int source_fd, PipeMove* move) {
  if (piping->pipe.read_fd < 0) {
    const Result taken = take_pipe(&piping->pipe);
    if (taken < 0) {
      move->state = PipeState::kRefused;
      move->error = error_of(taken);
      return false;
    }
  }
  const Result filled = stream_splice(source_fd, piping->pipe.write_fd, piping->pipe.capacity);
  if (filled > 0) {
    piping->pending = static_cast<size_t>(filled);
    return true;
  }
  if (filled == 0 || filled == kWouldBlock) {
    move->state = filled == 0 ? PipeState::kEnded : PipeState::kEmpty;
    return false;
  }
  move->error = error_of(filled);
  move->state = stream_may_copy(move->error) ? PipeState::kRefused : PipeState::kSourceFailed;
  return false;
}

// From the pipe to the target. False if it does not take all.
bool StreamPipes::drain(Piping* piping, int target_fd, PipeMove* move) {
  while (piping->pending > 0) {
    const Result taken = stream_splice(piping->pipe.read_fd, target_fd, piping->pending);
    if (is_failure(taken)) {
      move->error = error_of(taken);
      move->state = stream_may_copy(move->error) ? PipeState::kRefused : PipeState::kTargetFailed;
      return false;
    }
    if (taken <= 0) {
      move->state = PipeState::kFull;
      return false;
    }
    piping->pending -= static_cast<size_t>(taken);
    move->moved += static_cast<size_t>(taken);
  }
  return true;
}

size_t StreamPipes::take_back(Piping* piping, Bytes room) {
  if (piping->pending == 0 || room.size == 0) return 0;
  const Result taken = fd_read(piping->pipe.read_fd, room);
  if (taken <= 0) return 0;
  piping->pending -= static_cast<size_t>(taken);
  return static_cast<size_t>(taken);
}

Result StreamPipes::take_pipe(SplicePipe* pipe) {
  if (idle_.empty()) {
    const Result made = stream_open_pipe(pipe);
    if (made < 0) *pipe = {-1, -1, 0};
    return made;
  }
  *pipe = idle_.back();
  idle_.pop_back();
  return 0;
}

void StreamPipes::give_pipe(Piping* piping) {
  if (piping->pipe.read_fd < 0) return;
  if (piping->pending == 0 && idle_.size() < kMostIdlePipes) {
    idle_.push_back(piping->pipe);
  } else {
    close_pipe(piping->pipe);
  }
  piping->pipe = {-1, -1, 0};
  piping->pending = 0;
}

}  // namespace fdreactor
