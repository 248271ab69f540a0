// toSocket(): an fd becomes a socket of Node.
import type { Socket } from 'node:net';
import { checkBoolean, checkBytes, checkDelay, checkFd, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, invalidState, SystemError, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';
import { checkUnowned, isWatched } from '../socket/closing.js';
import { checkRuntime, handleOf } from './handle.js';
import { Socket as NetSocket } from './modules.js';
import { ownedByNode } from './ownership.js';

/** Options of `toSocket()`. */
export interface ToSocketOptions {
  /** Bytes that were read from the fd already: the first that the socket delivers. They are not copied. */
  unread?: Uint8Array;
  /** As of `net.Socket`: whether it stays open for writing when the peer has ended; false by default. */
  allowHalfOpen?: boolean;
  /** Sends small writes at once (`setNoDelay()`); false by default: as the fd is. Servers of node:http do so. */
  noDelay?: boolean;
  /** Has the kernel look whether the peer is there (`setKeepAlive()`); false by default: as the fd is. */
  keepAlive?: boolean;
  /** After how long without a byte it does, in milliseconds. */
  keepAliveInitialDelay?: number;
  /** Whether the socket does not read before `resume()` or `read()`; false by default. */
  pauseOnCreate?: boolean;
}

/**
 * Makes a `net.Socket` of a connected stream socket, TCP or Unix. From here on the fd is Node's, which closes it with
 * the socket: `socket.close()` refuses it. `server.emit('connection', socket)` gives the connection to a server of
 * node:http, node:https, node:tls or node:http2, which serves it as one that it has accepted. (The server does not
 * count it: `server.close()` does not wait for it, and `maxConnections` does not see it.)
 *
 * @param fd one that no reactor of this thread watches: deregister it first, and detach a Connection
 * @throws ERR_INVALID_STATE for an fd that a reactor of this thread watches, or that a Connection, a Listener, a Duplex
 * or a socket of Node is known to close; SystemError EEXIST where another socket of Node has it, EBADF;
 * ERR_INVALID_FD_TYPE for UDP sockets and files; UnsupportedError on Windows and where the runtime does not take fds.
 * Then the fd is yours as before
 */
export function toSocket(fd: number, options: ToSocketOptions = NO_OPTIONS): Socket {
  checkRuntime('toSocket()');
  checkFd(fd);
  const { unread, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay, pauseOnCreate } = checkOptions(options);
  checkUnowned(fd);
  if (isWatched(fd)) throw invalidState(`toSocket(): a reactor watches fd ${fd}`);
  const identity = native.fd.identity(fd);
  if (identity < 0) throw new SystemError(errorOf(identity), 'fstat', { fd });
  const socket = open(fd, { allowHalfOpen, pauseOnCreate });
  if (handleOf(socket)?.fd !== fd) throw new UnsupportedError('toSocket()', 'this runtime does not take the fd');
  native.fd.release(fd);
  ownedByNode(fd, socket);
  // Not by the constructor: Node would take an option for set that it sets only when a connection is made.
  if (noDelay) socket.setNoDelay(true);
  if (keepAlive) socket.setKeepAlive(true, keepAliveInitialDelay);
  if (unread !== undefined && unread.length > 0) socket.unshift(unread);
  return socket;
}

function checkOptions(options: ToSocketOptions) {
  checkObject(options, 'options');
  const { unread, allowHalfOpen = false, noDelay = false, keepAlive = false, pauseOnCreate = false } = options;
  const { keepAliveInitialDelay = 0 } = options;
  if (unread !== undefined) checkBytes(unread, 'options.unread');
  checkBoolean(allowHalfOpen, 'options.allowHalfOpen');
  checkBoolean(noDelay, 'options.noDelay');
  checkBoolean(keepAlive, 'options.keepAlive');
  checkDelay(keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  checkBoolean(pauseOnCreate, 'options.pauseOnCreate');
  return { unread, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay, pauseOnCreate };
}

function open(fd: number, options: { allowHalfOpen: boolean; pauseOnCreate: boolean }): Socket {
  try {
    return new NetSocket({ fd, ...options } as import('node:net').SocketConstructorOpts);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno === 'number') throw new SystemError(-errno, 'uv_tcp_open', { fd });
    throw error;
  }
}
