/* bcryptprimitives.dll for Wine, which lacked it before version 9: the source of random numbers that programs written
 * in Rust ask for, as vitest's Windows binaries do. `npm run test:wine` compiles it into the prefix that it makes. */
#include <windows.h>

/* RtlGenRandom, by the name that advapi32.dll has for it. */
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
  for (SIZE_T done = 0; done < size;) {
    SIZE_T part = size - done < 0x10000 ? size - done : 0x10000;
    if (!SystemFunction036(data + done, (ULONG)part)) return FALSE;
    done += part;
  }
  return TRUE;
}
