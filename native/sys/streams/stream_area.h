// What one turn of the streams exchanges with JavaScript, in memory that JavaScript owns: commands in, reports out, as
// records of six words, so that a turn of any number of connections is one call. lib/connection/stream-area.ts writes
// and reads it by the layout that the add-on exports.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/event_layout.h"
#include "../fd.h"

namespace fdreactor {

// What JavaScript asks for. The commands of a turn are carried out in their order, before the wait.
enum StreamOp : int32_t {
  kStreamSend = 1,       // the bytes at offset and length of the send area, then those of the command `next`, and so on
  kStreamSendMore = 2,   // a part of an earlier kStreamSend, which leads to it by `next`
  kStreamPause = 3,      // receive, or accept, no more
  kStreamResume = 4,     // receive, or accept, again
  kStreamAwaitRoom = 5,  // report kStreamRoom when there is room to send
  kStreamShutdown = 6,   // SHUT_WR; nothing while room is awaited, for then there is more to send
  kStreamClose = 7,
  kStreamReset = 8,       // close with a reset (SO_LINGER with 0)
  kStreamDetach = 9,      // forget it, and leave the fd open
  kStreamSendFile = 10,   // `length` bytes of the file `offset`, from the place that the command `next` tells
  kStreamFilePlace = 11,  // the place in a file: the low half in `offset`, the high half in `length`
  kStreamPipe = 12,       // from here on its bytes go to the stream whose slot is `offset`, and generation `length`
};

// What is told. The reports of a turn are in the order in which things happened.
enum StreamKind : int32_t {
  kStreamData = 1,     // bytes arrived: at offset and length of the slab
  kStreamEnd = 2,      // the peer sends no more
  kStreamRoom = 3,     // there is room to send, which kStreamAwaitRoom asked for
  kStreamPartial = 4,  // of the kStreamSend at the place `offset` only `length` bytes were taken; room is awaited
  // `length` is the system's error number, `extra` the StreamCall; nothing more is reported of the stream
  kStreamFailed = 5,
  kStreamAccepted =
      6,  // by a listener: `offset` is the slot of the new stream, `length` its generation, `extra` its fd
  kStreamAcceptFailed = 7,  // `length` is the error number, `extra` the call; the listener is paused
  // Of a kStreamSendFile `length` bytes were taken; room is awaited if these are not all. `offset` is 1 if the file has
  // ended before.
  kStreamFileSent = 8,
  kStreamNoHalves = 9,  // of a kStreamShutdown: it only sends, and is to be closed
  kStreamPiped = 10,    // `length` bytes went to the stream whose slot is `offset`, and generation `extra`
  kStreamUnpiped = 11,  // the kernel does not move its bytes: error `length`. It rests until Streams::unpipe()
};

// The call that failed.
enum StreamCall : int32_t {
  kStreamCallReceive = 0,
  kStreamCallSend = 1,
  kStreamCallSendFile = 2,
  kStreamCallWatch = 3,  // that of the poller
  kStreamCallAccept = 4,
};

enum StreamNext : int32_t {
  kStreamLast = -1,
  kStreamFileFollows = -2,  // a kStreamSendFile of the same stream follows at once
};

struct StreamCommand {
  int32_t op;
  int32_t slot;
  int32_t generation;
  int32_t offset;
  int32_t length;
  int32_t next;  // the place of a kStreamSendMore of the same stream further on; a StreamNext for the last part
};

struct StreamReport {
  int32_t kind;
  int32_t slot;
  int32_t generation;
  int32_t offset;
  int32_t length;
  int32_t extra;
};

// What stands before the records of either memory.
struct StreamHeader {
  int32_t command_count;  // 0 once they are carried out, so that none is twice
  int32_t report_count;
  int32_t slab_used;
  int32_t unserved;  // 1: streams are ready, and had no room in the slab or the reports
  int32_t untold;    // 1: the poller is to be told what streams wait for, which the next flush does
};

extern const EventLayout kStreamLayout;

// A list of reports that is being written.
class StreamReports {
 public:
  StreamReports() = default;
  StreamReports(StreamHeader* header, StreamReport* first, size_t capacity)
      : header_(header), first_(first), capacity_(capacity) {}

  size_t count() const { return static_cast<size_t>(header_->report_count); }
  bool has_room() const { return count() < capacity_; }
  void add(const StreamReport& report) {
    if (has_room()) first_[header_->report_count++] = report;
  }

 private:
  StreamHeader* header_ = nullptr;
  StreamReport* first_ = nullptr;
  size_t capacity_ = 0;
};

// The memory of one turn. Two memories: the commands with what they come to, one report a command at most; and what
// the wait reports. So commands can be carried out while reports of the wait are still read.
struct StreamArea {
  StreamHeader* command_header = nullptr;
  const StreamCommand* commands = nullptr;
  size_t command_count = 0;
  Bytes send_area = {nullptr, 0};
  StreamReports results;  // of the commands

  StreamHeader* header = nullptr;  // of the wait
  StreamReports reports;
  Bytes slab = {nullptr, 0};
  size_t piped = 0;  // how many bytes pipings have moved

  void forget_commands() {
    command_count = 0;
    command_header->command_count = 0;
  }

  // False for memory that is not what the capacities say.
  bool init_commands(Bytes words, size_t capacity, Bytes sends);
  bool init_reports(Bytes words, size_t capacity, Bytes received);

  size_t slab_room() const { return slab.size - static_cast<size_t>(header->slab_used); }
};

}  // namespace fdreactor
