// memfd_create(2): see sys/linux/fds/memfd.h.
#include "../../sys/linux/fds/memfd.h"
#include "../arguments.h"
#include "../bind.h"
#include "../track_fd.h"
#include "text_argument.h"

namespace fdreactor {
namespace {

// (name: Uint8Array, flags)
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  TextArgument<kMaxMemfdName> name;
  const bool readable = name.read(args.bytes(0));
  const uint32_t flags = args.bits(1);
  return args.ok() && readable ? args.answer(track_fd(env, memfd_open(name.text, flags))) : args.refuse();
}

}  // namespace

napi_status bind_memfd(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux", {{"memfdCreate", create}});
}

}  // namespace fdreactor
