// The streams of one reactor: connections and listeners, by slot. A slot is used again; its generation tells the
// streams that had it apart. Grows by a page at a time, so that the millionth stream takes no longer than the first.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "../address.h"

namespace fdreactor {

// The peer of an accepted connection, in 24 bytes: an Address takes six times as many.
struct StreamPeer {
  uint8_t ip[16];
  uint32_t scope;
  uint16_t port;
  uint8_t family;  // 4, 6, or 0 for another kind of address
  uint8_t reserved;
};

struct Stream {
  int fd;  // -1: the slot is free
  uint32_t generation;
  union {
    StreamPeer peer;
    uint32_t next_free;  // of a free slot; kNoSlot: the last one
  };
  bool is_listener : 1;
  bool is_socket : 1;
  bool no_delay : 1;    // of a listener: what it accepts gets TCP_NODELAY
  bool only_sends : 1;  // the end of a pipe that cannot be read
  bool reading : 1;
  bool awaits_room : 1;
  bool over : 1;            // the peer has ended, or the stream has failed: there is nothing to receive
  bool failed : 1;          // that is told, and nothing more of it is
  bool queued : 1;          // in the list of those that had no room in the slab or the reports
  bool dirty : 1;           // in the list of those whose interest is to be told
  bool piped : 1;           // the source of a piping (stream_pipes.h)
  bool fed : 1;             // the target of one, which awaits room for it
  bool rests : 1;           // a source that is not to be read: the target takes nothing, or the piping is over
  uint8_t watched;          // what the poller was told
  uint8_t due;              // of one that is queued: what is ready
  uint8_t failed_call : 2;  // the StreamCall of `error`
  uint16_t error;           // of one that is queued: the error to tell; 0 for none
};

class StreamTable {
 public:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  // A free slot with its next generation; kNoSlot if there is no memory, or 2^30 streams.
  uint32_t take();
  void release(uint32_t slot);

  // nullptr: the stream is gone.
  Stream* find(uint32_t slot, uint32_t generation) {
    if (slot >= pages_.size() * kPageLength) return nullptr;
    Stream& stream = at(slot);
    return stream.fd >= 0 && stream.generation == generation ? &stream : nullptr;
  }
  Stream& at(uint32_t slot) { return pages_[slot / kPageLength][slot % kPageLength]; }

  size_t size() const { return size_; }
  uint32_t slots() const { return static_cast<uint32_t>(pages_.size() * kPageLength); }

 private:
  static constexpr uint32_t kPageLength = 1024;

  // From calloc(3), which says that there is no memory; operator new ends the process (cmake/libcxx_rest.cc).
  struct FreePage {
    void operator()(Stream* page) const { std::free(page); }
  };
  using Page = std::unique_ptr<Stream[], FreePage>;

  std::vector<Page> pages_;
  uint32_t first_free_ = kNoSlot;
  size_t size_ = 0;
};

void store_peer(const Address& address, StreamPeer* peer);
Address peer_address(const StreamPeer& peer);

}  // namespace fdreactor
