// The top of the table, which belongs to no group: version, clock, error names, constants.
#include "../core/event_layout.h"
#include "../core/version.h"
#include "../sys/clock.h"
#include "../sys/constants.h"
#include "../sys/error_names.h"
#include "arguments.h"
#include "bind.h"

namespace fdreactor {
namespace {

napi_value string_to_js(napi_env env, const char* text) {
  napi_value result = nullptr;
  if (text == nullptr) {
    napi_get_undefined(env, &result);
  } else {
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  }
  return result;
}

napi_value now(napi_env env, napi_callback_info) { return to_js(env, monotonic_ms()); }

// (batch): sets the header's now_ms to this moment. A number returned would be an object on the heap each time.
napi_value read_clock(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Bytes batch = args.batch(0);
  if (!args.ok() || batch.size < sizeof(EventBatchHeader)) return args.refuse();
  static_cast<EventBatchHeader*>(batch.data)->now_ms = monotonic_ms();
  return nullptr;
}

napi_value name_of_error(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int error = args.int32(0);
  return string_to_js(env, args.ok() ? error_name(error) : nullptr);
}

napi_value message_of_error(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int error = args.int32(0);
  return string_to_js(env, args.ok() ? error_message(error) : nullptr);
}

napi_status add_constant(napi_env env, napi_value constants, const Constant& constant) {
  napi_value group = nullptr;
  const napi_status status = napi_get_named_property(env, constants, constant.group, &group);
  if (status != napi_ok) return status;
  return napi_set_named_property(env, group, constant.name, to_js(env, Result{constant.value}));
}

}  // namespace

napi_status add_constants(napi_env env, napi_value exports, const ConstantList& list) {
  napi_value constants = nullptr;
  napi_status status = napi_get_named_property(env, exports, "constants", &constants);
  for (size_t i = 0; i < list.count && status == napi_ok; ++i) status = add_constant(env, constants, list.first[i]);
  return status;
}

napi_status bind_platform(napi_env env, napi_value exports) {
  napi_value constants = nullptr;
  napi_value group = nullptr;
  napi_status status = find_or_make_group(env, exports, "constants", &constants);
  for (const char* name : kConstantGroups) {
    if (status == napi_ok) status = find_or_make_group(env, constants, name, &group);
  }
  if (status == napi_ok) status = add_constants(env, exports, platform_constants());
  if (status == napi_ok) status = napi_set_named_property(env, exports, "version", string_to_js(env, kVersion));
  if (status != napi_ok) return status;
  return add_exports(
      env, exports,
      {{"now", now}, {"readClock", read_clock}, {"errorName", name_of_error}, {"errorMessage", message_of_error}});
}

}  // namespace fdreactor
