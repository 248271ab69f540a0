// takeFd(): a connection leaves Node, with what Node has read of it.
import type { Socket } from 'node:net';
import { errorOf, invalidState, invalidType, SystemError, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';
import { isWatched } from '../socket/closing.js';
import { checkRuntime, handleOf, type NodeHandle, noHandle, type SocketInside } from './handle.js';
import { checkReader, isAtEnd, stopReading, takeUnread } from './inside/reading.js';
import { Socket as NetSocket } from './modules.js';

/** A connection that has left Node. */
export interface TakenFd {
  /** Yours: to close, to register, to make a `Connection` of. Non-blocking and close-on-exec. */
  readonly fd: number;
  /** What Node had read and not delivered: it comes before all that is read from `fd`. */
  readonly unread: Buffer;
  /** Whether the peer's end was read as well: nothing comes after `unread`. */
  readonly ended: boolean;
}

/**
 * Takes a connection out of Node: its fd, and the bytes that Node has read and not delivered. libuv stops reading
 * first, so each byte comes once. The socket is destroyed: it emits 'close', leaves the count of its server, and can do
 * nothing to the connection any more. The fd is a duplicate, since libuv closes its own; the peer does not notice.
 *
 * After 'upgrade' and 'connect' of node:http, in a server or a client, the socket is yours to take. The `head` that
 * came with the event comes before `unread`, which has only what was put back by `unshift()` or read since.
 *
 * Bytes that were written and not given to the kernel yet cannot be taken along: wait for them, as by the callback of
 * the last `write()`.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is no net.Socket; ERR_INVALID_STATE for one that is closed,
 * connecting or ended, that has unsent bytes, that node:http or splice() reads, that has an encoding
 * (`setEncoding()`), or whose fd a reactor of this thread watches (deregister it first);
 * UnsupportedError for a TLS socket, on Windows, and where the runtime shows no fds; SystemError EMFILE. Then nothing
 * was changed
 */
export function takeFd(socket: Socket): TakenFd {
  const handle = checkTakeable(socket);
  const fd = native.fd.duplicate?.(handle.fd) ?? -1;
  if (fd < 0) throw new SystemError(errorOf(fd), 'fcntl', { fd: handle.fd });
  stopReading(handle);
  const ended = isAtEnd(socket);
  const unread = takeUnread(socket);
  socket.destroy();
  return { fd, unread: unread.length === 1 ? (unread[0] as Buffer) : Buffer.concat(unread), ended };
}

function checkTakeable(socket: Socket): NodeHandle {
  checkRuntime('takeFd()');
  if (!(socket instanceof NetSocket)) throw invalidType('socket', 'a net.Socket', socket);
  if ((socket as SocketInside).encrypted === true)
    throw new UnsupportedError('takeFd()', 'the state of a TLS connection is in the process');
  if (socket.connecting) throw invalidState('takeFd(): the socket is not connected yet');
  const handle = handleOf(socket);
  if (handle === undefined || socket.destroyed) throw noHandle(socket, 'takeFd()');
  // The number is closed with the socket, the file stays open: its events would come without end.
  if (isWatched(handle.fd)) throw invalidState(`takeFd(): a reactor watches fd ${handle.fd}`);
  checkReader(socket, 'takeFd()');
  if (socket.writableLength > 0 || handle.writeQueueSize > 0) {
    throw invalidState('takeFd(): bytes that were written are not sent yet');
  }
  return handle;
}
