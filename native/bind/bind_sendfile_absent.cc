// In place of bind_sendfile.cc where the kernel has no sendfile(2): nothing is exported, which is how lib/ knows.
#include "bind.h"

namespace fdreactor {

napi_status bind_sendfile(napi_env, napi_value) { return napi_ok; }

}  // namespace fdreactor
