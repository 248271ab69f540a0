#include "../sys/socket.h"
#include "address_argument.h"
#include "arguments.h"
#include "bind.h"
#include "connects.h"
#include "pair.h"
#include "track_fd.h"

namespace fdreactor {
namespace {

Connects& connects_of(napi_env env) { return *environment_of(env).connects; }

// (domain, type, protocol)
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int domain = args.int32(0);
  const int type = args.int32(1);
  const int protocol = args.int32(2);
  if (!args.ok()) return args.refuse();
  return args.answer(connects_of(env).is_new(track_fd(env, socket_open(domain, type, protocol))));
}

// (domain, type, target: Int32Array(2))
napi_value pair(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int domain = args.int32(0);
  const int type = args.int32(1);
  const Words target = args.words(2);
  if (!args.ok() || target.count != 2) return args.refuse();
  int first_fd = -1;
  int second_fd = -1;
  const Result result = socket_pair(domain, type, &first_fd, &second_fd);
  connects_of(env).is_new(first_fd);
  connects_of(env).is_new(second_fd);
  return args.answer(store_pair(env, target, result, first_fd, second_fd));
}

// (fd, address)
napi_value bind_to(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const Address* address = given_address(args.bytes(1));
  return args.ok() && address != nullptr ? args.answer(socket_bind(fd, *address)) : args.refuse();
}

// (fd, address)
napi_value connect(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const Address* address = given_address(args.bytes(1));
  if (!args.ok() || address == nullptr) return args.refuse();
  const Result result = socket_connect(fd, *address);
  connects_of(env).called(fd, *address, result);
  return args.answer(result);
}

// (fd, target address)
template <Result (*kCall)(int, Address*)>
napi_value name_of(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  Address* address = target_address(args.bytes(1));
  return args.ok() && address != nullptr ? args.answer(kCall(fd, address)) : args.refuse();
}

// (fd, integer)
template <Result (*kCall)(int, int)>
napi_value with_integer(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const int integer = args.int32(1);
  return args.ok() ? args.answer(kCall(fd, integer)) : args.refuse();
}

// (fd, target address?)
napi_value accept(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const bool wants_peer = args.has(1);
  Address* peer = wants_peer ? target_address(args.bytes(1)) : nullptr;
  if (!args.ok() || (wants_peer && peer == nullptr)) return args.refuse();
  return args.answer(connects_of(env).is_new(track_fd(env, socket_accept(fd, peer))));
}

// (fd, buffer, offset?, length?, flags?)
template <Result (*kCall)(int, Bytes, int)>
napi_value with_bytes(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int fd = args.fd(0);
  const Bytes buffer = args.bytes(1, 2, 3);
  const int flags = args.int32_or(4, 0);
  return args.ok() && !socket_flags_hold_buffer(flags) ? args.answer(kCall(fd, buffer, flags)) : args.refuse();
}

// (fd, buffer, offset, length, flags, target address)
napi_value receive_from(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  const int fd = args.fd(0);
  const Bytes buffer = args.bytes(1, 2, 3);
  const int flags = args.int32_or(4, 0);
  Address* sender = target_address(args.bytes(5));
  if (!args.ok() || sender == nullptr) return args.refuse();
  return args.answer(socket_receive_from(fd, buffer, flags, sender));
}

// (fd, buffer, offset, length, flags, address)
napi_value send_to(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  const int fd = args.fd(0);
  const Bytes buffer = args.bytes(1, 2, 3);
  const int flags = args.int32_or(4, 0);
  const Address* to = given_address(args.bytes(5));
  if (!args.ok() || to == nullptr || socket_flags_hold_buffer(flags)) return args.refuse();
  const Result result = socket_send_to(fd, buffer, flags, *to);
  if (socket_flags_connect(flags)) connects_of(env).called(fd, *to, result);
  return args.answer(result);
}

// (fd, level, name, target buffer) => length of the value, which may be more than the buffer has
napi_value get_option(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  const int level = args.int32(1);
  const int name = args.int32(2);
  Bytes value = args.bytes(3);
  if (!args.ok()) return args.refuse();
  const Result result = socket_get_option(fd, level, name, &value);
  return args.answer(result < 0 ? result : static_cast<Result>(value.size));
}

// (fd, level, name, buffer)
napi_value set_option(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  const int level = args.int32(1);
  const int name = args.int32(2);
  const Bytes value = args.bytes(3);
  return args.ok() ? args.answer(socket_set_option(fd, level, name, value)) : args.refuse();
}

// (fd, target address: whom the connection was or is with, where there was an error)
napi_value take_error(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  Address* peer = target_address(args.bytes(1));
  if (!args.ok() || peer == nullptr) return args.refuse();
  Result error = socket_take_error(fd);
  for (const auto& ask : environment_of(env).other_errors) {
    const Result other = ask(fd);  // asked in any case: an error is told once
    if (error == 0) error = other;
  }
  if (error > 0) *peer = connects_of(env).take(fd);
  if (error == 0) connects_of(env).forget(fd);
  return args.answer(error);
}

}  // namespace

napi_status bind_socket(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.connects = std::make_shared<Connects>();
  environment.before_close.emplace_back([&environment](int fd) { environment.connects->forget(fd); });
  napi_value domain = to_js(env, Result{kSocketpairDomain});
  const napi_status status = add_to_group(env, exports, "socket", "socketpairDomain", domain);
  if (status != napi_ok) return status;
  return add_group(env, exports, "socket",
                   {{"socket", open},
                    {"socketpair", pair},
                    {"bind", bind_to},
                    {"connect", connect},
                    {"listen", with_integer<socket_listen>},
                    {"accept", accept},
                    {"recv", with_bytes<socket_receive>},
                    {"send", with_bytes<socket_send>},
                    {"recvfrom", receive_from},
                    {"sendto", send_to},
                    {"shutdown", with_integer<socket_shutdown>},
                    {"getsockname", name_of<socket_local_address>},
                    {"getpeername", name_of<socket_peer_address>},
                    {"getsockopt", get_option},
                    {"setsockopt", set_option},
                    {"takeError", take_error}});
}

}  // namespace fdreactor
