// eventfd(2). Exported as a part of fdreactor/linux.
import { checkFd, checkFlags, checkInteger, fail, failFd } from '../base/arguments.js';
import { invalidType, outOfRange, WOULD_BLOCK } from '../base/errors.js';
import { linuxCalls } from './constants.js';

const MAX_INITIAL = 2 ** 32 - 1;
const MAX_COUNT = 2n ** 64n - 2n;

/**
 * Opens a counter that is an fd (eventfd(2), Linux 2.6.27). It is READABLE while the count is above 0, and WRITABLE
 * while 1 can be added.
 *
 * @param initial what it counts at first; 0 to 2^32 - 1, 0 by default
 * @param flags constants.EFD_SEMAPHORE (Linux 2.6.30), or 0; EFD_CLOEXEC and EFD_NONBLOCK are always set
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

/**
 * Takes the count of an eventfd and sets it to 0 (eventfd_read(3), Linux 2.6.22). With EFD_SEMAPHORE it takes 1.
 *
 * @param fd an eventfd
 * @returns the count, from 1. A count above 2^53 comes as the nearest number that JavaScript has: `read()` of
 * `fdreactor/socket` into 8 bytes gets it exactly. WOULD_BLOCK where the count is 0
 * @throws SystemError EBADF, EINVAL (a file that does not give 8 bytes); UnsupportedError where there is no eventfd
 */
export function eventfd_read(fd: number): number {
  const count = linuxCalls('eventfd_read').eventfdRead(fd);
  return count >= WOULD_BLOCK ? count : failFd(count, 'read', fd);
}

/**
 * Adds to the count of an eventfd (eventfd_write(3), Linux 2.6.22).
 *
 * @param fd an eventfd
 * @param value 0 to 2^53 - 1 as a number, or 0 to 2^64 - 2 as a bigint
 * @returns 0; or WOULD_BLOCK where the sum would be above 2^64 - 2, and then nothing was added: wait for WRITABLE, and
 * note that it means room for 1
 * @throws SystemError EBADF, EINVAL (not an eventfd); UnsupportedError where there is no eventfd
 */
export function eventfd_write(fd: number, value: number | bigint): number {
  const result = linuxCalls('eventfd_write').eventfdWrite(fd, value);
  if (result >= WOULD_BLOCK) return result;
  return fail(result, 'write', { fd }, () => {
    checkFd(fd);
    checkCount(value);
  });
}

function checkCount(value: unknown): void {
  if (typeof value === 'number') checkInteger(value, 'value', 0, Number.MAX_SAFE_INTEGER);
  else if (typeof value !== 'bigint') throw invalidType('value', 'a number or a bigint', value);
  else if (value < 0n || value > MAX_COUNT) throw outOfRange('value', 'an integer from 0 to 2^64 - 2', value);
}
