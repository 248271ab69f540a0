// What Linux adds to the addresses: those of vsock(7) and netlink(7), from numbers and to numbers.
#include "../../sys/linux/address_linux.h"
#include "../address_argument.h"
#include "../arguments.h"
#include "../bind.h"

namespace fdreactor {
namespace {

// (number, number, target)
template <Result (*kFrom)(uint32_t, uint32_t, Address*)>
napi_value from_numbers(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const uint32_t first = args.uint32(0);
  const uint32_t second = args.uint32(1);
  Address* target = target_address(args.bytes(2));
  return args.ok() && target != nullptr ? args.answer(kFrom(first, second, target)) : args.refuse();
}

// (address, which number)
napi_value part(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const Address* address = target_address(args.bytes(0));
  const auto which = static_cast<AddressPart>(args.integer(1, 0, kAddressParts - 1));
  return args.ok() && address != nullptr ? args.answer(address_part(*address, which)) : args.refuse();
}

}  // namespace

napi_status bind_address_linux(napi_env env, napi_value exports) {
  return add_group(env, exports, "address",
                   {{"fromVsock", from_numbers<address_from_vsock>},
                    {"fromNetlink", from_numbers<address_from_netlink>},
                    {"part", part}});
}

}  // namespace fdreactor
