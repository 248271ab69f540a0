// Processes as fds, and the states of children: see sys/linux/fds/pidfd.h.
#include "../../sys/linux/fds/pidfd.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

// (pid, flags)
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const auto pid = static_cast<int>(args.integer(0, 1, INT32_MAX));
  const int flags = args.int32(1);
  return args.ok() ? args.answer(track_fd(env, pidfd_open_process(pid, flags))) : args.refuse();
}

// (pidfd, signal)
napi_value send_signal(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int pidfd = args.fd(0);
  const int signal = args.int32(1);
  return args.ok() ? args.answer(pidfd_signal(pidfd, signal)) : args.refuse();
}

// (id type, id, options, state: Int32Array(4)) => 1 if it was filled with pid, uid, status and code
napi_value wait_id(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int id_type = args.int32(0);
  const auto id = static_cast<int>(args.integer(1, 0, INT32_MAX));
  const int options = args.int32(2);
  const Words target = args.words(3);
  if (!args.ok() || target.count != 4) return args.refuse();
  ChildState state = {};
  const Result result = child_take_state(id_type, id, options, &state);
  if (result > 0) {
    target.data[0] = state.pid;
    target.data[1] = static_cast<int32_t>(state.uid);
    target.data[2] = state.status;
    target.data[3] = state.code;
  }
  return args.answer(result);
}

}  // namespace

napi_status bind_process(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux", {{"pidfdOpen", open}, {"pidfdSendSignal", send_signal}, {"waitid", wait_id}});
}

}  // namespace fdreactor
