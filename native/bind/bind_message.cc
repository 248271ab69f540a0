// recvmsg(2) and sendmsg(2): the Message is memory that lib/socket/message.ts owns (sys/message/message.h).
#include <algorithm>

#include "../sys/message/message.h"
#include "../sys/socket.h"
#include "arguments.h"
#include "bind.h"
#include "bytes_list.h"
#include "connects.h"
#include "track_fd.h"

namespace fdreactor {
namespace {

// nullptr where it is no such memory.
Message* message_of(Bytes bytes) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % alignof(Message) == 0;
  if (bytes.size != sizeof(Message) || !aligned) return nullptr;
  auto* message = static_cast<Message*>(bytes.data);
  const auto is_whole = [](const Address& address) { return address.length <= sizeof address.storage; };
  const bool fits = is_whole(message->name) && is_whole(message->source) &&
                    message->received_fds.count <= kMaxPassedFds && message->send_fds.count <= kMaxPassedFds;
  return fits ? message : nullptr;
}

// Closes what was received before and not taken.
void close_received(napi_env env, Message* message) {
  const auto close = [env](int fd) {
    untrack_fd(env, fd);
    fd_close(fd);
  };
  for (uint32_t i = 0; i < message->received_fds.count; ++i) close(message->received_fds.fds[i]);
  message->received_fds.count = 0;
  if (message->pidfd >= 0) close(message->pidfd);
  message->pidfd = kNotSet;
}

Result receive_into(napi_env env, int fd, Bytes* buffers, size_t count, int flags, Message* message) {
  close_received(env, message);
  const Result result = message_receive(fd, buffers, count, flags, message);
  if (result < 0) return result;
  Connects& connects = *environment_of(env).connects;
  for (uint32_t i = 0; i < message->received_fds.count; ++i) {
    connects.is_new(track_fd(env, message->received_fds.fds[i]));
  }
  connects.is_new(track_fd(env, message->pidfd));
  return result;
}

// A system call for each message would cost a tenth of it. So a socket that was found to pass fds is remembered until
// the package closes its number.
Result check_passing(napi_env env, int fd, const Message& message) {
  if (message.send_fds.count == 0 && message.send_pid == kNotSet) return 0;
  std::unordered_set<int>& known = environment_of(env).passes_fds;
  if (known.count(fd) > 0) return 0;
  const Result result = message_check_passing(fd);
  if (result >= 0) known.insert(fd);
  return result;
}

Result send_from(napi_env env, int fd, Bytes* buffers, size_t count, int flags, const Message& message) {
  if (socket_flags_hold_buffer(flags)) return kBadArgument;
  const Result passing = check_passing(env, fd, message);
  if (passing < 0) return passing;
  const Result result = message_send(fd, buffers, count, flags, message);
  if (socket_flags_connect(flags) && message.name.length > 0) {
    environment_of(env).connects->called(fd, message.name, result);
  }
  return result;
}

// (fd, buffer, flags, message): one buffer, which is the common case, without an array.
napi_value receive(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  Bytes buffer = args.bytes(1);
  const int flags = args.int32(2);
  Message* message = message_of(args.bytes(3));
  if (!args.ok() || message == nullptr) return args.refuse();
  return args.answer(receive_into(env, fd, &buffer, 1, flags, message));
}

// (fd, buffers, flags, message)
napi_value receive_list(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  const int flags = args.int32(2);
  Message* message = message_of(args.bytes(3));
  BytesList list;
  if (!args.ok() || message == nullptr || !list.read(env, args, 1)) return args.refuse();
  return args.answer(receive_into(env, fd, list.buffers, list.count, flags, message));
}

// (fd, buffer, flags, message, length?): at most so many bytes of the buffer
napi_value send(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int fd = args.fd(0);
  Bytes buffer = args.bytes(1);
  const int flags = args.int32(2);
  const Message* message = message_of(args.bytes(3));
  if (args.has(4)) buffer.size = std::min(buffer.size, static_cast<size_t>(args.unsigned_integer(4)));
  if (!args.ok() || message == nullptr) return args.refuse();
  return args.answer(send_from(env, fd, &buffer, 1, flags, *message));
}

// (fd, buffers, flags, message, length?): at most so many bytes of all buffers
napi_value send_list(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int fd = args.fd(0);
  const int flags = args.int32(2);
  const Message* message = message_of(args.bytes(3));
  const bool has_length = args.has(4);
  auto left = has_length ? static_cast<size_t>(args.unsigned_integer(4)) : 0;
  BytesList list;
  if (!args.ok() || message == nullptr || !list.read(env, args, 1)) return args.refuse();
  if (has_length) {
    for (uint32_t i = 0; i < list.count; ++i) {
      list.buffers[i].size = std::min(list.buffers[i].size, left);
      left -= list.buffers[i].size;
    }
  }
  return args.answer(send_from(env, fd, list.buffers, list.count, flags, *message));
}

// (message)
napi_value close_fds(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  Message* message = message_of(args.bytes(0));
  if (!args.ok() || message == nullptr) return args.refuse();
  close_received(env, message);
  return args.answer(0);
}

}  // namespace

napi_status bind_message(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.before_close.emplace_back([&environment](int fd) { environment.passes_fds.erase(fd); });
  napi_value passes = nullptr;
  napi_status status = napi_get_boolean(env, message_passes_fds(), &passes);
  if (status == napi_ok) status = add_to_group(env, exports, "message", "passesFds", passes);
  if (status == napi_ok) status = add_layout(env, exports, "message", kMessageLayout);
  if (status != napi_ok) return status;
  return add_group(env, exports, "message",
                   {{"recvmsg", receive},
                    {"recvmsgList", receive_list},
                    {"sendmsg", send},
                    {"sendmsgList", send_list},
                    {"closeFds", close_fds}});
}

}  // namespace fdreactor
