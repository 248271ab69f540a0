// Where a file is sent: a response of node:http or a socket of node:net; and why not, for what is neither.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { invalidType, UnsupportedError, withErrorCode } from '../base/errors.js';
import { native } from '../native/table.js';
import { handleOf, noFds, type SocketInside } from './handle.js';
import { Socket as NetSocket, OutgoingMessage, ServerResponse as Response } from './modules.js';
import { isHeld, isTunnelled } from './splice/tunnel-side.js';

/** Where `sendFile()` sends to. */
export type FileTarget = ServerResponse | Socket;

/** @throws TypeError ERR_INVALID_ARG_TYPE for what cannot be written to at all */
export function checkTarget(target: unknown): asserts target is Writable {
  const { write, end } = (typeof target === 'object' && target !== null ? target : {}) as Partial<Writable>;
  if (typeof write === 'function' && typeof end === 'function') return;
  throw invalidType('target', 'a http.ServerResponse or a net.Socket', target);
}

export function isResponse(target: unknown): target is ServerResponse {
  return target instanceof Response;
}

/** The socket of a target; a response that waits for its turn in a pipeline has it already, by its request. */
export function socketOf(target: unknown): Socket | undefined {
  const socket = isResponse(target) ? (target.socket ?? target.req?.socket) : target;
  return socket instanceof NetSocket ? socket : undefined;
}

/** Why its bytes cannot go by sendfile(2), in words; undefined where they can. */
export function whyNot(target: Writable | ServerResponse, socket: Socket | undefined): string | undefined {
  if (noFds !== undefined) return noFds;
  if (native.sendfile === undefined) return 'this system has no sendfile(2) for sockets';
  if (socket === undefined) return 'the target is neither a response of node:http nor a socket of node:net';
  if ((socket as SocketInside).encrypted === true)
    return 'the bytes of a TLS socket are encrypted before they are sent';
  if (target !== socket && target.write !== OutgoingMessage.prototype.write) {
    return 'write() of the response was replaced, by a compression say';
  }
  if (!socket.destroyed && !socket.connecting && handleOf(socket) === undefined)
    return 'Node shows no fd of the socket';
  return undefined;
}

/** @throws UnsupportedError */
export function refuse(reason: string): never {
  throw new UnsupportedError('sendFile()', reason);
}

/** @throws Error ERR_STREAM_WRITE_AFTER_END, ERR_STREAM_DESTROYED, ERR_INVALID_STATE, as the target would say */
export function checkWritable(target: Writable): void {
  const isGone = target.destroyed || socketOf(target)?.destroyed === true;
  if (target.writableEnded) throw withErrorCode(new Error('the target was ended'), 'ERR_STREAM_WRITE_AFTER_END');
  if (isGone) throw withErrorCode(new Error('the target was destroyed'), 'ERR_STREAM_DESTROYED');
  const socket = socketOf(target);
  if (socket !== undefined && isTunnelled(socket)) throw isHeld();
}
