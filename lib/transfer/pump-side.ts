// What a Pump has to know of its two fds: whether epoll can watch them, and whether they are terminals.
import { failFd } from '../base/arguments.js';
import { BAD_ARGUMENT, errorOf, invalidState, invalidValue, SystemError, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';
import { ensureNonBlocking } from '../socket/non-blocking.js';

// The bits of transfer_side() in native/sys/transfer.h.
const UNWATCHABLE = 1;
const TERMINAL = 2;
const HUNG_UP = 4;
const APPENDS = 8;
const { EBADF } = native.constants.error;

/** One side of a Pump. */
export interface PumpSide {
  readonly fd: number;
  /** A file, or a device that cannot be polled: never waited for, since it is always ready. */
  readonly isUnwatchable: boolean;
  /** Its mode is shared with other programs, which may change it: asked before each move. */
  readonly isTerminal: boolean;
}

function bitsOf(fd: number): number {
  const bits = native.splice?.side(fd) ?? BAD_ARGUMENT;
  if (bits >= 0) return bits;
  if (errorOf(bits) === EBADF) failFd(bits, 'fcntl', fd);
  throw new SystemError(errorOf(bits), 'epoll_create1', { fd });
}

/**
 * Makes the fd non-blocking if it is one that can make a call wait.
 *
 * @throws UnsupportedError where there is no splice; SystemError EBADF; TypeError ERR_INVALID_ARG_VALUE for a blocking
 * terminal
 */
export function sourceSide(fd: number, name = 'sourceFd'): PumpSide {
  if (native.splice === undefined) throw new UnsupportedError('splice');
  return sideOf(fd, bitsOf(fd), name);
}

/** As sourceSide(); @throws TypeError ERR_INVALID_ARG_VALUE for O_APPEND */
export function destinationSide(fd: number, name = 'destinationFd'): PumpSide {
  const bits = bitsOf(fd);
  if ((bits & APPENDS) !== 0) throw invalidValue(name, 'open without O_APPEND, which splice(2) does not take', fd);
  return sideOf(fd, bits, name);
}

function sideOf(fd: number, bits: number, name: string): PumpSide {
  const isUnwatchable = (bits & UNWATCHABLE) !== 0;
  const isTerminal = (bits & (TERMINAL | HUNG_UP)) !== 0;
  if (!isUnwatchable) ensureNonBlocking(fd); // but for a terminal, which the shell shares
  if (isTerminal && native.fd.isNonBlocking?.(fd) === 0) {
    throw invalidValue(name, 'a non-blocking terminal (open /dev/tty anew, with O_NONBLOCK)', fd);
  }
  return { fd, isUnwatchable, isTerminal };
}

/** @throws Error ERR_INVALID_STATE for a terminal that another program has made blocking: a move would wait */
export function checkMode({ fd, isTerminal }: PumpSide): void {
  if (isTerminal && native.fd.isNonBlocking?.(fd) === 0) {
    throw invalidState(`fd ${fd} is a terminal that was made blocking`);
  }
}

/** Whether it is a terminal that hung up. splice(2) says EINVAL of it, where read(2) says 0 and write(2) EIO. */
export function hasHungUp({ fd, isTerminal }: PumpSide): boolean {
  return isTerminal && (bitsOf(fd) & HUNG_UP) !== 0;
}
