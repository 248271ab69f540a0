#include "../../sys/transfer.h"
#include "../arguments.h"
#include "../bind.h"
#include "../bytes_list.h"

namespace fdreactor {
namespace {

// (fdIn, offsetIn or -1, fdOut, offsetOut or -1, length, flags)
napi_value splice(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  const int in_fd = args.fd(0);
  const int64_t in_offset = args.integer(1, kNoOffset, kMaxInteger);
  const int out_fd = args.fd(2);
  const int64_t out_offset = args.integer(3, kNoOffset, kMaxInteger);
  const auto length = static_cast<size_t>(args.unsigned_integer(4));
  const uint32_t flags = args.bits(5);
  if (!args.ok()) return args.refuse();
  return args.answer(transfer_splice(in_fd, in_offset, out_fd, out_offset, length, flags));
}

// (fdIn, fdOut, length, flags)
napi_value tee(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int in_fd = args.fd(0);
  const int out_fd = args.fd(1);
  const auto length = static_cast<size_t>(args.unsigned_integer(2));
  const uint32_t flags = args.bits(3);
  return args.ok() ? args.answer(transfer_tee(in_fd, out_fd, length, flags)) : args.refuse();
}

// (fd, buffers, flags)
napi_value vmsplice(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int fd = args.fd(0);
  const uint32_t flags = args.bits(2);
  BytesList list;
  if (!list.read(env, args, 1)) return args.refuse();
  return args.answer(transfer_vmsplice(fd, list.buffers, list.count, flags));
}

// (fd, bytes)
napi_value set_pipe_size(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const auto bytes = static_cast<size_t>(args.unsigned_integer(1));
  return args.ok() ? args.answer(transfer_set_pipe_size(fd, bytes)) : args.refuse();
}

napi_value bytes_in_pipe(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(transfer_bytes_in_pipe(fd)) : args.refuse();
}

napi_value side(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(transfer_side(fd)) : args.refuse();
}

}  // namespace

napi_status bind_splice(napi_env env, napi_value exports) {
  return add_group(env, exports, "splice",
                   {{"splice", splice},
                    {"tee", tee},
                    {"vmsplice", vmsplice},
                    {"setPipeSize", set_pipe_size},
                    {"bytesInPipe", bytes_in_pipe},
                    {"side", side}});
}

}  // namespace fdreactor
