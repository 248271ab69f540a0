// A socket of Node that is read no more by Node: who reads it, and what Node has read of it.
import type { Socket } from 'node:net';
import { invalidState } from '../../base/errors.js';
import type { NodeHandle, SocketInside } from '../handle.js';
import { isTunnelled } from '../splice/tunnel-side.js';

/** @throws ERR_INVALID_STATE for a socket that something else reads, or that was ended */
export function checkReader(socket: Socket, call: string): void {
  if ((socket as SocketInside).parser != null)
    throw invalidState(`${call}: node:http reads the socket; take it in 'upgrade' or 'connect'`);
  if (isTunnelled(socket)) throw invalidState(`${call}: the socket is in a splice()`);
  if (socket.readableEncoding !== null) throw invalidState(`${call}: the socket has an encoding`);
  if (socket.writableEnded) throw invalidState(`${call}: the socket was ended`);
}

/** libuv reads no more, until something asks for bytes. */
export function stopReading(handle: NodeHandle): void {
  handle.reading = false;
  handle.readStop();
}

/** Whether the end of the stream was read, though its reader may not be told yet. */
export function isAtEnd(socket: Socket): boolean {
  const { ended } = (socket as unknown as { _readableState?: { ended?: boolean } })._readableState ?? {};
  return socket.readableEnded || ended === true;
}

/** Listeners get no more bytes. */
export function silence(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.removeAllListeners('readable');
}

/** What the stream holds. Its listeners must not get it as well. */
export function takeUnread(socket: Socket): Buffer[] {
  silence(socket);
  const parts: Buffer[] = [];
  for (let part: Buffer | null = socket.read(); part !== null; part = socket.read()) parts.push(part);
  return parts;
}
