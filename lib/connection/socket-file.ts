// SocketFile: the file of a Unix socket that a listener made, and removes. bind(2) fails where the file of an earlier
// server is left (unix(7)).

import { lstatSync, unlinkSync } from 'node:fs';

export class SocketFile {
  readonly #path: string;
  readonly #identity: string;

  private constructor(path: string, identity: string) {
    this.#path = path;
    this.#identity = identity;
  }

  /** null for an abstract name. */
  static at(path: string): SocketFile | null {
    return path.startsWith('\0') ? null : new SocketFile(path, identityOf(path));
  }

  /** Removes the file, if it is still the same. */
  remove(): void {
    if (identityOf(this.#path) !== this.#identity) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // The listener closes all the same: the file stays, as that of a server that was ended.
    }
  }
}

/** Windows does not open the file of a socket (ERROR_CANT_ACCESS_FILE): then that tells it from other files. */
function identityOf(path: string): string {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? 'ENOENT' : `${found.dev} ${found.ino}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
