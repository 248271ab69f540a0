// memfd_create(2). Exported as a part of fdreactor/linux.
import { checkBits, fail } from '../base/arguments.js';
import { linuxCalls } from './constants.js';
import { checkText, textBytes } from './text.js';

const MAX_NAME_BYTES = 249;

/**
 * Makes a file in memory that is in no folder (memfd_create(2), Linux 3.17). It goes when the last fd of it is closed.
 * As a regular file it is always ready, and a reactor refuses it (EPERM). `node:fs` reads and writes it by its number.
 *
 * @param name what /proc/PID/fd shows for it, which need not be unique; at most 249 bytes. A Uint8Array for a name that
 * is not UTF-8
 * @param flags constants.MFD_ALLOW_SEALING, for F_ADD_SEALS of `fcntl()`; MFD_HUGETLB (Linux 4.14) and the size of its
 * pages; MFD_NOEXEC_SEAL or MFD_EXEC (Linux 6.3). 0 by default; MFD_CLOEXEC is always set
 * @returns its fd, open for reading and writing
 * @throws SystemError EINVAL (other flags), EMFILE, ENFILE, ENOMEM, EPERM, ENOSYS (an older kernel); TypeError for a
 * name that holds NUL; UnsupportedError where there is no memfd
 */
export function memfd_create(name: string | Uint8Array, flags = 0): number {
  const calls = linuxCalls('memfd_create');
  const bytes = textBytes(name, 'name');
  const fd = calls.memfdCreate(bytes, flags);
  if (fd >= 0) return fd;
  return fail(fd, 'memfd_create', {}, () => {
    checkText(bytes, 'name', MAX_NAME_BYTES);
    checkBits(flags, 'flags');
  });
}
