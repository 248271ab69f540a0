#include "inotify.h"

#include <sys/inotify.h>

#include <climits>
#include <cstring>

#include "../../posix/errno_result.h"

namespace fdreactor {
namespace {

static_assert(sizeof(inotify_event) == kInotifyEventBytes, "lib/linux/inotify.ts has the same layout");

// The bytes come from the kernel, but the fd may be that of any file, and the memory may be shared with a thread.
Result index_events(Bytes read, int32_t* offsets, size_t offset_count) {
  size_t count = 0;
  for (size_t at = 0; at < read.size;) {
    inotify_event event;
    if (read.size - at < sizeof event || count == offset_count) return failure(EINVAL);
    std::memcpy(&event, static_cast<const char*>(read.data) + at, sizeof event);
    const size_t room = read.size - at - sizeof event;
    if (event.len > room || event.len % alignof(inotify_event) != 0) return failure(EINVAL);
    offsets[count++] = static_cast<int32_t>(at);
    at += sizeof event + event.len;
  }
  return count > 0 ? static_cast<Result>(count) : failure(EINVAL);
}

}  // namespace

Result inotify_open(int flags) { return from_plain_call(::inotify_init1(flags | IN_CLOEXEC | IN_NONBLOCK)); }

Result inotify_add(int fd, const char* path, uint32_t mask) {
  return from_plain_call(::inotify_add_watch(fd, path, mask));
}

Result inotify_remove(int fd, int wd) { return from_plain_call(::inotify_rm_watch(fd, wd)); }

Result inotify_read(int fd, Bytes buffer, int32_t* offsets, size_t offset_count) {
  if (buffer.size > INT_MAX || offset_count < buffer.size / kInotifyEventBytes) return kBadArgument;
  const Result bytes = fd_read(fd, buffer);
  if (bytes < 0) return bytes;
  return index_events({buffer.data, static_cast<size_t>(bytes)}, offsets, offset_count);
}

}  // namespace fdreactor
