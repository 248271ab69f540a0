#include "exports.h"

namespace fdreactor {

napi_status find_or_make_group(napi_env env, napi_value parent, const char* name, napi_value* group) {
  bool exists = false;
  napi_status status = napi_has_named_property(env, parent, name, &exists);
  if (status != napi_ok) return status;
  if (exists) return napi_get_named_property(env, parent, name, group);
  status = napi_create_object(env, group);
  return status == napi_ok ? napi_set_named_property(env, parent, name, *group) : status;
}

napi_status add_to_group(napi_env env, napi_value exports, const char* group, const char* name, napi_value value) {
  napi_value object = nullptr;
  const napi_status status = find_or_make_group(env, exports, group, &object);
  return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

}  // namespace fdreactor
