// Overlapped calls on files, a part of bind_overlapped().
#pragma once

#include <node_api.h>

namespace fdreactor {

napi_status bind_overlapped_file(napi_env env, napi_value exports);

}  // namespace fdreactor
