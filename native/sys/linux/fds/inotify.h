// inotify(7): an fd that tells what happens to files and in folders.
#pragma once

#include "../../../core/result.h"
#include "../../fd.h"

namespace fdreactor {

constexpr size_t kInotifyEventBytes = 16;  // struct inotify_event without a name

// Non-blocking and close-on-exec, whatever the flags are.
Result inotify_open(int flags);
// Returns the watch descriptor.
Result inotify_add(int fd, const char* path, uint32_t mask);
Result inotify_remove(int fd, int wd);

// Reads events into the buffer and writes where each one begins. Returns how many there are; EINVAL for what no inotify
// has written. The offsets have room for one event in each kInotifyEventBytes of the buffer.
Result inotify_read(int fd, Bytes buffer, int32_t* offsets, size_t offset_count);

}  // namespace fdreactor
