// What a test makes and must not leave behind. own() remembers an fd together with its inode, so that the clean-up after
// the test never closes a stranger that has been given the same number; dispose() remembers anything with a close().
import { closeSync, fstatSync } from 'node:fs';

let owned: (() => void)[] = [];

function identity(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** Closes the fd after the test, unless the test has closed it. Returns it. */
export function own(fd: number): number {
  const mine = identity(fd);
  owned.push(() => {
    try {
      if (identity(fd) === mine) closeSync(fd);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error;
    }
  });
  return fd;
}

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
