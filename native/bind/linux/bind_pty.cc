// pty(7): see sys/linux/fds/pty.h.
#include "../../sys/linux/fds/pty.h"
#include "../arguments.h"
#include "../bind.h"
#include "../pair.h"

namespace fdreactor {
namespace {

// (rows, columns, target: Int32Array(2) for master and slave)
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const auto rows = static_cast<uint16_t>(args.integer(0, 0, UINT16_MAX));
  const auto columns = static_cast<uint16_t>(args.integer(1, 0, UINT16_MAX));
  const Words target = args.words(2);
  if (!args.ok() || target.count != 2) return args.refuse();
  int master_fd = -1;
  int slave_fd = -1;
  const Result result = pty_open({rows, columns}, &master_fd, &slave_fd);
  return args.answer(store_pair(env, target, result, master_fd, slave_fd));
}

}  // namespace

napi_status bind_pty(napi_env env, napi_value exports) { return add_group(env, exports, "linux", {{"openpty", open}}); }

}  // namespace fdreactor
