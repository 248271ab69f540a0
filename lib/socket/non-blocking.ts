// Blocking fds come from outside: from a parent, from systemd, from another add-on. What the package makes is
// non-blocking.
import { checkBoolean, checkFd, failFd } from '../base/arguments.js';
import { UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';

/**
 * Makes an fd non-blocking, or blocking (fcntl(2), O_NONBLOCK; FIONBIO on Windows). For fds that the package did not
 * make: calls on a blocking fd may stop the thread, and the event loop with it.
 *
 * The mode belongs to the open file. Every other process that shares the file gets it: a parent, a child, and the shell
 * where the file is a terminal. So open a terminal anew (`/dev/tty`) before you change its mode. The other way round,
 * `spawn()` with `stdio: [fd]` makes the fd blocking here, because the child does so (libuv): call this again
 * afterwards.
 *
 * @param on true for non-blocking; true by default
 * @throws SystemError EBADF; ENOTSOCK on Windows
 */
export function setNonBlocking(fd: number, on = true): void {
  checkFd(fd);
  checkBoolean(on, 'on');
  const result = native.fd.setNonBlocking(fd, on ? 1 : 0);
  if (result < 0) failFd(result, 'fcntl', fd);
}

/**
 * Whether an fd is non-blocking (fcntl(2), O_NONBLOCK).
 *
 * @throws SystemError EBADF; UnsupportedError on Windows, which does not say it of a socket
 */
export function isNonBlocking(fd: number): boolean {
  if (native.fd.isNonBlocking === undefined) throw new UnsupportedError('isNonBlocking');
  const result = native.fd.isNonBlocking(fd);
  return result < 0 ? failFd(result, 'fcntl', fd) : result === 1;
}

/**
 * @internal Makes a blocking fd non-blocking; costs one call where it is so already. A terminal is left as it is.
 * @throws SystemError EBADF; ENOTSOCK on Windows
 */
export function ensureNonBlocking(fd: number): void {
  const result = native.fd.ensureNonBlocking(fd);
  if (result < 0) failFd(result, 'fcntl', fd);
}
