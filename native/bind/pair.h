// Answers a call that makes two fds: they are written into the Int32Array that JavaScript passed for it.
#pragma once

#include "arguments.h"
#include "owned.h"

namespace fdreactor {

inline Result store_pair(napi_env env, Span target, Result result, int first_fd, int second_fd) {
  if (result < 0) return result;
  auto* fds = static_cast<int32_t*>(target.data);
  fds[0] = static_cast<int32_t>(owned(env, first_fd));
  fds[1] = static_cast<int32_t>(owned(env, second_fd));
  return 0;
}

}  // namespace fdreactor
