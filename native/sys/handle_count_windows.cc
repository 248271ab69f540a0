#include "handle_count.h"

#include "wsa_result.h"

namespace fdreactor {

Result process_handle_count() {
  DWORD count = 0;
  const Result result = from_win32_call(GetProcessHandleCount(GetCurrentProcess(), &count));
  return result < 0 ? result : static_cast<Result>(count);
}

}  // namespace fdreactor
