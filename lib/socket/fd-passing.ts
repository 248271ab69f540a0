// The passing of fds over a Unix socket (SCM_RIGHTS), without a Message. Exported as fdreactor/socket.
import { checkBytes, checkFd, checkInteger, fail } from '../base/arguments.js';
import { invalidType, invalidValue, outOfRange, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { checkPassesFds, MAX_FDS, newFields, storeFds } from './message-fields.js';

const { recvmsg, sendmsg, closeFds, layout } = native.message;
const { MSG_CTRUNC } = native.constants.socket;
const { EMSGSIZE } = native.constants.error;
const outgoing = newFields(0);
const outgoingBytes = new Uint8Array(outgoing.buffer);
const incoming = newFields(MAX_FDS);
const incomingBytes = new Uint8Array(incoming.buffer);

/**
 * Sends bytes, and duplicates of fds with the first of them (SCM_RIGHTS; unix(7)). The fds stay open here.
 *
 * @param fd a socket of AF_UNIX
 * @param bytes at least one
 * @param fds at most 253
 * @returns how many bytes were taken, of a stream perhaps fewer; or WOULD_BLOCK. All fds are sent as soon as one byte
 * is: send the rest by `send()`
 * @throws SystemError EBADF (`fd`, or one of `fds`), EOPNOTSUPP (a socket of another family), ETOOMANYREFS (too many
 * are under way), EPIPE ...; UnsupportedError on Windows
 */
export function sendFds(fd: number, bytes: Uint8Array, fds: readonly number[]): number {
  checkPassesFds();
  checkBytes(bytes, 'bytes');
  if (bytes.length === 0) throw outOfRange('bytes.length', 'at least 1', 0);
  storeFds(outgoing, fds);
  const count = sendmsg(fd, bytes, 0, outgoingBytes);
  return count >= WOULD_BLOCK ? count : fail(count, 'sendmsg', { fd }, () => checkFd(fd));
}

/**
 * Receives bytes, and the fds that came with them (SCM_RIGHTS; unix(7)). Each is close-on-exec, and blocking or not as
 * its sender has it. They are yours to close.
 * A pidfd that comes along (SO_PASSPIDFD) is closed: recvmsg() takes it.
 *
 * @param fd a socket of AF_UNIX
 * @param buffer gets the bytes. On a stream the call ends with the bytes of the first message that has fds
 * @param fds is set to the fds that came, none for most calls
 * @param maxFds how many may come; 0 to 253, 253 by default
 * @returns how many bytes; 0 at the end of the stream (or for a datagram without data); or WOULD_BLOCK
 * @throws SystemError EMSGSIZE: more fds came than `maxFds`, or the process had no number left for them. The bytes are
 * in the buffer, all fds of the message are closed: end the connection. Others as recv(); UnsupportedError on Windows
 */
export function recvFds(fd: number, buffer: Uint8Array, fds: number[], maxFds = MAX_FDS): number {
  checkPassesFds();
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  if (!Array.isArray(fds)) throw invalidType('fds', 'an array', fds);
  checkInteger(maxFds, 'maxFds', 0, MAX_FDS);
  incoming[layout.maxFds] = maxFds;
  const count = recvmsg(fd, buffer, 0, incomingBytes);
  if (count < WOULD_BLOCK) {
    return fail(count, 'recvmsg', { fd }, () => {
      checkFd(fd);
      checkBytes(buffer);
    });
  }
  if (count >= 0 && ((incoming[layout.flags] as number) & MSG_CTRUNC) !== 0) {
    throw new SystemError(EMSGSIZE as number, 'recvmsg', { fd });
  }
  giveFds(fds);
  return count;
}

/** Hands the received fds over; closes them if the array does not take them. */
function giveFds(fds: number[]): void {
  try {
    const count = incoming[layout.fdCount] as number;
    if (fds.length !== count) fds.length = count;
    for (let i = 0; i < count; i++) fds[i] = incoming[layout.fds + i] as number;
    incoming[layout.fdCount] = 0;
    if ((incoming[layout.pidfd] as number) >= 0) closeFds(incomingBytes); // SO_PASSPIDFD: there is no place for it
  } catch {
    closeFds(incomingBytes);
    throw invalidValue('fds', 'an array that can be changed', fds);
  }
}
