// What the package relies on of node:net beyond its documentation: `_handle` of a socket or server, and its `fd`. Read
// in Node 20.20, 22.23, 24.21 and 26.10: lib/net.js, lib/internal/stream_base_commons.js, src/stream_base.cc. Nothing
// else in lib/ knows of it.
import type { Server, Socket } from 'node:net';
import { invalidState, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';
import { hostUv } from '../reactor/host-loop.js';

/** A handle of libuv for a stream (LibuvStreamWrap), where it has an fd. */
export interface NodeHandle {
  /** Negative once it is closed, and on Windows. */
  readonly fd: number;
  /** Whether node:net has asked libuv to read. */
  reading: boolean;
  /** How many bytes libuv has read. */
  readonly bytesRead: number;
  /** How many bytes libuv was given. */
  readonly bytesWritten: number;
  /** How many of them the kernel has not taken. */
  readonly writeQueueSize: number;
  readStart(): number;
  readStop(): number;
}

/** What a socket of node:net has beside its documented members. */
export type SocketInside = Socket & {
  _handle?: Partial<NodeHandle> | null;
  /** Refreshes the time-out of `setTimeout()`; a TLS socket that wraps this one is refreshed as well. */
  _unrefTimer?(): void;
  /** The parser of node:http that reads the socket. */
  parser?: unknown;
  encrypted?: boolean;
};

/** Why no socket of this runtime has an fd, in words; undefined in Node on Linux, macOS and the BSDs. */
export const noFds = reasonForNoFds();

function reasonForNoFds(): string | undefined {
  if (hostUv === undefined) return 'this runtime does not use libuv for its sockets';
  return native.fd.duplicate === undefined ? 'Node shows no fds of its sockets on this system' : undefined;
}

/** @throws UnsupportedError on Windows, in Bun and in Deno */
export function checkRuntime(call: string): void {
  if (noFds !== undefined) throw new UnsupportedError(call, noFds);
}

/** The handle, if there is one and it has the fd of an open file. */
export function handleOf(owner: Socket | Server): NodeHandle | undefined {
  const { _handle: handle } = owner as SocketInside;
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? (handle as NodeHandle) : undefined;
}

/** Whether a TLS socket was made over it: then the handle's `reading` is that of the TLS socket. */
export function isReadByTls(socket: Socket): boolean {
  const { _handle: handle } = socket as SocketInside;
  return handle != null && Object.getOwnPropertyDescriptor(handle, 'reading')?.get !== undefined;
}

/** Says why handleOf() has found nothing. */
export function noHandle(owner: Socket | Server, call: string): Error {
  const { _handle: handle } = owner as SocketInside;
  if (handle === null)
    return invalidState(
      `${call}: ${'connecting' in owner ? 'the socket is' : 'the server is'} closed, or not open yet`,
    );
  return new UnsupportedError(call, 'this runtime shows no fd of it');
}
