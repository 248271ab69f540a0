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
#include "stream_table.h"

namespace fdreactor {

// What a stream waits for, and what has come.
enum StreamReady : uint8_t {
  kStreamReadable = 1,
  kStreamWritable = 2,
  kStreamClosed = 4,  // an error, or both directions have ended; always told
};

// The kernel's readiness facility, as far as streams need it.
class StreamPoller {
 public:
  virtual ~StreamPoller() = default;
  // `events` are kStreamReadable and kStreamWritable; with neither, only closures are told, and only once.
  virtual Result watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) = 0;
  virtual Result change(int fd, uint32_t slot, uint32_t generation, uint8_t events) = 0;
  virtual void forget(int fd) = 0;  // a stream that is detached
  // A stream has this new fd; and the fd of a stream is about to be closed.
  virtual void opened(int fd) = 0;
  virtual void closing(int fd) = 0;
};

enum class StreamRole : uint8_t { kConnected, kConnecting, kListener };

struct StreamLimits {
  size_t most_received;  // from one stream in one turn
  size_t least_room;     // in the slab, for one receive
  int most_accepted;     // by one listener in one turn
};

class Streams {
 public:
  Streams(StreamPoller* poller, StreamLimits limits) : poller_(poller), limits_(limits) {}
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // Takes over an fd, which is made non-blocking. Returns the slot, and its generation in *generation. kBadArgument for
  // a listener that is not a socket. A connecting stream is paused and awaits room, which comes with the connection.
  Result add(int fd, StreamRole role, bool no_delay, uint32_t* generation);

  // Carries out the commands, and writes what they come to into the results.
  void flush(StreamArea* area);
  // Serves what had no room in the turn before. Call it after the wait, before serve().
  void serve_unserved(StreamArea* area);
  // An event of the poller.
  void serve(uint32_t slot, uint32_t generation, uint8_t ready, StreamArea* area);

  // The wait may not block: there are streams to serve.
  bool has_unserved() const { return !unserved_.empty(); }
  size_t size() const { return table_.size(); }

  // nullptr: the stream is gone.
  const Stream* find(uint32_t slot, uint32_t generation) { return table_.find(slot, generation); }

  void close_all();

 private:
  struct Handle {
    uint32_t slot;
    uint32_t generation;
  };

  Result insert(int fd, StreamRole role, bool is_socket, uint32_t* generation);
  void carry_out(const StreamCommand& command, size_t place, StreamArea* area);
  void send(Stream* stream, size_t place, StreamArea* area);
  Result send_chain(const Stream& stream, size_t place, const StreamArea& area, size_t* asked);
  void serve_ready(Stream* stream, Handle handle, uint8_t ready, StreamArea* area);
  void tell_room(Stream* stream, Handle handle, uint8_t ready, StreamArea* area);
  void receive(Stream* stream, Handle handle, StreamArea* area);
  void accept(Stream* listener, Handle handle, StreamArea* area);
  void postpone(Stream* stream, Handle handle, uint8_t ready);
  void fail(Stream* stream, Handle handle, int error, StreamReports* reports);
  void close(Stream* stream, uint32_t slot, bool reset);
  void detach(Stream* stream, uint32_t slot);
  void update(Stream* stream, Handle handle, StreamReports* reports);
  void mark_dirty(Stream* stream, Handle handle);

  StreamPoller* poller_;
  StreamLimits limits_;
  StreamTable table_;
  std::vector<Handle> unserved_;
  std::vector<Handle> serving_;   // unserved_ of the turn before
  std::vector<Handle> dirty_;     // their interest is told before the next wait
  std::vector<Handle> changing_;  // dirty_ while that is done
};

}  // namespace fdreactor
