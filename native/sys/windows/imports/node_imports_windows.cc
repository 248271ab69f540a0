// Finds the functions of Node-API when a build by zig is loaded (node-gyp brings a file of its own for MSVC): not in a
// file named node.exe, as an ordinary import would, but in the program that loads it, whatever its name, or in
// libnode.dll where Node was built as a library.
//
// The linker knows no delayed loading. But a call of an imported function goes through a pointer, so the pointers are
// variables of the add-on, filled before the first call.
#include "node_imports.h"

#include "../windows_headers.h"

namespace {

HMODULE host() {
  const HMODULE library = GetModuleHandleA("libnode.dll");
  return library != nullptr ? library : GetModuleHandleA(nullptr);
}

/** False if the host lacks one of them. */
bool find_imports() {
  const HMODULE module = host();
  for (const auto* import = fdreactor::kNodeImports; import->name != nullptr; ++import) {
    *import->address = reinterpret_cast<void*>(GetProcAddress(module, import->name));
    if (*import->address == nullptr) return false;
  }
  return true;
}

}  // namespace

/** Windows calls it when the add-on is loaded; FALSE makes require() throw. */
// NOLINTNEXTLINE(readability-identifier-naming): the system calls it by this name
extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID) {
  return reason != DLL_PROCESS_ATTACH || find_imports() ? TRUE : FALSE;
}
