#include "kqueue_streams.h"

#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <cstring>

#include "../../core/event_layout.h"
#include "../posix/errno_result.h"
#include "kqueue.h"

namespace fdreactor {
namespace {

using Kevent = struct kevent;

// The filters of a stream: those that it waits for, or kSilent.
constexpr uint8_t kSilent = 128;

constexpr int32_t kUnreachable = INT32_MAX;  // a low-water mark

uint8_t filters_of(uint8_t events) { return events == 0 ? kSilent : events; }

void* to_udata(uint32_t slot, uint32_t generation) {
  const uint64_t word = uint64_t{generation} << 32 | static_cast<uint32_t>(stream_word(slot));
  void* udata = nullptr;
  static_assert(sizeof udata == sizeof word, "64-bit systems only");
  std::memcpy(&udata, &word, sizeof udata);
  return udata;
}

// The changes of one stream. EV_RECEIPT gives each its own answer.
class Changes {
 public:
  Changes(int fd, void* udata) : fd_(fd), udata_(udata) {}

  void remove(int16_t filter) { push(filter, EV_DELETE, 0, 0); }
  void add(int16_t filter) { push(filter, EV_ADD, 0, 0); }
  void add_silent() {
#ifdef NOTE_LOWAT
    push(EVFILT_READ, EV_ADD | EV_CLEAR, NOTE_LOWAT, kUnreachable);
#else
    push(EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0);  // it is told of bytes as well, once each time
#endif
  }

  // No more room for receipts than there are changes, or events could come instead (libkqueue).
  Result apply(int kqueue_fd) const {
    if (count_ == 0) return 0;
    Kevent receipts[kMost];
    const timespec no_wait = {0, 0};
    const int count = ::kevent(kqueue_fd, changes_, count_, receipts, count_, &no_wait);
    if (count < 0) return from_call(count);
    for (int i = 0; i < count; ++i) {
      const bool failed = (receipts[i].flags & EV_ERROR) != 0 && receipts[i].data != 0;
      if (failed && !may_fail(changes_[i], static_cast<int>(receipts[i].data))) {
        return failure(static_cast<int>(receipts[i].data));
      }
    }
    return 0;
  }

 private:
  static constexpr int kMost = 3;

  void push(int16_t filter, uint16_t flags, uint32_t fflags, int32_t data) {
    EV_SET(&changes_[count_], static_cast<uintptr_t>(fd_), filter, flags | EV_RECEIPT, fflags, data, udata_);
    ++count_;
  }

  // A filter that is not there needs no removal, and not every file can be silent. EPIPE: macOS says so of a pipe whose
  // other end is gone, and has made the filter all the same (mio, issue 582).
  static bool may_fail(const Kevent& change, int error) {
    return (change.flags & (EV_DELETE | EV_CLEAR)) != 0 || error == EPIPE;
  }

  int fd_;
  void* udata_;
  Kevent changes_[kMost] = {};
  int count_ = 0;
};

// The bits of fflags are a socket's error, but libkqueue gives back the fflags of a silent filter as well. The end of a
// pipe that only sends is told without an error: it has no reader any more.
uint8_t to_ready(const Kevent& event, const Stream& stream) {
  const uint8_t ready = event.filter == EVFILT_READ ? kStreamReadable : kStreamWritable;
#ifdef NOTE_LOWAT
  const bool is_own = event.filter == EVFILT_READ && event.fflags == NOTE_LOWAT;
#else
  const bool is_own = false;
#endif
  const bool has_error = event.fflags != 0 && !is_own;
  const bool is_broken = (event.flags & EV_EOF) != 0 && (has_error || stream.only_sends);
  return is_broken ? ready | kStreamClosed : ready;
}

}  // namespace

Result KqueueStreamPoller::watch(int fd, uint32_t slot, uint32_t generation, uint8_t events) {
  if (would_lose(fd)) return failure(EEXIST);
  Changes changes(fd, to_udata(slot, generation));
  if ((events & kStreamReadable) != 0) changes.add(EVFILT_READ);
  if ((events & kStreamWritable) != 0) changes.add(EVFILT_WRITE);
  if (events == 0) changes.add_silent();
  const Result made = changes.apply(kqueue_fd_);
  if (made >= 0) note(fd, true);
  return made;
}

// A filter that stays is left alone. One of another kind is taken out first: EV_ADD would keep its flags.
Result KqueueStreamPoller::change(int fd, uint32_t slot, uint32_t generation, uint8_t before, uint8_t events) {
  const uint8_t had = filters_of(before);
  const uint8_t has = filters_of(events);
  const auto old = static_cast<uint8_t>(had & ~has);
  const auto made = static_cast<uint8_t>(has & ~had);
  Changes changes(fd, to_udata(slot, generation));
  if ((old & (kStreamReadable | kSilent)) != 0) changes.remove(EVFILT_READ);
  if ((old & kStreamWritable) != 0) changes.remove(EVFILT_WRITE);
  if ((made & kStreamReadable) != 0) changes.add(EVFILT_READ);
  if ((made & kSilent) != 0) changes.add_silent();
  if ((made & kStreamWritable) != 0) changes.add(EVFILT_WRITE);
  return changes.apply(kqueue_fd_);
}

void KqueueStreamPoller::forget(int fd) {
  Changes changes(fd, nullptr);
  changes.remove(EVFILT_READ);
  changes.remove(EVFILT_WRITE);
  changes.apply(kqueue_fd_);
  note(fd, false);
}

bool KqueueStreamPoller::would_lose(int fd) const {
  const auto place = static_cast<size_t>(fd);
  return place < is_stream_.size() && is_stream_[place];
}

void KqueueStreamPoller::note(int fd, bool is_stream) {
  const auto place = static_cast<size_t>(fd);
  if (place >= is_stream_.size()) is_stream_.resize((place + 1) * 2);
  is_stream_[place] = is_stream;
}

// close(2) takes the filters away, but not in libkqueue.
void KqueueStreamPoller::closing(int fd) {
#ifdef __linux__
  forget(fd);
#else
  note(fd, false);
#endif
}

Result KqueueStreamPoller::wait(Bytes batch, double timeout_ms, double deadline_ms) {
  return kqueue_wait_batch(kqueue_fd_, nullptr, 0, batch.data, batch.size, timeout_ms, deadline_ms);
}

Result KqueueStreamPoller::serve(Bytes batch, Result count, Streams* streams, StreamArea* area) {
  auto* events = reinterpret_cast<Kevent*>(static_cast<EventBatchHeader*>(batch.data) + 1);
  Result kept = 0;
  for (Result i = 0; i < count; ++i) {
    const Kevent event = events[i];
    const auto udata = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(event.udata));
    const auto word = static_cast<int32_t>(udata & UINT32_MAX);
    const bool is_file = event.filter == EVFILT_READ || event.filter == EVFILT_WRITE;
    if (is_file && is_stream_word(word)) {
      const uint32_t slot = stream_slot(word);
      const auto generation = static_cast<uint32_t>(udata >> 32);
      const Stream* stream = streams->find(slot, generation);
      if (stream != nullptr) streams->serve(slot, generation, to_ready(event, *stream), area);
    } else {
      events[kept++] = event;
    }
  }
  return kept;
}

}  // namespace fdreactor
