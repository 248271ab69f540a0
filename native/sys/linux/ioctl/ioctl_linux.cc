#include "ioctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "ioctl_structs.h"

namespace fdreactor {
namespace {

constexpr Result kOtherKind = failure(ENOTTY);

Result terminal_or_error(int fd) { return ::isatty(fd) != 0 ? 0 : failure(errno == EBADF ? EBADF : ENOTTY); }

Result socket_or_error(int fd, bool internet) {
  int domain = 0;
  socklen_t length = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0) {
    return errno == ENOTSOCK ? kOtherKind : failure(errno);
  }
  return internet && domain != AF_INET ? kOtherKind : 0;
}

Result file_or_error(int fd, FileKind kind) {
  struct stat file;
  if (::fstat(fd, &file) < 0) return failure(errno);
  const bool character = S_ISCHR(file.st_mode);
  const bool block = S_ISBLK(file.st_mode);
  if (kind == FileKind::kCharacter) return character ? 0 : kOtherKind;
  if (kind == FileKind::kBlock) return block ? 0 : kOtherKind;
  if (character) return terminal_or_error(fd);
  return block ? kOtherKind : 0;
}

// 0 if the fd is a file of the kind.
Result check_kind(int fd, FileKind kind) {
  switch (kind) {
    case FileKind::kTerminal:
      return terminal_or_error(fd);
    case FileKind::kSocket:
      return socket_or_error(fd, false);
    case FileKind::kInternet:
      return socket_or_error(fd, true);
    case FileKind::kStream:
    case FileKind::kCharacter:
    case FileKind::kBlock:
      return file_or_error(fd, kind);
    case FileKind::kAny:
      break;
  }
  return 0;
}

// A new fd becomes close-on-exec and non-blocking, or is closed.
Result finish_fd(int fd) {
  if (fd < 0) return kOtherKind;  // a driver of another kind answered, and made none
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && ::fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) >= 0) return fd;
  const int error = errno;
  ::close(fd);
  return failure(error);
}

Result call_with_number(int fd, const IoctlRequest& request, int64_t number) {
  auto argument = static_cast<unsigned long>(number);
  if (request.new_fd == NewFd::kReturned) argument |= O_CLOEXEC | O_NONBLOCK;
  const int returned = ::ioctl(fd, request.number, argument);
  if (returned < 0) return failure(errno);
  return request.new_fd == NewFd::kReturned ? finish_fd(returned) : returned;
}

// The kernel gets memory of this function, with zeros beyond the argument: a driver of another kind, that takes the
// number for a request of its own, finds no address there and room for its answer.
Result call_with_memory(int fd, const IoctlRequest& request, Bytes memory) {
  if (request.layout == nullptr || memory.size != request.layout->size) return kBadArgument;
  alignas(std::max_align_t) char room[kIoctlRoom] = {};
  constexpr int32_t kNoFd = -1;
  constexpr size_t kFdOffset = offsetof(GpioLineRequest, fd);
  std::memcpy(room, memory.data, memory.size);
  if (request.new_fd == NewFd::kInMemory) std::memcpy(room + kFdOffset, &kNoFd, sizeof kNoFd);
  const int returned = ::ioctl(fd, request.number, static_cast<void*>(room));
  if (returned < 0) return failure(errno);
  Result result = returned;
  if (request.new_fd == NewFd::kInMemory) {
    int32_t made = kNoFd;
    std::memcpy(&made, room + kFdOffset, sizeof made);
    result = finish_fd(made);
  }
  if (result >= 0) std::memcpy(memory.data, room, memory.size);
  return result;
}

}  // namespace

Result ioctl_call(int fd, const IoctlRequest& request, int64_t number, Bytes memory) {
  const Result kind = check_kind(fd, request.file);
  if (kind < 0) return kind;
  if (request.argument == IoctlArgument::kMemory) return call_with_memory(fd, request, memory);
  return call_with_number(fd, request, request.argument == IoctlArgument::kNumber ? number : 0);
}

}  // namespace fdreactor
