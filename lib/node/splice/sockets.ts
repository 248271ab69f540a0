// Which sockets of Node splice() takes, and why not the others.
import type { Socket } from 'node:net';
import { invalidState, invalidType, invalidValue } from '../../base/errors.js';
import { native } from '../../native/table.js';
import { isWatched } from '../../socket/closing.js';
import { handleOf, isReadByTls, noFds, noHandle, type SocketInside } from '../handle.js';
import { checkReader } from '../inside/reading.js';
import { Socket as NetSocket } from '../modules.js';
import { SocketWrites } from '../socket-writes.js';

const CALL = 'splice()';

/** What node:stream keeps of a stream that is piped into others. */
type Piped = { _readableState?: { pipes?: unknown[] } };

/**
 * Checks both, and changes nothing.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; ERR_INVALID_STATE
 */
export function checkSockets(a: unknown, b: unknown): void {
  const first = checkSocket(a, 'a');
  const second = checkSocket(b, 'b');
  if (first === second) throw invalidValue('b', 'another socket than a', b);
  checkState(first, 'a');
  checkState(second, 'b');
}

/** Why splice(2) cannot take its bytes, in words; undefined where it can. */
export function whyNotSpliced(socket: Socket): string | undefined {
  if (noFds !== undefined) return noFds;
  if (native.splice === undefined) return 'this system has no splice(2)';
  if ((socket as SocketInside).encrypted === true) return 'the bytes of a TLS socket are encrypted in this process';
  if (handleOf(socket) === undefined) return 'Node shows no fd of the socket';
  return undefined;
}

/** @throws ERR_INVALID_STATE where a reactor of this thread watches the fd for other code */
export function checkUnwatched(socket: Socket, name: string): void {
  const fd = handleOf(socket)?.fd ?? -1;
  if (fd < 0 || SocketWrites.hasFiles(socket) || !isWatched(fd)) return;
  throw invalidState(`${CALL}: a reactor watches fd ${fd} of ${name}`);
}

function checkSocket(socket: unknown, name: string): Socket {
  if (socket instanceof NetSocket) return socket;
  throw invalidType(name, 'a net.Socket', socket);
}

function checkState(socket: Socket, name: string): void {
  const call = `${CALL}: ${name}`;
  if (socket.connecting) throw invalidState(`${call} is not connected yet`);
  if (socket.destroyed || (socket as SocketInside)._handle === null) throw noHandle(socket, CALL);
  checkReader(socket, CALL);
  if (isReadByTls(socket)) throw invalidState(`${call} is read by a TLS socket`);
  if (!socket.writable) throw invalidState(`${call} cannot be written to`);
  if (socket.readableEnded && !socket.allowHalfOpen) throw invalidState(`${call} is about to be ended by Node`);
  if ((socket as Piped)._readableState?.pipes?.length) throw invalidState(`${call} is piped into a stream`);
  if (socket.listenerCount('unpipe') > 0) throw invalidState(`a stream is piped into ${name} of ${CALL}`);
}
