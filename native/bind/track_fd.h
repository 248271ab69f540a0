// Tracks the fds that an environment's calls have made, so that a worker closes those that it left open when it ends.
// Only a worker does so: the process closes the fds of its main thread.
#pragma once

#include "../core/result.h"
#include "environment.h"

namespace fdreactor {

inline Result track_fd(napi_env env, Result fd) {
  if (fd < 0) return fd;
  Environment& environment = environment_of(env);
  if (environment.closes_fds) environment.fds.add(static_cast<int>(fd));
  return fd;
}

inline void untrack_fd(napi_env env, int fd) {
  Environment& environment = environment_of(env);
  if (environment.closes_fds) environment.fds.remove(fd);
}

}  // namespace fdreactor
