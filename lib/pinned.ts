// Buffers whose memory a pipe still refers to after vmsplice() has returned. They are kept alive here, by the fd that they
// were given to, until the pipe is seen to be empty: memory that is collected before is used again, and the pipe's reader
// would see whatever is in it by then.
import { native } from './native.js';

const buffersByFd = new Map<number, Uint8Array[]>();

/** Of pipes that were closed with bytes in them: nothing will ever tell when those were read. */
const keptForGood: Uint8Array[][] = [];

/** Before buffers are added: earlier ones are let go if they have been read. */
export function releaseIfRead(fd: number): void {
  if (buffersByFd.has(fd) && native.bytesInPipe(fd) === 0) buffersByFd.delete(fd);
}

export function pin(fd: number, buffers: readonly Uint8Array[]): void {
  const pinned = buffersByFd.get(fd);
  if (pinned === undefined) buffersByFd.set(fd, [...buffers]);
  else pinned.push(...buffers);
}

/** Before the fd is closed: its number may be another's afterwards. */
export function forgetFd(fd: number): void {
  if (buffersByFd.size === 0) return;
  releaseIfRead(fd);
  const unread = buffersByFd.get(fd);
  if (unread === undefined) return;
  keptForGood.push(unread);
  buffersByFd.delete(fd);
}
