// Calls that exist for a POSIX fd and not for a SOCKET: pipe(), a second number for an fd, and the questions whether an
// fd blocks, what it is, and how long its file is.
#include "../../sys/fd.h"
#include "../arguments.h"
#include "../bind.h"
#include "../pair.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

// (target: Int32Array(2))
napi_value pipe(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Words target = args.words(0);
  if (!args.ok() || target.count != 2) return args.refuse();
  int read_fd = -1;
  int write_fd = -1;
  const Result result = fd_pipe(&read_fd, &write_fd);
  return args.answer(store_pair(env, target, result, read_fd, write_fd));
}

template <Result (*kCall)(int)>
napi_value asked_of(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(kCall(fd)) : args.refuse();
}

napi_value duplicate(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(track_fd(env, fd_duplicate(fd))) : args.refuse();
}

}  // namespace

napi_status bind_pipe(napi_env env, napi_value exports) {
  const napi_status status = add_exports(env, exports, {{"pipe", pipe}});
  if (status != napi_ok) return status;
  return add_group(env, exports, "fd",
                   {{"isNonBlocking", asked_of<fd_is_non_blocking>},
                    {"traits", asked_of<fd_traits>},
                    {"duplicate", duplicate},
                    {"fileSize", asked_of<fd_file_size>}});
}

}  // namespace fdreactor
