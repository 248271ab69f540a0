// Translates readiness between \Device\Afd, the kernel side of Windows' sockets, and the Reactor: two pure functions.
// No other code translates. The AFD bits are those of IOCTL_AFD_POLL, which is undocumented and unchanged since Windows
// NT. `npm run gen` writes both enums to TypeScript: lib/queue/iocp/constants.gen.ts and lib/reactor/ready-bits.gen.ts.
#pragma once

#include <cstdint>

namespace fdreactor {

enum AfdEvent : uint32_t {
  kAfdReceive = 0x1,           // afdPoll(): there is something to read.
  kAfdReceiveExpedited = 0x2,  // afdPoll(): there is out-of-band data.
  kAfdSend = 0x4,              // afdPoll(): there is room to write, or connect() is done.
  kAfdDisconnect = 0x8,        // afdPoll(): the peer has closed its sending half.
  kAfdAbort = 0x10,            // afdPoll(): the connection was reset.
  kAfdLocalClose = 0x20,       // afdPoll(): the socket was closed in this process.
  kAfdAccept = 0x80,           // afdPoll(): a connection waits to be accepted.
  kAfdConnectFail = 0x100,     // afdPoll(): connect() has failed.
};

// What happened to an fd. lib/reactor/interest.ts says what each bit means.
enum ReadyBit : uint32_t {
  kReadable = 1,
  kWritable = 2,
  kPriority = 4,
  kReadClosed = 8,
  kWriteClosed = 16,
  kError = 32,
  kHangup = 64,
};

constexpr uint32_t kAfdClosures = kAfdDisconnect | kAfdAbort | kAfdConnectFail;

// What to poll for: closures are told whether asked for or not, and a socket that is closed locally is to be noticed.
constexpr uint32_t afd_from_interest(uint32_t interest) {
  uint32_t events = kAfdClosures | kAfdLocalClose;
  if ((interest & kReadable) != 0) events |= kAfdReceive | kAfdAccept;
  if ((interest & kWritable) != 0) events |= kAfdSend;
  if ((interest & kPriority) != 0) events |= kAfdReceiveExpedited;
  return events;
}

// What a poll's answer means. A call that would fail, or return 0, does not block: so a broken connection is readable
// and writable as well, as with poll(2).
constexpr uint32_t ready_from_afd(uint32_t events) {
  uint32_t ready = 0;
  if ((events & (kAfdReceive | kAfdAccept)) != 0) ready |= kReadable;
  if ((events & kAfdReceiveExpedited) != 0) ready |= kPriority;
  if ((events & kAfdSend) != 0) ready |= kWritable;
  if ((events & kAfdDisconnect) != 0) ready |= kReadable | kReadClosed;
  if ((events & (kAfdAbort | kAfdConnectFail)) != 0) {
    ready |= kReadable | kWritable | kReadClosed | kWriteClosed | kError | kHangup;
  }
  return ready;
}

}  // namespace fdreactor
