// Finds the functions of Node-API when a build by mingw-w64 is loaded (node-gyp brings a file of its own for MSVC): not
// in a file named node.exe, as an ordinary import would, but in the program that loads us, whatever its name, or in
// libnode.dll where Node was built as a library.
//
// The import library is one for delayed loading, so Windows leaves its table of addresses to us. We fill it at once and
// leave nothing to dlltool's stubs: these look a function up at its first call, and lose its floating-point arguments
// on the way (a first napi_create_double() would get garbage).
#include "windows_headers.h"
// After windows.h, which it needs.
#include <delayimp.h>

/** Where the tables are; dlltool names this after the file of the import library, libnode_api.a. */
extern const ImgDelayDescr kNodeImports __asm__("__DELAY_IMPORT_DESCRIPTOR_libnode_api_a");

namespace {

HMODULE host() {
  const HMODULE library = GetModuleHandleA("libnode.dll");
  return library != nullptr ? library : GetModuleHandleA(nullptr);
}

/** Fills the table of addresses from the table of names; false if the host lacks one of them. */
bool look_up(const BYTE* base, const IMAGE_THUNK_DATA* names, IMAGE_THUNK_DATA* addresses) {
  for (; names->u1.AddressOfData != 0; ++names, ++addresses) {
    const auto* import = reinterpret_cast<const IMAGE_IMPORT_BY_NAME*>(base + names->u1.AddressOfData);
    const FARPROC function = GetProcAddress(host(), reinterpret_cast<const char*>(import->Name));
    if (function == nullptr) return false;
    addresses->u1.Function = reinterpret_cast<ULONGLONG>(function);
  }
  return true;
}

size_t length(const IMAGE_THUNK_DATA* names) {
  size_t count = 0;
  while (names[count].u1.AddressOfData != 0) ++count;
  return count;
}

bool find_imports(BYTE* base) {
  const auto* names = reinterpret_cast<const IMAGE_THUNK_DATA*>(base + kNodeImports.rvaINT);
  auto* addresses = reinterpret_cast<IMAGE_THUNK_DATA*>(base + kNodeImports.rvaIAT);
  const size_t bytes = length(names) * sizeof *addresses;
  // Some linkers make import tables read-only.
  DWORD protection = 0;
  if (VirtualProtect(addresses, bytes, PAGE_READWRITE, &protection) == 0) return false;
  const bool found = look_up(base, names, addresses);
  return VirtualProtect(addresses, bytes, protection, &protection) != 0 && found;
}

}  // namespace

/** Windows calls it when the add-on is loaded; FALSE makes require() throw. */
// NOLINTNEXTLINE(readability-identifier-naming): the system calls it by this name
extern "C" BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  return find_imports(reinterpret_cast<BYTE*>(instance)) ? TRUE : FALSE;
}
