#include "streams.h"

#include <algorithm>

#include "../socket.h"
#include "../transfer.h"
#include "stream_socket.h"

namespace fdreactor {
namespace {

constexpr size_t kMaxParts = 64;  // of one send

uint8_t events_of(StreamRole role) {
  if (role == StreamRole::kSending) return 0;
  return role == StreamRole::kConnecting ? kStreamWritable : kStreamReadable;
}

uint8_t wanted(const Stream& stream) {
  const uint8_t readable = stream.reading && !stream.over && !stream.rests ? kStreamReadable : 0;
  return readable | (stream.awaits_room ? kStreamWritable : 0);
}

}  // namespace

int StreamPoller::take_error(int fd, bool is_socket) { return stream_take_error(fd, is_socket); }

Streams::~Streams() { close_all(); }

Result Streams::add(int fd, StreamRole role, bool no_delay, uint32_t* generation) {
  const Result ready = fd_ensure_non_blocking(fd);
  if (ready < 0) return ready;
  const StreamFd kind = stream_kind(fd);
  if (kind == StreamFd::kDatagrams) return kBadArgument;
  const bool is_socket = kind == StreamFd::kStream;
  const bool only_sends = !is_socket && stream_only_sends(fd);
  if (role == StreamRole::kListener && !is_socket) return kBadArgument;
  const Result slot = insert(fd, only_sends ? StreamRole::kSending : role, is_socket, generation);
  if (slot >= 0) table_.at(static_cast<uint32_t>(slot)).no_delay = no_delay;
  return slot;
}

Result Streams::insert(int fd, StreamRole role, bool is_socket, uint32_t* generation) {
  const uint32_t slot = table_.take();
  if (slot == StreamTable::kNoSlot) return failure(kStreamNoMemory);
  Stream& stream = table_.at(slot);
  const uint8_t events = events_of(role);
  const Result watched = poller_->watch(fd, slot, stream.generation, events);
  if (watched < 0) {
    table_.release(slot);
    return watched;
  }
  stream.fd = fd;
  stream.is_listener = role == StreamRole::kListener;
  stream.is_socket = is_socket;
  stream.reading = (events & kStreamReadable) != 0;
  stream.awaits_room = (events & kStreamWritable) != 0;
  stream.only_sends = role == StreamRole::kSending;
  stream.watched = events;
  *generation = stream.generation;
  return slot;
}

bool Streams::has_its_fd(uint32_t slot, uint32_t generation) {
  const Stream* stream = table_.find(slot, generation);
  if (stream == nullptr) return false;
  return poller_->change(stream->fd, slot, generation, stream->watched, stream->watched) >= 0;
}

void Streams::flush(StreamArea* area) {
  for (size_t place = 0; place < area->command_count; ++place) carry_out(area->commands[place], place, area);
  area->forget_commands();
  changing_.clear();
  changing_.swap(dirty_);
  for (const Handle& handle : changing_) {
    Stream* stream = table_.find(handle.slot, handle.generation);
    if (stream == nullptr) continue;
    stream->dirty = false;
    update(stream, handle, &area->results);
  }
}

void Streams::carry_out(const StreamCommand& command, size_t place, StreamArea* area) {
  const Handle handle = {static_cast<uint32_t>(command.slot), static_cast<uint32_t>(command.generation)};
  Stream* stream = table_.find(handle.slot, handle.generation);
  if (stream == nullptr) return;
  switch (command.op) {
    case kStreamSend:
      return send(stream, place, area);
    case kStreamSendFile:
      return send_file(stream, place, area);
    case kStreamPause:
      stream->reading = false;
      return mark_dirty(stream, handle);
    case kStreamResume:
      stream->reading = !stream->only_sends;
      return mark_dirty(stream, handle);
    case kStreamAwaitRoom:
      stream->awaits_room = true;
      return mark_dirty(stream, handle);
    case kStreamShutdown:
      if (stream->awaits_room) return;  // bytes of an earlier send are still to come
      if (stream->is_socket) stream_shutdown(stream->fd);
      if (stream->only_sends) area->results.add({kStreamNoHalves, command.slot, command.generation, 0, 0, 0});
      return;
    case kStreamClose:
    case kStreamReset:
      return close(stream, handle.slot, command.op == kStreamReset);
    case kStreamDetach:
      return detach(stream, handle.slot);
    case kStreamPipe:
      return pipe(stream, handle, {static_cast<uint32_t>(command.offset), static_cast<uint32_t>(command.length)});
    default:
      return;
  }
}

void Streams::send(Stream* stream, size_t place, StreamArea* area) {
  const StreamCommand& command = area->commands[place];
  const Handle handle = {static_cast<uint32_t>(command.slot), static_cast<uint32_t>(command.generation)};
  size_t asked = 0;
  const Result sent = send_chain(*stream, place, *area, &asked);
  if (is_failure(sent)) return fail(stream, handle, error_of(sent), kStreamCallSend, &area->results);
  const size_t taken = sent == kWouldBlock ? 0 : static_cast<size_t>(sent);
  if (taken == asked) return;
  stream->awaits_room = true;
  mark_dirty(stream, handle);
  area->results.add(
      {kStreamPartial, command.slot, command.generation, static_cast<int32_t>(place), static_cast<int32_t>(taken), 0});
}

// Sends the parts that `next` leads to, in as few calls as they take. Returns how many bytes were taken of *asked.
Result Streams::send_chain(const Stream& stream, size_t place, const StreamArea& area, size_t* asked) {
  size_t taken = 0;
  for (bool is_blocked = false;;) {
    Bytes parts[kMaxParts];
    size_t count = 0;
    size_t bytes = 0;
    bool is_last = false;
    bool is_corked = false;
    while (count < kMaxParts && !is_last) {
      const StreamCommand& part = area.commands[place];
      const auto offset = static_cast<size_t>(part.offset);
      const auto length = static_cast<size_t>(part.length);
      if (part.offset < 0 || part.length < 0 || offset + length > area.send_area.size) return kBadArgument;
      parts[count++] = {static_cast<char*>(area.send_area.data) + offset, length};
      bytes += length;
      const auto next = static_cast<size_t>(part.next);
      is_corked = part.next == kStreamFileFollows;
      is_last = part.next < 0 || next <= place || next >= area.command_count;
      if (!is_last) place = next;
    }
    *asked += bytes;
    if (!is_blocked) {
      const Result sent = stream_send(stream.fd, stream.is_socket, parts, count, is_corked);
      if (is_failure(sent)) return sent;
      taken += sent == kWouldBlock ? 0 : static_cast<size_t>(sent);
      is_blocked = taken < *asked;
    }
    if (is_last) return static_cast<Result>(taken);
  }
}

// Where room is awaited, bytes that belong before the file are still to be sent.
void Streams::send_file(Stream* stream, size_t place, StreamArea* area) {
  const StreamCommand& command = area->commands[place];
  const Handle handle = {static_cast<uint32_t>(command.slot), static_cast<uint32_t>(command.generation)};
  const auto next = static_cast<size_t>(command.next);
  if (command.next < 0 || next >= area->command_count || command.length <= 0) return;
  const StreamCommand& at = area->commands[next];
  const auto high = static_cast<uint64_t>(static_cast<uint32_t>(at.length));
  const auto offset = static_cast<int64_t>(high << 32 | static_cast<uint32_t>(at.offset));
  if (at.op != kStreamFilePlace || offset < 0) return;
  const auto length = static_cast<size_t>(command.length);
  const Result sent = stream->awaits_room ? kWouldBlock : transfer_sendfile(stream->fd, command.offset, offset, length);
  if (is_failure(sent)) return fail(stream, handle, error_of(sent), kStreamCallSendFile, &area->results);
  const int32_t taken = sent == kWouldBlock ? 0 : static_cast<int32_t>(sent);
  if (sent == kWouldBlock || (taken > 0 && taken < command.length)) {
    stream->awaits_room = true;
    mark_dirty(stream, handle);
  }
  area->results.add({kStreamFileSent, command.slot, command.generation, sent == 0 ? 1 : 0, taken, 0});
}

void Streams::serve_unserved(StreamArea* area) {
  serving_.clear();
  serving_.swap(unserved_);
  for (const Handle& handle : serving_) {
    Stream* stream = table_.find(handle.slot, handle.generation);
    if (stream == nullptr) continue;
    const uint8_t ready = stream->due;
    stream->queued = false;
    stream->due = 0;
    if (stream->error != 0) {
      fail(stream, handle, stream->error, static_cast<StreamCall>(stream->failed_call), &area->reports);
    } else {
      serve_ready(stream, handle, ready, area);
    }
  }
}

void Streams::serve(uint32_t slot, uint32_t generation, uint8_t ready, StreamArea* area) {
  Stream* stream = table_.find(slot, generation);
  if (stream == nullptr) return;
  if (stream->queued) {
    stream->due |= ready;
    return;
  }
  serve_ready(stream, {slot, generation}, ready, area);
}

void Streams::serve_ready(Stream* stream, Handle handle, uint8_t ready, StreamArea* area) {
  if (!area->reports.has_room()) return postpone(stream, handle, ready);
  if (stream->is_listener) {
    if (stream->reading) accept(stream, handle, area);
    return;
  }
  const bool is_closed = (ready & kStreamClosed) != 0;
  // What came before the connection broke is told first, and the error by the call that finds it.
  if (is_closed && take(stream, handle, area)) return;
  tell_room(stream, handle, ready, area);
  if (!is_closed && (ready & kStreamReadable) != 0) take(stream, handle, area);
  // What sends in the room that was told in this turn gets the error; the poller is asked again after it.
  if (!is_closed || stream->dirty) return;
  const int error = stream->only_sends ? kStreamBrokenPipe : poller_->take_error(stream->fd, stream->is_socket);
  const StreamCall call = stream->only_sends ? kStreamCallSend : kStreamCallReceive;
  if (error != 0) fail(stream, handle, error, call, &area->reports);
}

// If the stream awaits room, and there is some, or will never be.
void Streams::tell_room(Stream* stream, Handle handle, uint8_t ready, StreamArea* area) {
  if (!stream->awaits_room || (ready & (kStreamWritable | kStreamClosed)) == 0) return;
  if (stream->fed) return feed(handle, area);
  stream->awaits_room = false;
  mark_dirty(stream, handle);
  area->reports.add({kStreamRoom, static_cast<int32_t>(handle.slot), static_cast<int32_t>(handle.generation), 0, 0, 0});
}

// Receives from a stream that is read, or moves what has come. False if nothing has.
bool Streams::take(Stream* stream, Handle handle, StreamArea* area) {
  if (!stream->reading || stream->over || stream->rests) return false;
  if (!stream->piped) return receive(stream, handle, area);
  move(stream, handle, area);
  return true;
}

// False if nothing has come.
bool Streams::receive(Stream* stream, Handle handle, StreamArea* area) {
  const size_t needed = std::min(limits_.least_room, area->slab.size);
  if (area->slab_room() < needed || !area->reports.has_room()) {
    postpone(stream, handle, kStreamReadable);
    return true;
  }
  StreamHeader& header = *area->header;
  char* const start = static_cast<char*>(area->slab.data) + header.slab_used;
  const Bytes room = {start, std::min(area->slab_room(), limits_.most_received)};
  const Result received = stream_receive(stream->fd, stream->is_socket, room);
  if (received == kWouldBlock) return false;
  if (received < 0) {
    fail(stream, handle, error_of(received), kStreamCallReceive, &area->reports);
  } else if (received == 0) {
    end(stream, handle, area);
  } else {
    const auto length = static_cast<int32_t>(received);
    area->reports.add({kStreamData, static_cast<int32_t>(handle.slot), static_cast<int32_t>(handle.generation),
                       header.slab_used, length, 0});
    header.slab_used += length;
  }
  return true;
}

void Streams::end(Stream* stream, Handle handle, StreamArea* area) {
  stream->over = true;
  mark_dirty(stream, handle);
  area->reports.add({kStreamEnd, static_cast<int32_t>(handle.slot), static_cast<int32_t>(handle.generation), 0, 0, 0});
}

void Streams::accept(Stream* listener, Handle handle, StreamArea* area) {
  const auto slot = static_cast<int32_t>(handle.slot);
  const auto generation = static_cast<int32_t>(handle.generation);
  const bool no_delay = listener->no_delay;
  const int listener_fd = listener->fd;
  for (int i = 0; i < limits_.most_accepted && area->reports.has_room(); ++i) {
    Address peer = {};
    const Result accepted = socket_accept(listener_fd, &peer);
    if (accepted == kWouldBlock) return;
    const auto fd = static_cast<int>(accepted);
    Result made = accepted;
    uint32_t new_generation = 0;
    if (accepted >= 0) {
      if (no_delay) stream_set_no_delay(fd);
      made = insert(fd, StreamRole::kConnected, true, &new_generation);
      if (made < 0) fd_close(fd);
    }
    if (made < 0) {
      listener->reading = false;
      mark_dirty(listener, handle);
      const StreamCall call = accepted < 0 ? kStreamCallAccept : kStreamCallWatch;
      area->reports.add({kStreamAcceptFailed, slot, generation, 0, error_of(made), call});
      return;
    }
    poller_->opened(fd);
    store_peer(peer, &table_.at(static_cast<uint32_t>(made)).peer);
    area->reports.add(
        {kStreamAccepted, slot, generation, static_cast<int32_t>(made), static_cast<int32_t>(new_generation), fd});
  }
}

void Streams::postpone(Stream* stream, Handle handle, uint8_t ready) {
  stream->due |= ready;
  if (stream->queued) return;
  stream->queued = true;
  unserved_.push_back(handle);
}

void Streams::fail(Stream* stream, Handle handle, int error, StreamCall call, StreamReports* reports) {
  if (stream->failed) return;
  unlink(*stream, handle.slot);
  stream->over = true;
  stream->awaits_room = false;
  mark_dirty(stream, handle);
  if (!reports->has_room()) {
    stream->error = static_cast<uint16_t>(error);
    stream->failed_call = call;
    return postpone(stream, handle, 0);
  }
  stream->failed = true;
  stream->error = 0;
  reports->add(
      {kStreamFailed, static_cast<int32_t>(handle.slot), static_cast<int32_t>(handle.generation), 0, error, call});
}

void Streams::close(Stream* stream, uint32_t slot, bool reset) {
  const int fd = stream->fd;
  unlink(*stream, slot);
  if (reset && stream->is_socket) stream_make_close_reset(fd);
  poller_->closing(fd);
  fd_close(fd);
  table_.release(slot);
}

void Streams::detach(Stream* stream, uint32_t slot) {
  unlink(*stream, slot);
  poller_->forget(stream->fd);
  table_.release(slot);
}

// Between the turns that change it back and forth, most streams need no call.
void Streams::update(Stream* stream, Handle handle, StreamReports* reports) {
  const uint8_t events = wanted(*stream);
  if (events == stream->watched) return;
  const Result changed = poller_->change(stream->fd, handle.slot, handle.generation, stream->watched, events);
  if (changed < 0) return fail(stream, handle, error_of(changed), kStreamCallWatch, reports);
  stream->watched = events;
}

void Streams::mark_dirty(Stream* stream, Handle handle) {
  if (stream->dirty) return;
  stream->dirty = true;
  dirty_.push_back(handle);
}

void Streams::close_all() {
  for (uint32_t slot = 0; slot < table_.slots(); ++slot) {
    Stream& stream = table_.at(slot);
    if (stream.fd >= 0) close(&stream, slot, false);
  }
  unserved_.clear();
  dirty_.clear();
}

}  // namespace fdreactor
