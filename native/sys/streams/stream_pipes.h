// The pipings of one reactor: from a stream, the source, to another, the target, inside the kernel (splice(2)). A
// stream is the source of one piping at most, and the target of one.
//
// The bytes go through a pipe, which a piping has only while bytes are in it. It is filled only when it is empty:
// splice(2) answers EAGAIN both for a source that is empty and for a pipe that is full. Empty pipes are kept and used
// again. One with bytes never is, for they would come out in another connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "../fd.h"
#include "stream_splice.h"

namespace fdreactor {

enum class PipeState : uint8_t {
  kEmpty,         // the source has nothing
  kFull,          // the target takes nothing: there are bytes in the pipe
  kMore,          // as much as was asked for is moved
  kEnded,         // the source has ended, and all its bytes are out
  kSourceFailed,  // nothing is left in the pipe
  kTargetFailed,
  kRefused,  // the kernel does not move these; what is in the pipe is still there
};

struct PipeMove {
  PipeState state;
  size_t moved;  // bytes that the target has taken
  int error;     // of kSourceFailed, kTargetFailed and kRefused
};

struct Piping {
  uint32_t target;  // its slot
  SplicePipe pipe = {-1, -1, 0};
  size_t pending = 0;  // bytes in the pipe
  bool is_refused = false;
};

class StreamPipes {
 public:
  StreamPipes() = default;
  StreamPipes(const StreamPipes&) = delete;
  StreamPipes& operator=(const StreamPipes&) = delete;
  ~StreamPipes();

  // `is_refused`: the kernel will not take these, so that the first move says kRefused.
  void add(uint32_t source, uint32_t target, bool is_refused);
  // Bytes that are still in the pipe are gone.
  void remove(uint32_t source);

  // Of a source, and of a target, that has a piping.
  Piping& at(uint32_t source) { return by_source_.at(source); }
  uint32_t source_of(uint32_t target) const { return source_by_target_.at(target); }

  // Moves about `most` bytes, and what is left in the pipe. `may_fill`: the source may be read.
  PipeMove move(Piping* piping, int source_fd, int target_fd, size_t most, bool may_fill);

  // Bytes of the pipe, which the target will not get. Returns how many; 0: none are left.
  size_t take_back(Piping* piping, Bytes room);

 private:
  bool fill(Piping* piping, int source_fd, PipeMove* move);
  bool drain(Piping* piping, int target_fd, PipeMove* move);
  Result take_pipe(SplicePipe* pipe);
  void give_pipe(Piping* piping);

  std::unordered_map<uint32_t, Piping> by_source_;
  std::unordered_map<uint32_t, uint32_t> source_by_target_;
  std::vector<SplicePipe> idle_;
};

}  // namespace fdreactor
