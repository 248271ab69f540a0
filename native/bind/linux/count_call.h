// The call that reads how often an eventfd or a timerfd has fired: (fd) => a number, above 2^53 the nearest double.
#pragma once

#include "../../sys/linux/fds/eventfd.h"
#include "../arguments.h"

namespace fdreactor {

inline napi_value read_count(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  if (!args.ok()) return args.refuse();
  uint64_t count = 0;
  const Result result = counter_read(fd, &count);
  return result < 0 ? args.answer(result) : to_js(env, static_cast<double>(count));
}

}  // namespace fdreactor
