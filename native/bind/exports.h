// Fills the export table of the add-on: an object of groups, one a facility. lib/native/table.ts has its types.
#pragma once

#include <node_api.h>

#include <cstddef>

#include "../core/event_layout.h"

namespace fdreactor {

struct Export {
  const char* name;
  napi_callback call;
};

// Finds the object with this name in the parent; makes it if no binder has made it before.
napi_status find_or_make_group(napi_env env, napi_value parent, const char* name, napi_value* group);

// Adds a value that is not a function to a group.
napi_status add_to_group(napi_env env, napi_value exports, const char* group, const char* name, napi_value value);

// Adds the group's `layout`: an object with a number for each entry.
napi_status add_layout(napi_env env, napi_value exports, const char* group, const EventLayout& layout);

template <size_t kCount>
napi_status add_exports(napi_env env, napi_value object, const Export (&table)[kCount]) {
  for (const Export& entry : table) {
    napi_value function = nullptr;
    napi_status status = napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.call, nullptr, &function);
    if (status == napi_ok) status = napi_set_named_property(env, object, entry.name, function);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

// Adds the calls to the group with this name. Two binders may fill one group.
template <size_t kCount>
napi_status add_group(napi_env env, napi_value exports, const char* name, const Export (&table)[kCount]) {
  napi_value group = nullptr;
  const napi_status status = find_or_make_group(env, exports, name, &group);
  return status == napi_ok ? add_exports(env, group, table) : status;
}

}  // namespace fdreactor
