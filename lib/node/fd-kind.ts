// What toDuplex() has to know of an fd: which ways it goes, and whether its reads and writes are bytes or records.
import { failFd } from '../base/arguments.js';
import { errorOf, failure, invalidValue } from '../base/errors.js';
import { native } from '../native/table.js';

/** The bits of fd_traits() in native/sys/fd.h. */
const FdTrait = { READS: 1, WRITES: 2, ON_DISK: 4, TERMINAL: 8, PIPE: 16, SOCKET: 32 } as const;
const { SOL_SOCKET, SO_TYPE, SO_ACCEPTCONN, SOCK_STREAM, SOCK_SEQPACKET } = native.constants.socket;
const IS_NO_SOCKET = failure(native.constants.error.ENOTSOCK ?? 0);
const option = new Int32Array(1);
const optionBytes = new Uint8Array(option.buffer);

/** What an fd is. */
export interface FdKind {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly isSocket: boolean;
  readonly isTerminal: boolean;
  /** Each read is a chunk of its own, and each write one call: SOCK_SEQPACKET, devices, eventfds and their like. */
  readonly hasRecords: boolean;
}

/**
 * Looks what an fd is, and makes a blocking master of a pseudo-terminal non-blocking.
 *
 * @throws SystemError EBADF; TypeError ERR_INVALID_ARG_VALUE for what cannot be a stream
 */
export function kindOfFd(fd: number): FdKind {
  // On Windows all are sockets.
  const traits = native.fd.traits?.(fd) ?? FdTrait.READS | FdTrait.WRITES | FdTrait.SOCKET;
  if (traits < 0) failFd(traits, 'fcntl', fd);
  if ((traits & FdTrait.ON_DISK) !== 0) throw unwatchable(fd);
  const isSocket = (traits & FdTrait.SOCKET) !== 0;
  const isTerminal = (traits & FdTrait.TERMINAL) !== 0;
  if (isTerminal) checkTerminal(fd);
  return {
    reads: (traits & FdTrait.READS) !== 0,
    writes: (traits & FdTrait.WRITES) !== 0,
    isSocket,
    isTerminal,
    hasRecords: isSocket ? hasRecords(fd) : (traits & (FdTrait.TERMINAL | FdTrait.PIPE)) === 0,
  };
}

/** The error for a file that is always ready, and for a device that cannot be polled. */
export function unwatchable(fd: number): TypeError {
  return invalidValue('fd', 'one that can be waited for: use createReadStream() of node:fs', fd);
}

/** Its mode belongs to the shell as well, which ensureNonBlocking() knows. */
function checkTerminal(fd: number): void {
  const result = native.fd.ensureNonBlocking(fd);
  if (result < 0) failFd(result, 'fcntl', fd);
  if (native.fd.isNonBlocking?.(fd) === 0) {
    throw invalidValue('fd', 'a non-blocking terminal (open /dev/tty anew, with O_NONBLOCK)', fd);
  }
}

/** @throws TypeError ERR_INVALID_ARG_VALUE for a socket of datagrams, and one that listens */
function hasRecords(fd: number): boolean {
  const type = ask(fd, SO_TYPE);
  if (type !== SOCK_STREAM && type !== SOCK_SEQPACKET) {
    throw invalidValue('fd', 'a socket of a stream or of records, not of datagrams', fd);
  }
  if (ask(fd, SO_ACCEPTCONN) === 1) throw invalidValue('fd', 'a connection, not a socket that listens', fd);
  return type === SOCK_SEQPACKET;
}

/** An option of the socket; -1 where the system does not have it. */
function ask(fd: number, name: number): number {
  option[0] = 0;
  const result = native.socket.getsockopt(fd, SOL_SOCKET, name, optionBytes);
  if (result >= 0) return option[0] as number;
  if (errorOf(result) === native.constants.error.EBADF || result === IS_NO_SOCKET) failFd(result, 'getsockopt', fd);
  return -1;
}
