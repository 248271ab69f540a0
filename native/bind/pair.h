// Answers a call that makes two fds: they are written into the Int32Array that JavaScript passed for it.
#pragma once

#include "arguments.h"
#include "track_fd.h"

namespace fdreactor {

inline Result store_pair(napi_env env, Words target, Result result, int first_fd, int second_fd) {
  if (result < 0) return result;
  target.data[0] = static_cast<int32_t>(track_fd(env, first_fd));
  target.data[1] = static_cast<int32_t>(track_fd(env, second_fd));
  return 0;
}

}  // namespace fdreactor
