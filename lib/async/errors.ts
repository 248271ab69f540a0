// The errors of waits. Those of system calls are SystemErrors, those of the connection itself in connection/errors.ts.
import { invalidState, withErrorCode } from '../base/errors.js';

/** ERR_UNEXPECTED_END: the peer has ended, and has sent less than was asked for. */
export function unexpectedEnd(unread: number): Error {
  return withErrorCode(
    new Error(`the peer ended in the middle: ${unread} bytes of what was asked for`),
    'ERR_UNEXPECTED_END',
  );
}

/** ERR_FRAME_TOO_LARGE, as of a framer. */
export function frameTooLarge(limit: number): Error {
  return withErrorCode(new RangeError(`no delimiter in the first ${limit} bytes`), 'ERR_FRAME_TOO_LARGE');
}

/** ETIMEDOUT: `readDeadline` or `writeDeadline` has come. */
export function deadlineCame(name: 'readDeadline' | 'writeDeadline'): Error {
  return withErrorCode(new Error(`the ${name} of the connection has come`), 'ETIMEDOUT');
}

/** ERR_INVALID_STATE: the program has closed it. */
export function connectionClosed(): Error {
  return invalidState('the connection is closed');
}

export function connectionDetached(): Error {
  return invalidState('the connection was detached');
}

export function reactorClosed(): Error {
  return invalidState('the reactor is closed');
}
