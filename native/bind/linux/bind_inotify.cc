// inotify(7): see sys/linux/fds/inotify.h.
#include <climits>

#include "../../sys/linux/fds/inotify.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"
#include "text_argument.h"

namespace fdreactor {
namespace {

// (flags)
napi_value init(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int flags = args.int32(0);
  return args.ok() ? args.answer(track_fd(env, inotify_open(flags))) : args.refuse();
}

// (fd, path: Uint8Array, mask)
napi_value add_watch(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int fd = args.fd(0);
  TextArgument<PATH_MAX - 1> path;
  const bool readable = path.read(args.bytes(1));
  const uint32_t mask = args.bits(2);
  return args.ok() && readable ? args.answer(inotify_add(fd, path.text, mask)) : args.refuse();
}

// (fd, watch descriptor)
napi_value rm_watch(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const int wd = args.int32(1);
  return args.ok() ? args.answer(inotify_remove(fd, wd)) : args.refuse();
}

// (fd, buffer: Uint8Array, offsets: Int32Array) => how many events
napi_value read(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int fd = args.fd(0);
  const Bytes buffer = args.bytes(1);
  const Words offsets = args.words(2);
  return args.ok() ? args.answer(inotify_read(fd, buffer, offsets.data, offsets.count)) : args.refuse();
}

}  // namespace

napi_status bind_inotify(napi_env env, napi_value exports) {
  return add_group(
      env, exports, "linux",
      {{"inotifyInit1", init}, {"inotifyAddWatch", add_watch}, {"inotifyRmWatch", rm_watch}, {"inotifyRead", read}});
}

}  // namespace fdreactor
