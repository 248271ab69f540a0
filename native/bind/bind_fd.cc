// Fds in general: read, write, close, and what a number stands for (sys/fd.h, sys/fd_identity.h).
#include <atomic>
#include <cerrno>

#include "../sys/fd.h"
#include "../sys/fd_identity.h"
#include "arguments.h"
#include "bind.h"
#include "bytes_list.h"
#include "track_fd.h"

namespace fdreactor {
namespace {

// (fd, buffer, offset?, length?)
template <Result (*kCall)(int, Bytes)>
napi_value with_bytes(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  const Bytes buffer = args.bytes(1, 2, 3);
  return args.ok() ? args.answer(kCall(fd, buffer)) : args.refuse();
}

// (fd, buffers)
template <Result (*kCall)(int, const Bytes*, size_t)>
napi_value with_list(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  BytesList list;
  if (!list.read(env, args, 1)) return args.refuse();
  return args.answer(kCall(fd, list.buffers, list.count));
}

// (fd)
template <Result (*kCall)(int)>
napi_value with_fd(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(kCall(fd)) : args.refuse();
}

// (fd, 0 or 1)
napi_value set_non_blocking(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int fd = args.fd(0);
  const bool on = args.integer(1, 0, 1) != 0;
  return args.ok() ? args.answer(fd_set_non_blocking(fd, on)) : args.refuse();
}

napi_value close(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  if (!args.ok()) return args.refuse();
  for (const auto& signal : environment_of(env).signals) {
    if (signal.second != nullptr && signal.second->owns(fd)) return args.answer(failure(EBUSY));
  }
  untrack_fd(env, fd);
  for (const auto& tell : environment_of(env).before_close) tell(fd);
  return args.answer(fd_close(fd));
}

napi_value release(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  if (!args.ok()) return args.refuse();
  untrack_fd(env, fd);
  return args.answer(0);
}

// The fd is this environment's from here on. Returns its identity, or the failure of a number that is not open.
Result adopt_fd(napi_env env, int fd) {
  FdIdentity identity;
  const Result result = fd_identify_open(fd, &identity);
  if (result < 0) return result;
  Environment& environment = environment_of(env);
  if (environment.closes_fds) environment.fds.add(fd, identity);
  return identity_number(identity);
}

// (fd)
napi_value adopt(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int fd = args.fd(0);
  return args.ok() ? args.answer(adopt_fd(env, fd)) : args.refuse();
}

// (fd, words, index, expected) => kWouldBlock where words[index] was another number; else it is one more, the fd is
// adopted, and this is its identity. One call: a thread that is terminated has done both or neither, so an fd that goes
// from thread to thread has an owner at every moment.
napi_value take(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int fd = args.fd(0);
  const Words words = args.words(1);
  const auto index = static_cast<size_t>(args.integer(2, 0, INT32_MAX));
  int32_t expected = args.int32(3);
  if (!args.ok() || index >= words.count) return args.refuse();
  // As Atomics.compareExchange() does it, with which other threads change the same word.
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);
  auto* const word = reinterpret_cast<std::atomic<int32_t>*>(words.data + index);
  const auto next = static_cast<int32_t>(static_cast<uint32_t>(expected) + 1);
  if (!word->compare_exchange_strong(expected, next)) return args.answer(kWouldBlock);
  return args.answer(adopt_fd(env, fd));
}

// From here on this environment closes, when it ends, what it made and did not close.
napi_value close_fds_at_end(napi_env env, napi_callback_info) {
  environment_of(env).closes_fds = true;
  return nullptr;
}

}  // namespace

napi_status bind_fd(napi_env env, napi_value exports) {
  return add_group(env, exports, "fd",
                   {{"read", with_bytes<fd_read>},
                    {"write", with_bytes<fd_write>},
                    {"readv", with_list<fd_readv>},
                    {"writev", with_list<fd_writev>},
                    {"close", close},
                    {"release", release},
                    {"adopt", adopt},
                    {"take", take},
                    {"identity", with_fd<fd_identity>},
                    {"openIdentity", with_fd<fd_open_identity>},
                    {"setNonBlocking", set_non_blocking},
                    {"ensureNonBlocking", with_fd<fd_ensure_non_blocking>},
                    {"closeAllAtEnd", close_fds_at_end}});
}

}  // namespace fdreactor
