// SocketFile: the file of a Unix socket that a listener made, and removes. bind(2) fails where the file of an earlier
// server is left (unix(7)).
import { type BigIntStats, lstatSync, rmSync } from 'node:fs';

export class SocketFile {
  readonly #path: string;
  readonly #inode: bigint;
  readonly #device: bigint;

  private constructor(path: string, device: bigint, inode: bigint) {
    this.#path = path;
    this.#device = device;
    this.#inode = inode;
  }

  /** null for an abstract name. */
  static at(path: string): SocketFile | null {
    if (path.startsWith('\0')) return null;
    const { dev, ino } = lstatSync(path, { bigint: true });
    return new SocketFile(path, dev, ino);
  }

  /** Removes the file, if it is still the same. */
  remove(): void {
    const found = lstatOrNothing(this.#path);
    if (found?.dev === this.#device && found.ino === this.#inode) rmSync(this.#path, { force: true });
  }
}

/** Nothing also where a folder of the path is none any more. */
function lstatOrNothing(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
