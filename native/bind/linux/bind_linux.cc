// The fds that only Linux has (native/sys/linux/): their numbers, and eventfd(2). The other facilities have a binder
// each.
#include "../bind.h"

#include "../../sys/constants.h"
#include "../../sys/linux/fds/eventfd.h"
#include "../arguments.h"
#include "../track_fd.h"
#include "count_call.h"

namespace fdreactor {
namespace {

// (initial value, flags)
napi_value eventfd(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const uint32_t initial = args.uint32(0);
  const int flags = args.int32(1);
  return args.ok() ? args.answer(track_fd(env, eventfd_open(initial, flags))) : args.refuse();
}

// (fd, value: a number or a bigint)
napi_value eventfd_write(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  uint64_t value = 0;
  bool is_lossless = false;
  if (napi_get_value_bigint_uint64(env, args.value(1), &value, &is_lossless) != napi_ok) {
    value = args.unsigned_integer(1);
    is_lossless = true;
  }
  if (!args.ok() || !is_lossless || value == UINT64_MAX) return args.refuse();
  return args.answer(eventfd_add(fd, value));
}

}  // namespace

napi_status bind_linux(napi_env env, napi_value exports) {
  const napi_status status = add_constants(env, exports, linux_constants());
  if (status != napi_ok) return status;
  return add_group(env, exports, "linux",
                   {{"eventfd", eventfd}, {"eventfdRead", read_count}, {"eventfdWrite", eventfd_write}});
}

}  // namespace fdreactor
