// What is wrong where accept(2) fails, for the Acceptor and the Listener of connections.
import { errorOf, invalidValue, SystemError } from '../base/errors.js';
import { native } from '../native/table.js';

const { SOL_SOCKET, SO_ACCEPTCONN } = native.constants.socket;

/** After so many failures without a connection or an empty queue in between, the listener itself may be at fault. */
export const MAX_FAILURES_IN_A_ROW = 64;

/** Errors of accept(2) that pass when the process or the system has room again. */
export const OUT_OF_RESOURCES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSR']);

/** Errors of the one connection from the queue: accept(2), "Error handling". EPERM: a firewall's rules. */
export const OF_ONE_CONNECTION = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENONET',
  'ENOPROTOOPT',
  'EOPNOTSUPP',
  'EPERM',
  'EPROTO',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'ETIMEDOUT',
]);

/** Inherits nothing from Object.prototype, like NO_OPTIONS. */
/** A socket that does not listen would fail in each turn. macOS has no SO_ACCEPTCONN: there accept() fails instead. */
export function checkListens(fd: number, name: string): void {
  const listens = new Int32Array(1);
  const result = native.socket.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, new Uint8Array(listens.buffer));
  if (result < 0) {
    const error = new SystemError(errorOf(result), 'getsockopt', { fd });
    if (error.code !== 'ENOPROTOOPT') throw error;
  } else if (listens[0] === 0) throw invalidValue(name, 'a socket that listens', fd);
}
