// SO_ATTACH_REUSEPORT_CBPF: see sys/linux/cpu_steering_linux.h.
#include "../../sys/linux/cpu_steering_linux.h"
#include "../arguments.h"
#include "../bind.h"

namespace fdreactor {
namespace {

// (fd, how many sockets)
napi_value steer(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const auto sockets = static_cast<uint32_t>(args.integer(1, 1, kMaxSteeredSockets));
  return args.ok() ? args.answer(steer_by_cpu(fd, sockets)) : args.refuse();
}

}  // namespace

napi_status bind_cpu_steering(napi_env env, napi_value exports) {
  return add_group(env, exports, "socket", {{"steerByCpu", steer}});
}

}  // namespace fdreactor
