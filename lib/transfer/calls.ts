// sendfile(2), splice(2), tee(2) and vmsplice(2). Exported as fdreactor/transfer.
import { checkBits, checkFd, checkSize, copyBuffers, fail } from '../base/arguments.js';
import { UnsupportedError, WOULD_BLOCK } from '../base/errors.js';
import type { TransferConstant } from '../native/constant-names.gen.js';
import { native } from '../native/table.js';

/** The platform's SPLICE_F_ numbers by their own names (splice(2)); each undefined where there is no splice. */
export const constants: Readonly<Record<TransferConstant, number>> = Object.freeze({ ...native.constants.transfer });

const MAX_BUFFERS = native.constants.socket.IOV_MAX;
const NO_OFFSET = -1;
const { sendfile: sendfileNative } = native;
const spliceNative = native.splice?.splice;

/**
 * Sends part of a file to a socket or any other fd, inside the kernel (sendfile(2)). The file's own position is not
 * moved. What is in the page cache is sent as it is when the network takes it: a file that is changed meanwhile may be
 * sent half old, half new.
 *
 * On Windows (TransmitFile) a range is sent as a whole, in the background, and the answer is known only when all of it
 * is on its way. So that it looks as it does elsewhere, the first call starts the range and returns WOULD_BLOCK (or the
 * count, if it was that quick), and the same call, repeated, returns WOULD_BLOCK until it can return the count or
 * throw. A Reactor tells WRITABLE when that is so, and not before. Thus:
 *
 * - after WOULD_BLOCK, repeat the call with the same `inFd` and `offset`, and a `count` that is not smaller; others are
 *   EALREADY until the answer was taken. A loop that goes on from the bytes that were sent does just that.
 * - whatever is sent on the socket meanwhile comes after the range. Closing the socket ends it; closing the file does
 *   not.
 * - a `count` of a few MiB tells of progress oftener than that of all the file.
 * - editions of Windows for clients serve two ranges at a time in the whole system; others wait for their turn. A
 *   server's edition has no such limit.
 * - where the file is cut while its range is sent, the error is EOF: the count of bytes sent is unknown, so close the
 *   connection.
 *
 * @param outFd a socket; on Linux from 2.6.33 any fd but one opened with O_APPEND; on Windows a connected TCP socket
 * @param inFd a file that can be mapped, not a socket; on Windows too the fd of node:fs, of a file on a disk
 * @param offset where to begin in the file; not moved
 * @param count at most so many bytes; clamped to what one call can do (2,147,479,552 on Linux, 2,147,483,646 on
 * Windows)
 * @returns how many bytes were sent; 0 at or after the end of the file, so a file that was truncated meanwhile must not
 * be waited for; or WOULD_BLOCK
 * @throws SystemError EPIPE, ECONNRESET, EINVAL, EBADF, EIO, EALREADY ...; UnsupportedError where there is no sendfile
 */
export function sendfile(outFd: number, inFd: number, offset: number, count: number): number {
  if (sendfileNative === undefined) throw new UnsupportedError('sendfile');
  const sent = sendfileNative(outFd, inFd, offset, count);
  if (sent >= WOULD_BLOCK) return sent;
  return fail(sent, 'sendfile', { fd: outFd }, () => {
    checkFd(outFd, 'outFd');
    checkFd(inFd, 'inFd');
    checkSize(offset, 'offset');
    checkSize(count, 'count');
  });
}

/**
 * Moves bytes between two fds of which one is a pipe, without copying them (splice(2), Linux 2.6.17).
 *
 * @param offsetIn where to begin; null at its own position, as it must be for pipes and sockets
 * @param offsetOut where to begin to write; null as for offsetIn
 * @param length at most so many bytes; from 0
 * @param flags constants.SPLICE_F_MOVE | SPLICE_F_MORE; SPLICE_F_NONBLOCK is always set, here and in tee() and
 * vmsplice()
 * @returns how many bytes; 0 where the source has ended; or WOULD_BLOCK: the source is empty or the pipe is full, the
 * kernel does not say which (`Pump` knows)
 * @throws SystemError EINVAL (no pipe among them, O_APPEND), ESPIPE (an offset for a pipe), EPIPE ...; UnsupportedError
 * where there is no splice
 */
export function splice(
  fdIn: number,
  offsetIn: number | null,
  fdOut: number,
  offsetOut: number | null,
  length: number,
  flags = 0,
): number {
  if (spliceNative === undefined) throw new UnsupportedError('splice');
  // The native -1 is no offset of a user's, so that one is not let through.
  const from = offsetIn === null ? NO_OFFSET : notNegative(offsetIn);
  const to = offsetOut === null ? NO_OFFSET : notNegative(offsetOut);
  const moved = spliceNative(fdIn, from, fdOut, to, length, flags);
  if (moved >= WOULD_BLOCK) return moved;
  return fail(moved, 'splice', { fd: fdOut }, () => {
    checkFd(fdIn, 'fdIn');
    if (offsetIn !== null) checkSize(offsetIn, 'offsetIn');
    checkFd(fdOut, 'fdOut');
    if (offsetOut !== null) checkSize(offsetOut, 'offsetOut');
    checkSize(length, 'length');
    checkBits(flags, 'flags');
  });
}

/**
 * Copies what is in one pipe into another, without consuming it (tee(2), Linux 2.6.17).
 *
 * @param fdIn the reading end of a pipe
 * @param fdOut the writing end of another one
 * @param length at most so many bytes
 * @param flags as in splice()
 * @returns how many bytes; 0 where there is nothing and no writer is left; or WOULD_BLOCK
 * @throws SystemError EINVAL (not two different pipes), EPIPE, EBADF ...; UnsupportedError where there is no tee
 */
export function tee(fdIn: number, fdOut: number, length: number, flags = 0): number {
  if (native.splice === undefined) throw new UnsupportedError('tee');
  const copied = native.splice.tee(fdIn, fdOut, length, flags);
  if (copied >= WOULD_BLOCK) return copied;
  return fail(copied, 'tee', { fd: fdOut }, () => {
    checkFd(fdIn, 'fdIn');
    checkFd(fdOut, 'fdOut');
    checkSize(length, 'length');
    checkBits(flags, 'flags');
  });
}

/**
 * Puts pages with the bytes of buffers into a pipe (vmsplice(2), Linux 2.6.17). The bytes are copied once, into pages
 * that the pipe alone owns afterwards: the buffers may be changed as soon as the call returns. From the pipe on nothing
 * is copied: `splice()` and `tee()` hand the pages on. `write()` copies once as well, and costs several times less.
 *
 * @param fd the writing end of a pipe
 * @param buffers at most 1,024
 * @param flags constants.SPLICE_F_GIFT lets a later splice() with SPLICE_F_MOVE move whole pages into a file; else 0
 * @returns how many bytes, which may end within a buffer; or WOULD_BLOCK
 * @throws SystemError EBADF (not the writing end of a pipe), EPIPE, EINVAL, ENOMEM; UnsupportedError where there is no
 * vmsplice
 */
export function vmsplice(fd: number, buffers: readonly Uint8Array[], flags = 0): number {
  if (native.splice === undefined) throw new UnsupportedError('vmsplice');
  checkFd(fd);
  checkBits(flags, 'flags');
  const count = native.splice.vmsplice(fd, copyBuffers(buffers, MAX_BUFFERS), flags);
  return count >= WOULD_BLOCK ? count : fail(count, 'vmsplice', { fd }, () => {});
}

function notNegative(offset: number): number {
  return typeof offset === 'number' && offset < 0 ? Number.NaN : offset;
}
