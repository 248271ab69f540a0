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

napi_status add_layout(napi_env env, napi_value exports, const char* group, const EventLayout& layout) {
  napi_value object = nullptr;
  napi_status status = napi_create_object(env, &object);
  for (size_t i = 0; i < layout.count && status == napi_ok; ++i) {
    napi_value word = nullptr;
    status = napi_create_uint32(env, static_cast<uint32_t>(layout.first[i].word), &word);
    if (status == napi_ok) status = napi_set_named_property(env, object, layout.first[i].name, word);
  }
  return status == napi_ok ? add_to_group(env, exports, group, "layout", object) : status;
}

}  // namespace fdreactor
