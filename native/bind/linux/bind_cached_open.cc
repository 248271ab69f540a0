// openat2(2): see sys/linux/fds/cached_open.h.
#include <climits>

#include "../../sys/linux/fds/cached_open.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"
#include "text_argument.h"

namespace fdreactor {
namespace {

// (path: Uint8Array, offset, length)
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  TextArgument<PATH_MAX - 1> path;
  const bool readable = path.read(args.bytes(0, 1, 2));
  return args.ok() && readable ? args.answer(track_fd(env, open_cached(path.text))) : args.refuse();
}

}  // namespace

napi_status bind_cached_open(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux", {{"openCached", open}});
}

}  // namespace fdreactor
