// pty(7). Exported as a part of fdreactor/linux.
import { checkInteger, checkObject, fail, NO_OPTIONS } from '../base/arguments.js';
import { linuxCalls } from './constants.js';

const MAX_CELLS = 65535;
const pair = new Int32Array(2);

/** Options of `openpty()`. */
export interface PtyOptions {
  /** How many lines the terminal has: 0 to 65,535; 0, the default, says that it is not known. */
  rows?: number;
  /** How many characters a line has: 0 to 65,535; 0 by default. */
  cols?: number;
}

/**
 * Opens a pseudo-terminal (pty(7), openpty(3), Linux 2.2). What is written to one side is read from the other. The
 * slave is a terminal, which echoes and edits lines.
 *
 * Neither becomes the controlling terminal of this process (O_NOCTTY), and both are close-on-exec. The master is
 * non-blocking. The slave is blocking, because it is for the stdio of a child, which expects that: pass it to `spawn()`
 * and close it here. When no process has the slave open any more, the master reports HANGUP and a read of it is EIO.
 *
 * @returns the fds, yours to close
 * @throws SystemError with the syscall 'openpty': ENOSPC (kernel.pty.max), ENOENT (no /dev/ptmx, or no devpts), EMFILE,
 * ENFILE, EACCES, ENOMEM; UnsupportedError where there is no such call
 */
export function openpty(options: PtyOptions = NO_OPTIONS): [masterFd: number, slaveFd: number] {
  const calls = linuxCalls('openpty');
  checkObject(options, 'options');
  const { rows = 0, cols = 0 } = options;
  const result = calls.openpty(rows, cols, pair);
  if (result === 0) return [pair[0] as number, pair[1] as number];
  return fail(result, 'openpty', {}, () => {
    checkInteger(rows, 'options.rows', 0, MAX_CELLS);
    checkInteger(cols, 'options.cols', 0, MAX_CELLS);
  });
}
