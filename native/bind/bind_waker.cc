#include "../sys/waker.h"
#include "arguments.h"
#include "bind.h"
#include "environment.h"

namespace fdreactor {
namespace {

// () => [fd, id], or a failure
napi_value open(napi_env env, napi_callback_info) {
  uint64_t id = 0;
  const Result fd = waker_open(&id);
  if (fd < 0) return to_js(env, fd);
  environment_of(env).wakers.insert(id);
  napi_value pair = nullptr;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, to_js(env, fd));
  napi_set_element(env, pair, 1, to_js(env, static_cast<Result>(id)));
  return pair;
}

template <Result (*kCall)(uint64_t)>
napi_value with_id(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const uint64_t id = args.unsigned_integer(0);
  return args.ok() ? args.answer(kCall(id)) : args.refuse();
}

// (id, isOpen). Only the environment that made a waker closes it.
napi_value close(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const uint64_t id = args.unsigned_integer(0);
  const bool is_open = args.integer(1, 0, 1) != 0;
  if (!args.ok() || environment_of(env).wakers.erase(id) == 0) return args.refuse();
  return args.answer(waker_close(id, is_open));
}

}  // namespace

napi_status bind_waker(napi_env env, napi_value exports) {
  return add_group(env, exports, "waker",
                   {{"open", open},
                    {"wake", with_id<waker_wake>},
                    {"acknowledge", with_id<waker_acknowledge>},
                    {"wasMade", with_id<waker_was_made>},
                    {"close", close}});
}

}  // namespace fdreactor
