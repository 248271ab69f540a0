// Processes as fds, and the states of children: pidfd_open(2), pidfd_send_signal(2), waitid(2). Exported as a part of
// fdreactor/linux.
import { checkFd, checkFlags, checkInteger, fail } from '../base/arguments.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { os } from '../native/builtins.js';
import { linuxCalls } from './constants.js';

const INT32_LIMIT = 2 ** 31;
const MAX_SIGNAL = 64;
const state = new Int32Array(4);

/** What `waitid()` returns. */
export interface ChildState {
  /** The child's number. */
  pid: number;
  /** The user that the child runs as. */
  uid: number;
  /** Its exit code where `code` is CLD_EXITED, else the number of the signal. */
  status: number;
  /** What happened: CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_STOPPED, CLD_CONTINUED or CLD_TRAPPED of `constants`. */
  code: number;
}

/**
 * Opens a process as an fd (pidfd_open(2), Linux 5.3). It is READABLE when the process has ended, and stays so. Unlike
 * the number, the fd never comes to mean another process.
 *
 * @param pid the number of a process; 1 to 2^31 - 1
 * @param flags 0; a newer kernel has more, by number. The fd is always close-on-exec, and non-blocking from Linux 5.10
 * on
 * @returns its fd
 * @throws SystemError ESRCH (no such process), EMFILE, ENFILE, ENODEV, ENOMEM, EINVAL (other flags), ENOSYS (an older
 * kernel), EPERM (a sandbox); UnsupportedError where there is no pidfd
 */
export function pidfd_open(pid: number, flags = 0): number {
  const fd = linuxCalls('pidfd_open').pidfdOpen(pid, flags);
  if (fd >= 0) return fd;
  return fail(fd, 'pidfd_open', {}, () => {
    checkInteger(pid, 'pid', 1, INT32_LIMIT - 1);
    checkFlags(flags);
  });
}

/**
 * Sends a signal to a process (pidfd_send_signal(2), Linux 5.1).
 *
 * @param pidfd what `pidfd_open()` returned
 * @param signal its name, or its number from 0 to 64; 0 sends nothing, and only asks whether it could
 * @throws SystemError ESRCH (the process has ended, and its parent knows), EPERM, EBADF (also for what is not a pidfd),
 * EAGAIN (a real-time signal, and the queue is full), ENOSYS (an older kernel); TypeError ERR_INVALID_ARG_VALUE for a
 * name that is not a signal's; UnsupportedError where there is no pidfd
 */
export function pidfd_send_signal(pidfd: number, signal: number | NodeJS.Signals): void {
  const calls = linuxCalls('pidfd_send_signal');
  checkFd(pidfd, 'pidfd');
  const result = calls.pidfdSendSignal(pidfd, numberOf(signal));
  if (result < 0) fail(result, 'pidfd_send_signal', { fd: pidfd }, () => {});
}

/**
 * Takes a change of state of a child (waitid(2), Linux 2.6.9). It never waits: WNOHANG is always set, because a wait
 * would stop the event loop, and a thread in it cannot be ended. Wait for the pidfd to be READABLE in its place.
 *
 * Without WNOWAIT the kernel then forgets the end of the child. A child of `node:child_process` is libuv's: libuv takes
 * its end when it hears SIGCHLD, in Node's event loop. If this call is first, libuv finds nothing, and the events
 * 'exit' and 'close' never come. So use WNOWAIT for such a child. If libuv is first, this call throws ECHILD. Bun and
 * Deno take the ends of their children at any time. P_ALL and P_PGID may meet such children as well.
 *
 * @param idtype constants.P_PID, P_PIDFD (Linux 5.4), P_PGID or P_ALL
 * @param id what `idtype` says: a process, a pidfd, or a process group, which is the caller's for 0 (Linux 5.4). From 0
 * to 2^31 - 1; P_ALL does not look at it
 * @param options at least one of constants.WEXITED, WSTOPPED, WCONTINUED; and WNOWAIT, which leaves the change for
 * another call to take
 * @returns the change; null where no such child has one
 * @throws SystemError ECHILD (no such child, or its end was taken), EBADF (not a pidfd), EINVAL (another `idtype`,
 * other options); UnsupportedError where there is no such call
 */
export function waitid(idtype: number, id: number, options: number): ChildState | null {
  const result = linuxCalls('waitid').waitid(idtype, id, options, state);
  if (result === 0) return null;
  if (result > 0) {
    const [pid, uid, status, code] = state as unknown as [number, number, number, number];
    return { pid, uid: uid >>> 0, status, code };
  }
  return fail(result, 'waitid', {}, () => {
    checkInteger(idtype, 'idtype', -INT32_LIMIT, INT32_LIMIT - 1);
    checkInteger(id, 'id', 0, INT32_LIMIT - 1);
    checkInteger(options, 'options', -INT32_LIMIT, INT32_LIMIT - 1);
  });
}

function numberOf(signal: unknown): number {
  if (typeof signal === 'number') {
    checkInteger(signal, 'signal', 0, MAX_SIGNAL);
    return signal;
  }
  if (typeof signal !== 'string') throw invalidType('signal', 'a number or a name', signal);
  const { signals } = os.constants;
  if (!Object.hasOwn(signals, signal)) throw invalidValue('signal', 'the name of a signal', signal);
  return signals[signal as NodeJS.Signals];
}
