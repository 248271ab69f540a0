#include "../sys/fd.h"
#include "arguments.h"
#include "bind.h"
#include "pair.h"

namespace fdreactor {
namespace {

// (target: Int32Array(2))
napi_value pipe(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Span target = args.words(0);
  if (!args.ok() || target.size != 2) return args.refuse();
  int read_fd = -1;
  int write_fd = -1;
  const Result result = fd_pipe(&read_fd, &write_fd);
  return args.answer(store_pair(env, target, result, read_fd, write_fd));
}

}  // namespace

napi_status bind_pipe(napi_env env, napi_value exports) { return add_exports(env, exports, {{"pipe", pipe}}); }

}  // namespace fdreactor
