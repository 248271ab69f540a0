#include "../sys/transfer.h"
#include "arguments.h"
#include "bind.h"

namespace fdreactor {
namespace {

// (outFd, inFd, offset, count)
napi_value sendfile(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int out_fd = args.fd(0);
  const int in_fd = args.fd(1);
  const int64_t offset = args.integer(2, 0, kMaxInteger);
  const auto count = static_cast<size_t>(args.unsigned_integer(3));
  return args.ok() ? args.answer(transfer_sendfile(out_fd, in_fd, offset, count)) : args.refuse();
}

}  // namespace

napi_status bind_sendfile(napi_env env, napi_value exports) {
  if (!has_sendfile()) return napi_ok;  // the absent export is how lib/ knows
  return add_exports(env, exports, {{"sendfile", sendfile}});
}

}  // namespace fdreactor
