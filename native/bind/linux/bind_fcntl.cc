// fcntl(2): see sys/linux/fds/file_control.h.
#include "../../sys/linux/fds/file_control.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

// (fd, command, argument)
napi_value control(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int fd = args.fd(0);
  const int command = args.int32(1);
  const int argument = args.int32(2);
  if (!args.ok()) return args.refuse();
  const Result result = file_control(fd, command, argument);
  return args.answer(file_control_makes_fd(command) ? track_fd(env, result) : result);
}

}  // namespace

napi_status bind_fcntl(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux", {{"fcntl", control}});
}

}  // namespace fdreactor
