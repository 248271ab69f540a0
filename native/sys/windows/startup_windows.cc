#include "../startup.h"

#include "wsa_result.h"

namespace fdreactor {
namespace {

// Node unloads an add-on with the last environment that had loaded it. But a console handler, or a callback of the
// system's thread pool (a sendfile that ends), may still be about to run our code: so it stays in memory for good.
Result stay_in_memory() {
  HMODULE module = nullptr;
  const auto* here = reinterpret_cast<const wchar_t*>(&stay_in_memory);
  return from_win32_call(
      GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here, &module));
}

}  // namespace

Result startup() {
  const Result stays = stay_in_memory();
  if (stays < 0) return stays;
  WSADATA data;
  const int error = WSAStartup(MAKEWORD(2, 2), &data);
  return error == 0 ? 0 : failure(error);
}

void shutdown_after_startup() { WSACleanup(); }

}  // namespace fdreactor
