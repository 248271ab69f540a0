// The fds that only Linux has (native/sys/linux/): eventfd(2) and its like.
#include "../bind.h"

#include "../../sys/constants.h"
#include "../../sys/linux/eventfd.h"
#include "../arguments.h"
#include "../track_fd.h"

namespace fdreactor {
namespace {

// (initial value, flags)
napi_value eventfd(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const uint32_t initial = args.uint32(0);
  const int flags = args.int32(1);
  return args.ok() ? args.answer(track_fd(env, eventfd_open(initial, flags))) : args.refuse();
}

}  // namespace

napi_status bind_linux(napi_env env, napi_value exports) {
  const napi_status status = add_constants(env, exports, linux_constants());
  if (status != napi_ok) return status;
  return add_group(env, exports, "linux", {{"eventfd", eventfd}});
}

}  // namespace fdreactor
