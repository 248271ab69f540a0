// What a test makes and must not leave behind. own() remembers an fd together with its identity, so that the clean-up
// after the test never closes a stranger that has been given the same number; dispose() remembers anything with a
// close().
//
// The identity is the inode. A socket of Windows has none, so it is given a mark: a receive time-out that no other
// socket has. It means nothing to a socket that never blocks, and it goes when the socket goes.
import { closeSync, fstatSync, readlinkSync } from 'node:fs';
import { native } from './fixtures/native.mjs';
import { inDeno, isWindows } from './platform.js';

let owned: (() => void)[] = [];

function inode(fd: number): string {
  // Deno's fstat() knows only what Deno has opened.
  if (inDeno) return readlinkSync(`/proc/self/fd/${fd}`).replace(/ \(deleted\)$/, '');
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch (error) {
    // Deno closes nothing but what it has opened itself, and has to close that.
    if (!inDeno || native.fd.close(fd) < 0) throw error;
  }
}

/** Closes the file after the test, unless the test has closed it. Returns it. */
export function ownFile(fd: number): number {
  const mine = inode(fd);
  owned.push(() => {
    try {
      if (inode(fd) === mine) close(fd);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== (inDeno ? 'ENOENT' : 'EBADF')) throw error;
    }
  });
  return fd;
}

const SOL_SOCKET = 0xffff;
const SO_RCVTIMEO = 0x1006;
let lastMark = 1_000_000;

function ownSocket(fd: number): number {
  const mark = new Int32Array([++lastMark]);
  const read = new Int32Array(1);
  const result = native.socket.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(mark.buffer));
  if (result < 0) throw new Error(`own(${fd}): not a socket (${result})`);
  owned.push(() => {
    const known = native.socket.getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(read.buffer)) >= 0;
    if (known && read[0] === mark[0]) native.fd.close(fd);
  });
  return fd;
}

/** Closes the fd after the test, unless the test has closed it. Returns it. */
export const own: (fd: number) => number = isWindows ? ownSocket : ownFile;

export function ownBoth(fds: readonly number[]): [number, number] {
  return [own(fds[0] as number), own(fds[1] as number)];
}

/** Calls close() after the test. Returns the object. */
export function dispose<T extends { close(): void }>(closable: T): T {
  owned.push(() => closable.close());
  return closable;
}

export function cleanUp(): void {
  const last = owned.reverse();
  owned = [];
  for (const close of last) close();
}
