// Which CPUs a thread runs on: see sys/linux/affinity.h.
#include "../../sys/linux/affinity.h"
#include "../arguments.h"
#include "../bind.h"

namespace fdreactor {
namespace {

// (thread, mask: Uint8Array)
template <Result (*kCall)(int, CpuMask)>
napi_value with_mask(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const auto thread = static_cast<int>(args.integer(0, 0, INT32_MAX));
  const Bytes mask = args.bytes(1);
  if (!args.ok()) return args.refuse();
  return args.answer(kCall(thread, {static_cast<uint8_t*>(mask.data), mask.size}));
}

}  // namespace

napi_status bind_affinity(napi_env env, napi_value exports) {
  return add_group(env, exports, "linux",
                   {{"schedSetaffinity", with_mask<set_affinity>}, {"schedGetaffinity", with_mask<get_affinity>}});
}

}  // namespace fdreactor
