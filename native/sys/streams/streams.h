// Streams: connections and listeners that are served within the wait of a reactor. One call a turn carries out what
// JavaScript asks for, and receives from every ready stream into one slab (stream_area.h).
//
// The readiness facility is a StreamPoller; the states of a stream are the same over each. What has no room in the slab
// or among the reports is remembered, and served first in the next turn. So none starves, and nothing is lost that the
// facility tells only once.
//
// An error belongs to its stream alone. A stream is named by slot and generation, so a command or an event of an
// earlier owner of the slot does nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "stream_area.h"
#include "stream_pipes.h"
#include "stream_table.h"

namespace fdreactor {

// What a stream waits for, and what has come.
enum StreamReady : uint8_t {
  kStreamReadable = 1,
  kStreamWritable = 2,
  kStreamClosed = 4,  // an error, or both directions have ended; always told
};

class Streams;

// The low half of the user data of a stream, as the kernel gives it back: slots of registrations are from 0 on, and
// what a backend has for itself is just below 0.
constexpr int32_t kFirstStreamWord = -16;
constexpr int32_t stream_word(uint32_t slot) { return kFirstStreamWord - static_cast<int32_t>(slot); }
constexpr bool is_stream_word(int32_t word) { return word <= kFirstStreamWord; }
constexpr uint32_t stream_slot(int32_t word) { return static_cast<uint32_t>(kFirstStreamWord - word); }

// The kernel's readiness facility, as far as streams need it.
class StreamPoller {
 public:
  virtual ~StreamPoller() = default;
  // `events` are kStreamReadable and kStreamWritable; with neither, only closures are told, and only once.
  virtual Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) = 0;
  // `before` are the events that were told by now.
  virtual Result change(int fd, uint32_t slot, uint32_t generation, uint8_t before, uint8_t events) = 0;
  virtual void forget(int fd) = 0;  // a stream that is detached
  // Whether a registration of the fd would take it from its stream. Not where the kernel refuses a second one.
  virtual bool would_lose(int) const { return false; }
  // A stream has this new fd; and the fd of a stream is about to be closed.
  virtual void opened(int) {}
  virtual void closing(int) {}
  // What broke the connection, for a stream that does not receive: an error number, once; 0 for nothing.
  virtual int take_error(int fd, bool is_socket);

  // The wait of the reactor, into its batch. Returns how many events there are.
  virtual Result wait(Bytes batch, double timeout_ms, double deadline_ms) = 0;
  // Serves the events of streams, and moves the others to the front of the batch. Returns how many these are.
  virtual Result serve(Bytes batch, Result count, Streams* streams, StreamArea* area) = 0;
};

// kSending: the end of a pipe that can be written only, in place of kConnected.
enum class StreamRole : uint8_t { kConnected, kConnecting, kListener, kSending };

struct StreamLimits {
  size_t most_received;                                 // from one stream in one turn
  size_t least_room;                                    // in the slab, for one receive
  int most_accepted;                                    // by one listener in one turn
  size_t most_piped = size_t{512} * 1024;               // by one piping in one turn, about
  size_t most_piped_in_turn = size_t{2} * 1024 * 1024;  // by all, about
};

class Streams {
 public:
  Streams(StreamPoller* poller, StreamLimits limits) : poller_(poller), limits_(limits) {}
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // Takes over an fd, which is made non-blocking. Returns the slot, and its generation in *generation. kBadArgument for
  // a listener that is not a socket, and for a socket of datagrams. A connecting stream is paused and awaits room,
  // which comes with the connection.
  Result add(int fd, StreamRole role, bool no_delay, uint32_t* generation);

  // Carries out the commands, and writes what they come to into the results.
  void flush(StreamArea* area);
  // Serves what had no room in the turn before. Call it after the wait, before serve().
  void serve_unserved(StreamArea* area);
  // An event of the poller.
  void serve(uint32_t slot, uint32_t generation, uint8_t ready, StreamArea* area);

  // Ends the piping of a source, which is received from as before. Returns how many bytes of it that the target did not
  // get are stored; they come before all that is received. Call it until it returns 0.
  size_t unpipe(uint32_t slot, uint32_t generation, Bytes room);

  // The wait may not block: there are streams to serve.
  bool has_unserved() const { return !unserved_.empty(); }
  // The poller does not know yet what some streams wait for. Another one may wait meanwhile: the host of the reactor.
  bool has_untold() const { return !dirty_.empty(); }
  size_t size() const { return table_.size(); }

  // nullptr: the stream is gone.
  const Stream* find(uint32_t slot, uint32_t generation) { return table_.find(slot, generation); }

  // Whether the fd of a stream is still its file, as far as the poller can tell: other code may have closed the number.
  bool has_its_fd(uint32_t slot, uint32_t generation);

  void close_all();

 private:
  struct Handle {
    uint32_t slot;
    uint32_t generation;
  };

  Result insert(int fd, StreamRole role, bool is_socket, uint32_t* generation);
  void carry_out(const StreamCommand& command, size_t place, StreamArea* area);
  void send(Stream* stream, size_t place, StreamArea* area);
  void send_file(Stream* stream, size_t place, StreamArea* area);
  Result send_chain(const Stream& stream, size_t place, const StreamArea& area, size_t* asked);
  void serve_ready(Stream* stream, Handle handle, uint8_t ready, StreamArea* area);
  void tell_room(Stream* stream, Handle handle, uint8_t ready, StreamArea* area);
  bool take(Stream* stream, Handle handle, StreamArea* area);
  bool receive(Stream* stream, Handle handle, StreamArea* area);
  void accept(Stream* listener, Handle handle, StreamArea* area);
  void end(Stream* stream, Handle handle, StreamArea* area);
  void pipe(Stream* source, Handle handle, Handle target);
  void move(Stream* source, Handle handle, StreamArea* area);
  void feed(Handle target, StreamArea* area);
  void unlink(const Stream& stream, uint32_t slot);
  void drop_piping(uint32_t source);
  void postpone(Stream* stream, Handle handle, uint8_t ready);
  void fail(Stream* stream, Handle handle, int error, StreamCall call, StreamReports* reports);
  void close(Stream* stream, uint32_t slot, bool reset);
  void detach(Stream* stream, uint32_t slot);
  void update(Stream* stream, Handle handle, StreamReports* reports);
  void mark_dirty(Stream* stream, Handle handle);

  StreamPoller* poller_;
  StreamLimits limits_;
  StreamTable table_;
  StreamPipes pipes_;
  std::vector<Handle> unserved_;
  std::vector<Handle> serving_;   // unserved_ of the turn before
  std::vector<Handle> dirty_;     // their interest is told before the next wait
  std::vector<Handle> changing_;  // dirty_ while that is done
};

}  // namespace fdreactor
