// fcntl(2). Exported as a part of fdreactor/linux.
import { checkFd, checkInteger, fail } from '../base/arguments.js';
import { invalidValue } from '../base/errors.js';
import { constants, linuxCalls } from './constants.js';

const INT32_LIMIT = 2 ** 31;
const COMMANDS =
  'F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC (not F_DUPFD), F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS or ' +
  'F_GET_SEALS';

/**
 * Asks or changes what an fd or its open file is (fcntl(2)). Commands of `constants`:
 *
 * - F_GETFD, F_SETFD: the flags of the number: FD_CLOEXEC. Without it a child inherits the fd
 * - F_GETFL, F_SETFL: the flags of the open file, which all who share it get. F_SETFL changes O_APPEND, O_NONBLOCK,
 * O_DIRECT and O_NOATIME, and ignores all others but O_ASYNC. That one is refused: its signal, SIGIO, would end the
 * process
 * - F_DUPFD_CLOEXEC (Linux 2.6.24): a second number for the same open file, the lowest from `arg` on. It is yours to
 * close. F_DUPFD is refused, since children would inherit the number
 * - F_GETPIPE_SZ, F_SETPIPE_SZ (Linux 2.6.35): how many bytes a pipe holds. The kernel rounds up, and returns the size
 * - F_ADD_SEALS, F_GET_SEALS (Linux 3.17): what can no longer be done with a memfd: F_SEAL_SEAL, F_SEAL_SHRINK,
 * F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE (Linux 5.1), F_SEAL_EXEC (Linux 6.3)
 *
 * Any other command is refused. Most take a pointer, and the rest ask the kernel for signals.
 *
 * @param arg an integer of 32 bits with a sign, where the command takes one; 0 by default
 * @returns what the command asks for, the new fd, or 0
 * @throws SystemError EBADF, EINVAL, EBUSY (a smaller pipe than its contents; F_SEAL_WRITE while it is mapped), EPERM
 * (fs.pipe-max-size, a sealed memfd, O_NOATIME of a file of another user), EMFILE, ENOMEM; TypeError
 * ERR_INVALID_ARG_VALUE for a command that is refused, before a call; UnsupportedError where there is no such call
 */
export function fcntl(fd: number, cmd: number, arg = 0): number {
  const result = linuxCalls('fcntl').fcntl(fd, cmd, arg);
  if (result >= 0) return result;
  return fail(result, 'fcntl', { fd }, () => {
    checkFd(fd);
    checkInteger(cmd, 'cmd', -INT32_LIMIT, INT32_LIMIT - 1);
    checkInteger(arg, 'arg', -INT32_LIMIT, INT32_LIMIT - 1);
    if (cmd === constants.F_SETFL) throw invalidValue('arg', 'without O_ASYNC', arg);
    throw invalidValue('cmd', `one of ${COMMANDS}`, cmd);
  });
}
