#include "../../message/message.h"

#include <fcntl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "../../io_size.h"
#include "../../socket.h"
#include "../errno_result.h"
#include "../new_fd.h"
#include "control_message.h"

namespace fdreactor {
namespace {

#ifdef MSG_CMSG_CLOEXEC
constexpr int kReceiveFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
void set_close_on_exec(int) {}
#else  // macOS: a child that is made in between inherits the fd
constexpr int kReceiveFlags = MSG_DONTWAIT;
void set_close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }
#endif

#ifdef __linux__
// By their numbers: musl copies the control data into memory of its own, which has less room than the kernel takes.
int64_t send_header(int fd, const msghdr* header, int flags) { return ::syscall(SYS_sendmsg, fd, header, flags); }
int64_t receive_header(int fd, msghdr* header, int flags) { return ::syscall(SYS_recvmsg, fd, header, flags); }
#else
int64_t send_header(int fd, const msghdr* header, int flags) { return ::sendmsg(fd, header, flags); }
int64_t receive_header(int fd, msghdr* header, int flags) { return ::recvmsg(fd, header, flags); }
#endif

// The kernel takes the buffers as iovecs, which a Bytes is (fd_posix.cc).
iovec* as_iovec(Bytes* buffers) { return reinterpret_cast<iovec*>(buffers); }

msghdr header_of(Bytes* buffers, size_t count) {
  msghdr header = {};
  header.msg_iov = as_iovec(buffers);
  header.msg_iovlen = static_cast<decltype(header.msg_iovlen)>(buffers_within_limit(buffers, count));
  return header;
}

// Takes the fds of one SCM_RIGHTS. The padding of the control data has room for more than were asked for.
void take_fds(const cmsghdr& control, Message* message) {
  PassedFds& taken = message->received_fds;
  const size_t count = (control.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&control) + i * sizeof fd, sizeof fd);
    if (taken.count < message->max_fds && taken.count < kMaxPassedFds) {
      set_close_on_exec(fd);
      taken.fds[taken.count++] = fd;
    } else {
      ::close(fd);
      message->flags |= MSG_CTRUNC;
    }
  }
}

// Not by CMSG_NXTHDR, which compares signed with unsigned numbers in some C libraries.
void read_all_control(const char* control, size_t bytes, Message* message) {
  size_t at = 0;
  while (at + CMSG_LEN(0) <= bytes) {
    const auto* header = reinterpret_cast<const cmsghdr*>(control + at);
    const size_t length = header->cmsg_len;
    if (length < CMSG_LEN(0) || length > bytes - at) return;
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
      take_fds(*header, message);
    } else {
      control_read(*header, message);
    }
    at += CMSG_SPACE(length - CMSG_LEN(0));
  }
}

// A part of the fds that were sent is of no use.
void drop_fds(Message* message) {
  for (uint32_t i = 0; i < message->received_fds.count; ++i) ::close(message->received_fds.fds[i]);
  message->received_fds.count = 0;
  if (message->pidfd >= 0) ::close(message->pidfd);
  message->pidfd = kNotSet;
}

// The layer of the socket where the message does not say it: the protocol of a connected one.
int family_to_send(int fd, const Message& message) {
  if (message.name.length > 0) return family_of(message.name);
  if (message.source.length > 0) return family_of(message.source);
  if (message.send_ttl == kNotSet && message.send_tos == kNotSet) return AF_UNSPEC;
  Address peer = {};
  return socket_peer_address(fd, &peer) < 0 ? AF_UNSPEC : family_of(peer);
}

}  // namespace

bool message_passes_fds() { return true; }

Result message_check_passing(int fd) {
#ifdef SO_DOMAIN
  int domain = 0;
  socklen_t length = sizeof domain;
  const Result result = from_call(::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length));
  if (result < 0) return result;
  return domain == AF_UNIX ? 0 : failure(EOPNOTSUPP);
#else
  (void)fd;
  return 0;
#endif
}

bool message_was_cut(const Message& message) { return (message.flags & MSG_CTRUNC) != 0; }

Result message_receive(int fd, Bytes* buffers, size_t count, int flags, Message* message) {
  alignas(cmsghdr) char control[kControlBytes];
  msghdr header = header_of(buffers, count);
  const size_t room = kControlBytes - (kMaxPassedFds - std::min(message->max_fds, kMaxPassedFds)) * sizeof(int);
  const Result result = retry_eintr([&] {
    header.msg_name = message->name.storage;
    header.msg_namelen = sizeof message->name.storage;
    header.msg_control = control;
    header.msg_controllen = static_cast<decltype(header.msg_controllen)>(room);
    return receive_header(fd, &header, flags | kReceiveFlags);
  });
  if (result < 0) return result;
  message_clear_received(message);
  message->name.length = std::min<uint32_t>(header.msg_namelen, sizeof message->name.storage);
  message->flags = header.msg_flags;
  read_all_control(control, header.msg_controllen, message);
  if (message_was_cut(*message)) drop_fds(message);
  return result;
}

Result message_send(int fd, Bytes* buffers, size_t count, int flags, const Message& message) {
  ControlWriter control;
  const Result written = control_write(message, family_to_send(fd, message), &control);
  if (written < 0) return written;
  if (message.send_fds.count > kMaxPassedFds) return kBadArgument;
  if (message.send_fds.count > 0) {
    control.add(SOL_SOCKET, SCM_RIGHTS, message.send_fds.fds, message.send_fds.count * sizeof(int32_t));
  }
  msghdr header = header_of(buffers, count);
  Address name = message.name;
  header.msg_name = name.length > 0 ? name.storage : nullptr;
  header.msg_namelen = name.length;
  header.msg_control = control.data();
  header.msg_controllen = static_cast<decltype(header.msg_controllen)>(control.size());
  return retry_send([&] { return send_header(fd, &header, flags | kSendFlags | MSG_DONTWAIT); });
}

}  // namespace fdreactor
