// closeFile(): closes a file of node:fs. By Node itself: on Windows the numbers of its files are not those of sockets,
// and a socket may have the same one.
import { fs } from '../native/builtins.js';

/** Closes a file. What is no open file is left alone: who sent it was told of that. */
export function closeFile(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // EBADF: it was closed before, or never was open. EIO and the like: it is closed, and was only read.
  }
}
