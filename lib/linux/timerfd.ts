// timerfd_create(2) and its like. Exported as a part of fdreactor/linux.
import { checkFd, checkFlags, checkInteger, checkNumber, fail, failFd } from '../base/arguments.js';
import { outOfRange, WOULD_BLOCK } from '../base/errors.js';
import { linuxCalls } from './constants.js';

const INT32_LIMIT = 2 ** 31;
const times = new Float64Array(2);

/** When a timer fires, in milliseconds with fractions of a nanosecond's size. */
export interface TimerfdTimes {
  /** How long until it fires; 0 where it is not armed. */
  valueMs: number;
  /** How long between further firings; 0 where it fires once. */
  intervalMs: number;
}

/**
 * Opens a timer that is an fd (timerfd_create(2), Linux 2.6.25). It is READABLE when it has fired.
 *
 * @param clockid the clock that it follows. CLOCK_MONOTONIC never jumps and stands still while the system sleeps.
 * CLOCK_BOOTTIME (Linux 3.15) goes on meanwhile. CLOCK_REALTIME is the time of day, which can be set.
 * CLOCK_REALTIME_ALARM and CLOCK_BOOTTIME_ALARM (Linux 3.11) also wake the system from its sleep. All of `constants`
 * @param flags 0; TFD_CLOEXEC and TFD_NONBLOCK are always set
 * @returns its fd; the timer is not armed
 * @throws SystemError EPERM (an ALARM clock without CAP_WAKE_ALARM), EINVAL (another clock, other flags), EMFILE,
 * ENFILE, ENODEV, ENOMEM; UnsupportedError where there is no timerfd
 */
export function timerfd_create(clockid: number, flags = 0): number {
  const fd = linuxCalls('timerfd_create').timerfdCreate(clockid, flags);
  if (fd >= 0) return fd;
  return fail(fd, 'timerfd_create', {}, () => {
    checkInteger(clockid, 'clockid', 0, INT32_LIMIT - 1);
    checkFlags(flags);
  });
}

/**
 * Arms a timer, or disarms it (timerfd_settime(2), Linux 2.6.25). Expirations that were not read are forgotten.
 *
 * A timer never fires earlier than asked. Times are rounded up to a nanosecond, and a time above 0 is never rounded to
 * 0.
 *
 * @param fd a timerfd
 * @param flags constants.TFD_TIMER_ABSTIME: `valueMs` is a time of the clock, of CLOCK_REALTIME milliseconds as
 * `Date.now()` has them; a time that has passed fires at once. With it constants.TFD_TIMER_CANCEL_ON_SET (Linux 3.0)
 * for the two clocks of the time of day: `timerfd_read()` throws ECANCELED after the clock was set
 * @param valueMs milliseconds until it fires, with fractions; 0 disarms it, any flags; at most 2^53 - 1
 * @param intervalMs milliseconds between further firings; 0, the default, for none; at most 2^53 - 1
 * @returns what it was set to before: the time that was left, whatever the flags, and the interval
 * @throws SystemError EBADF, EINVAL (not a timerfd, other flags), ECANCELED: the clock was set since the last such
 * call, and the timer is armed all the same; UnsupportedError where there is no timerfd
 */
export function timerfd_settime(fd: number, flags: number, valueMs: number, intervalMs = 0): TimerfdTimes {
  const result = linuxCalls('timerfd_settime').timerfdSettime(fd, flags, valueMs, intervalMs, times);
  if (result >= 0) return timesNow();
  return fail(result, 'timerfd_settime', { fd }, () => {
    checkFd(fd);
    checkInteger(flags, 'flags', -INT32_LIMIT, INT32_LIMIT - 1);
    checkTime(valueMs, 'valueMs');
    checkTime(intervalMs, 'intervalMs');
  });
}

/**
 * Returns how long a timer has until it fires, and its interval (timerfd_gettime(2), Linux 2.6.25).
 *
 * @param fd a timerfd
 * @returns the time from now on, even of a timer that was set by TFD_TIMER_ABSTIME
 * @throws SystemError EBADF, EINVAL (not a timerfd); UnsupportedError where there is no timerfd
 */
export function timerfd_gettime(fd: number): TimerfdTimes {
  const result = linuxCalls('timerfd_gettime').timerfdGettime(fd, times);
  return result >= 0 ? timesNow() : failFd(result, 'timerfd_gettime', fd);
}

/**
 * Takes the number of expirations since the timer was set or read last (read(2) of a timerfd, Linux 2.6.25).
 *
 * @param fd a timerfd
 * @returns how often it has fired, from 1; or WOULD_BLOCK where it has not. Above 2^53 it is the nearest number that
 * JavaScript has
 * @throws SystemError ECANCELED: the clock was set, and the timer has TFD_TIMER_CANCEL_ON_SET. Look at the clock and
 * set the timer anew. EBADF, EINVAL (a file that does not give 8 bytes); UnsupportedError where there is no timerfd
 */
export function timerfd_read(fd: number): number {
  const count = linuxCalls('timerfd_read').timerfdRead(fd);
  return count >= WOULD_BLOCK ? count : failFd(count, 'read', fd);
}

function timesNow(): TimerfdTimes {
  return { valueMs: times[0] as number, intervalMs: times[1] as number };
}

function checkTime(value: unknown, name: string): void {
  checkNumber(value, name);
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw outOfRange(name, 'from 0 to 2^53 - 1', value);
}
