// Notes an fd that a call has made as its environment's own, where the environment closes what it leaves open.
#pragma once

#include "../core/result.h"
#include "environment.h"

namespace fdreactor {

inline Result owned(napi_env env, Result fd) {
  if (fd < 0) return fd;
  Environment& environment = environment_of(env);
  if (environment.closes_fds) environment.fds.add(static_cast<int>(fd));
  return fd;
}

inline void disowned(napi_env env, int fd) {
  Environment& environment = environment_of(env);
  if (environment.closes_fds) environment.fds.remove(fd);
}

}  // namespace fdreactor
