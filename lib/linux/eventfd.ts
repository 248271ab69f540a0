// eventfd(2). Exported as a part of fdreactor/linux.
import { checkFlags, checkInteger, fail } from '../base/arguments.js';
import { linuxCalls } from './constants.js';

const MAX_INITIAL = 2 ** 32 - 1;

/**
 * Opens a counter that is an fd (eventfd(2), Linux 2.6.27).
 *
 * @param initial what it counts at first; 0 to 2^32 - 1, 0 by default
 * @param flags constants.EFD_SEMAPHORE, or 0; EFD_CLOEXEC and EFD_NONBLOCK are always set
 * @returns its fd
 * @throws SystemError EMFILE, ENFILE, ENOMEM, EINVAL (other flags); UnsupportedError where there is no eventfd
 */
export function eventfd(initial = 0, flags = 0): number {
  const calls = linuxCalls('eventfd');
  const fd = calls.eventfd(initial, flags);
  if (fd >= 0) return fd;
  return fail(fd, 'eventfd', {}, () => {
    checkInteger(initial, 'initial', 0, MAX_INITIAL);
    checkFlags(flags);
  });
}
