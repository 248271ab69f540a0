// The fields of a message, in memory that native code fills and reads (native/sys/message/message.h).
import { checkInteger } from '../base/arguments.js';
import { invalidType, outOfRange, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';

const { layout, passesFds } = native.message;
const INT32_MAX = 2 ** 31 - 1;

/** How many fds one message can carry (SCM_MAX_FD). */
export const MAX_FDS = 253;
/** The value of a number that a message does not have. */
export const NOT_SET = -1;

/** Makes the fields of a message that has nothing yet. */
export function newFields(maxFds: number): Int32Array<ArrayBuffer> {
  const words = new Int32Array(layout.words);
  words[layout.maxFds] = maxFds;
  for (const field of ['ttl', 'tos', 'pid', 'pidfd', 'sendTtl', 'sendTos', 'sendPid'] as const) {
    words[layout[field]] = NOT_SET;
  }
  return words;
}

/** Notes the fds that the message is to send. @throws TypeError, RangeError, UnsupportedError */
export function storeFds(words: Int32Array, fds: readonly number[]): void {
  if (!Array.isArray(fds)) throw invalidType('fds', 'an array of fds', fds);
  const { length } = fds;
  if (length > MAX_FDS) throw outOfRange('fds.length', `at most ${MAX_FDS}`, length);
  if (length > 0) checkPassesFds();
  words[layout.sendFdCount] = 0;
  for (let i = 0; i < length; i++) {
    const fd: unknown = fds[i];
    checkInteger(fd, `fds[${i}]`, 0, INT32_MAX);
    words[layout.sendFds + i] = fd;
  }
  words[layout.sendFdCount] = length;
}

/** @throws UnsupportedError where no socket passes fds */
export function checkPassesFds(facility = 'fd passing'): void {
  if (!passesFds) throw new UnsupportedError(facility);
}
