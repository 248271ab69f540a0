// What the tests of streams share: the memory of a turn as JavaScript has it, and streams with a peer.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "../../sys/socket.h"
#include "../../sys/streams/streams.h"
#include "../harness.h"

namespace fdreactor::test {

constexpr size_t kCapacity = 8;

// The memory of a turn, as JavaScript has it.
struct Turn {
  explicit Turn(size_t slab_bytes = 64) : slab(slab_bytes) {}

  void push(int32_t op, int32_t slot, int32_t generation, const std::string& bytes = "", int32_t next = -1) {
    StreamHeader& head = *reinterpret_cast<StreamHeader*>(commands);
    auto* first = reinterpret_cast<StreamCommand*>(&head + 1);
    first[head.command_count++] = {
        op, slot, generation, static_cast<int32_t>(sent.size()), static_cast<int32_t>(bytes.size()), next};
    sent += bytes;
  }
  StreamArea* area() {
    EXPECT(memory.init_commands({commands, sizeof commands}, kCapacity, {sent.data(), sent.size()}));
    EXPECT(memory.init_reports({reports, sizeof reports}, kCapacity, {slab.data(), slab.size()}));
    return &memory;
  }
  void clear() {
    reinterpret_cast<StreamHeader*>(commands)->command_count = 0;
    sent.clear();
  }
  // The reports as text.
  std::string told() const { return text_of(reports, 0) + text_of(commands, kCapacity); }

  static std::string text_of(const void* words, size_t behind) {
    const auto* head = static_cast<const StreamHeader*>(words);
    const auto* first = reinterpret_cast<const StreamReport*>(head + 1) + behind;
    std::string text;
    for (int32_t i = 0; i < head->report_count; ++i) {
      text += std::to_string(first[i].kind) + ":" + std::to_string(first[i].slot) + ":" +
              std::to_string(first[i].length) + ";";
    }
    return text;
  }

  alignas(8) unsigned char commands[sizeof(StreamHeader) + 2 * kCapacity * sizeof(StreamCommand)] = {};
  alignas(8) unsigned char reports[sizeof(StreamHeader) + kCapacity * sizeof(StreamReport)] = {};
  std::string sent;
  std::vector<char> slab;
  StreamArea memory;
};

// A stream of one end of a socket pair.
struct Peer {
  explicit Peer(Streams* streams) {
    int fds[2] = {-1, -1};
    socket_pair(AF_UNIX, SOCK_STREAM, &fds[0], &fds[1]);
    fd = fds[1];
    slot = static_cast<uint32_t>(streams->add(fds[0], StreamRole::kConnected, false, &generation));
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { fd_close(fd); }

  void send(std::string bytes) const { socket_send(fd, {bytes.data(), bytes.size()}, 0); }
  std::string receive() const {
    char bytes[64];
    const Result count = socket_receive(fd, {bytes, sizeof bytes}, 0);
    return count < 0 ? "nothing" : std::string(bytes, static_cast<size_t>(count));
  }
  int32_t s() const { return static_cast<int32_t>(slot); }
  int32_t g() const { return static_cast<int32_t>(generation); }

  int fd = -1;
  uint32_t slot = 0;
  uint32_t generation = 0;
};

}  // namespace fdreactor::test
