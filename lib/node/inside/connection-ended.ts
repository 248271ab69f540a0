// What a promise says of a connection that ended under it.
import { SystemError } from '../../base/errors.js';
import { native } from '../../native/table.js';

const { ECONNABORTED = 0 } = native.constants.error;

/**
 * The error of the system, or ECONNABORTED where this side has ended the connection; the reason is its `cause`.
 *
 * @param cause what the socket was destroyed with
 * @param fd negative where it had none
 * @param syscall what was to be called
 */
export function connectionEnded(cause: Error | null, fd: number, syscall: string): Error {
  const { errno, syscall: failed } = (cause ?? {}) as NodeJS.ErrnoException;
  const isOfSystem = typeof errno === 'number' && typeof failed === 'string';
  const error = new SystemError(isOfSystem ? -errno : ECONNABORTED, isOfSystem ? failed : syscall, {
    fd: fd < 0 ? undefined : fd,
  });
  if (cause !== null) error.cause = cause;
  return error;
}
