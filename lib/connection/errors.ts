// The errors with which a connection ends by itself. Those of system calls are SystemErrors.
import { invalidState, withErrorCode } from '../base/errors.js';

/** ERR_QUEUE_FULL: the peer does not read, and the program goes on writing. */
export function queueIsFull(maxQueued: number): Error {
  return withErrorCode(new Error(`the peer does not read: more than ${maxQueued} bytes are queued`), 'ERR_QUEUE_FULL');
}

/** ERR_FILE_ENDED: the file is shorter than what was to be sent. */
export function fileHasEnded(range: { readonly start: number; readonly left: number }): Error {
  const error = new Error(`the file ended at ${range.start}, ${range.left} bytes before what was to be sent`);
  return withErrorCode(error, 'ERR_FILE_ENDED');
}

/** ERR_INVALID_STATE: what a target of `pipeTo()` does not do. */
export function isFed(): Error {
  return invalidState('something is piped into the connection');
}

/** ETIMEDOUT: a time-out, and no handler for it. */
export function timedOut(isDeadline: boolean): Error {
  const reason = isDeadline ? 'its deadline has come' : 'no byte came or went';
  return withErrorCode(new Error(`the connection timed out: ${reason}`), 'ETIMEDOUT');
}
