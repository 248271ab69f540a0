/**
 * Non-blocking sockets and fds: one function a system call, and a few that open a socket in one step.
 *
 * Every fd made here is close-on-exec, every socket and pipe non-blocking. Calls that move data or accept return a count
 * or an fd, or `WOULD_BLOCK` (-1). Everything else is thrown: `SystemError` for a call that failed, TypeError or
 * RangeError for a wrong argument, before any call is made. EINTR is retried; SIGPIPE never reaches the process.
 *
 * An fd from outside (a parent, systemd, another add-on) may be blocking. `recv()`, `send()`, `recvfrom()` and `sendto()` never
 * wait all the same, but `send()` and `sendto()` on macOS and all four on Windows do. Every other call waits on a blocking fd:
 * see `setNonBlocking()`.
 *
 * On Windows an fd is a SOCKET, every call is Winsock's, and children do not inherit it. A number that is no open socket
 * is ENOTSOCK there, where POSIX says EBADF. A send takes at most 1 MiB at a time, because Windows would take any amount.
 *
 * @module fdreactor/socket
 */
import { type AddressInfo, addressBytes, addressDetails, checkGiven, SocketAddress } from '../address.js';
import { checkBytes, checkFd, checkFlags, checkInteger, checkRange, copyBuffers, fail } from '../arguments.js';
import { closeFd } from '../closing.js';
import type { SocketConstant } from '../constant-names.js';
import {
  BAD_ARGUMENT,
  errorOf,
  invalidType,
  invalidValue,
  SystemError,
  UnsupportedError,
  WOULD_BLOCK,
} from '../errors.js';
import { native } from '../native.js';

export {
  type AddressFamily,
  type AddressInfo,
  type InternetAddress,
  SocketAddress,
  type UnixAddress,
} from '../address.js';
export type { SocketConstant } from '../constant-names.js';
export { WOULD_BLOCK } from '../errors.js';
export {
  type BindUdpOptions,
  bindUdp,
  type ConnectTcpOptions,
  connectTcp,
  connectUnix,
  type ListenTcpOptions,
  type ListenUnixOptions,
  listenTcp,
  listenUnix,
} from '../open-socket.js';
export { isNonBlocking, setNonBlocking } from './non-blocking.js';
export { getsockopt, setsockopt } from './socket-options.js';

/**
 * The platform's numbers by their own names: AF_, SOCK_, IPPROTO_, SOL_, SO_, TCP_, IP_, IPV6_, MSG_, SHUT_; undefined for
 * a name that the platform does not have. SO_LINGER's and the time-outs' values have Windows' own form there.
 */
export const constants: Readonly<Record<SocketConstant, number>> = Object.freeze({ ...native.constants.socket });

/** shutdown(): nothing more will be received. */
export const SHUT_RD: number = constants.SHUT_RD;
/** shutdown(): nothing more will be sent; the peer reads the end of the stream. */
export const SHUT_WR: number = constants.SHUT_WR;
/** shutdown(): both. */
export const SHUT_RDWR: number = constants.SHUT_RDWR;

const MOST_BUFFERS = constants.IOV_MAX;
const INT32_LIMIT = 2 ** 31;
const HOLDS_BUFFER = 0x4000000; // MSG_ZEROCOPY: refused, since nobody would know when the buffer is free again

const {
  accept: acceptNative,
  read: readNative,
  recv: recvNative,
  recvfrom: recvfromNative,
  send: sendNative,
  sendto: sendtoNative,
  write: writeNative,
} = native;

const pair = new Int32Array(2);
const peer = new Uint8Array(native.addressBytes); // of the socket whose error is taken

/** What `send()` and its like throw for a result below WOULD_BLOCK. */
function bytesFailed(
  syscall: string,
  result: number,
  fd: unknown,
  buffer: unknown,
  offset: unknown,
  length: unknown,
  flags?: unknown,
): never {
  return fail(result, syscall, { fd: fd as number }, () => {
    checkFd(fd);
    checkRange(buffer, offset, length);
    checkFlags(flags);
    if (((flags as number | undefined) ?? 0) & HOLDS_BUFFER) throw invalidValue('flags', 'without MSG_ZEROCOPY', flags);
  });
}

function fdFailed(syscall: string, result: number, fd: unknown): never {
  return fail(result, syscall, { fd: fd as number }, () => checkFd(fd));
}

/**
 * Takes a connection from a listening socket (accept4(2), Linux 2.6.28). One that was reset before it was taken is passed
 * over. On a blocking listener it waits for the next connection: see `setNonBlocking()`.
 *
 * @param fd a socket in the listening state
 * @returns the connection's fd, non-blocking and close-on-exec, yours to close; or WOULD_BLOCK
 * @throws SystemError EMFILE, ENFILE, ENOBUFS, ENOMEM (the connection stays in the queue: see `Acceptor`), EINVAL (not
 * listening), ENOTSOCK, EBADF
 */
export function accept(fd: number): number {
  const connection = acceptNative(fd);
  return connection >= WOULD_BLOCK ? connection : fdFailed('accept4', connection, fd);
}

/**
 * Receives into `buffer[offset, offset + length)` (recv(2)).
 *
 * @param offset where in the buffer to begin, from 0 to its length; 0 by default
 * @param length at most so many bytes; all that are left in the buffer by default
 * @param flags MSG_PEEK, MSG_OOB, MSG_TRUNC ... of `constants`; 0 by default
 * @returns how many bytes; 0 at the end of the stream (or for a datagram without data); or WOULD_BLOCK
 * @throws SystemError ECONNRESET, ETIMEDOUT, ECONNREFUSED (UDP), ENOTCONN, ENOTSOCK, EBADF ...; RangeError ERR_OUT_OF_RANGE
 * for a range outside the buffer; TypeError for what is no Uint8Array, or a detached one
 */
export function recv(fd: number, buffer: Uint8Array, offset?: number, length?: number, flags?: number): number {
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  // As few arguments as there are: each costs some nanoseconds, an undefined one more.
  const count =
    flags !== undefined
      ? recvNative(fd, buffer, offset, length, flags)
      : length !== undefined || offset !== undefined
        ? recvNative(fd, buffer, offset, length)
        : recvNative(fd, buffer);
  return count >= WOULD_BLOCK ? count : bytesFailed('recv', count, fd, buffer, offset, length, flags);
}

/**
 * Sends `buffer[offset, offset + length)` (send(2)).
 *
 * @param offset where in the buffer to begin, from 0 to its length; 0 by default
 * @param length at most so many bytes; all that are left in the buffer by default
 * @param flags MSG_MORE, MSG_OOB ... of `constants`; 0 by default. MSG_NOSIGNAL is always set, MSG_ZEROCOPY is refused
 * On Linux a datagram socket of AF_UNIX that is connected is WRITABLE when the receiver's queue has room: send() after
 * connect() can wait for that, sendto() cannot.
 *
 * @returns how many bytes were taken, which may be fewer; or WOULD_BLOCK: wait for WRITABLE. That is also so where the call had
 * to begin the connection (TCP_FASTOPEN_CONNECT)
 * @throws SystemError EPIPE, ECONNRESET, ETIMEDOUT, ENOTCONN, EDESTADDRREQ, EMSGSIZE, ENOTSOCK, EBADF, ENOBUFS ...; arguments
 * as recv()
 */
export function send(fd: number, buffer: Uint8Array, offset?: number, length?: number, flags?: number): number {
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  // As few arguments as there are: each costs some nanoseconds, an undefined one more.
  const count =
    flags !== undefined
      ? sendNative(fd, buffer, offset, length, flags)
      : length !== undefined || offset !== undefined
        ? sendNative(fd, buffer, offset, length)
        : sendNative(fd, buffer);
  return count >= WOULD_BLOCK ? count : bytesFailed('send', count, fd, buffer, offset, length, flags);
}

/**
 * Reads from any fd into `buffer[offset, offset + length)` (read(2)). An fd that the package did not make may be a
 * blocking one, and then this blocks. On Windows it is a socket, here and in the following.
 *
 * @returns how many bytes; 0 at the end; or WOULD_BLOCK
 * @throws SystemError EBADF, ECONNRESET, EIO, EISDIR ...; arguments as recv()
 */
export function read(fd: number, buffer: Uint8Array, offset?: number, length?: number): number {
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  const count = readNative(fd, buffer, offset, length);
  return count >= WOULD_BLOCK ? count : bytesFailed('read', count, fd, buffer, offset, length);
}

/**
 * Writes `buffer[offset, offset + length)` to any fd (write(2)). As read(), it may block where the fd is a blocking one.
 *
 * @returns how many bytes were taken, which may be fewer; or WOULD_BLOCK
 * @throws SystemError EPIPE, ECONNRESET, EBADF, EIO, ENOSPC ...; arguments as recv()
 */
export function write(fd: number, buffer: Uint8Array, offset?: number, length?: number): number {
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  const count = writeNative(fd, buffer, offset, length);
  return count >= WOULD_BLOCK ? count : bytesFailed('write', count, fd, buffer, offset, length);
}

/**
 * Reads into several buffers, one after the other (readv(2)).
 *
 * @param buffers at most `constants.IOV_MAX` of them (1,024)
 * @returns how many bytes, of all together; 0 at the end; or WOULD_BLOCK
 * @throws as read(); RangeError ERR_OUT_OF_RANGE for too many buffers
 */
export function readv(fd: number, buffers: readonly Uint8Array[]): number {
  checkFd(fd);
  const count = native.readv(fd, copyBuffers(buffers, MOST_BUFFERS));
  return count >= WOULD_BLOCK ? count : fdFailed('readv', count, fd);
}

/**
 * Writes several buffers, one after the other, in one call (writev(2)).
 *
 * @param buffers at most `constants.IOV_MAX` of them (1,024)
 * @returns how many bytes were taken, of all together, which may end within a buffer; or WOULD_BLOCK
 * @throws as write(); RangeError ERR_OUT_OF_RANGE for too many buffers
 */
export function writev(fd: number, buffers: readonly Uint8Array[]): number {
  checkFd(fd);
  const count = native.writev(fd, copyBuffers(buffers, MOST_BUFFERS));
  return count >= WOULD_BLOCK ? count : fdFailed('writev', count, fd);
}

/**
 * Receives a datagram, and who sent it (recvfrom(2)). What does not fit into the buffer is lost; with MSG_TRUNC the
 * datagram's full length is returned all the same (not on Windows, where no call takes that flag).
 *
 * That an earlier datagram found no receiver (ICMP) is told to sockets that are connected, and to no other: as ECONNREFUSED,
 * on Windows as ECONNRESET.
 *
 * @param sender is filled, and can be used again and again
 * @returns how many bytes (0 for an empty datagram), or WOULD_BLOCK
 * @throws SystemError ECONNREFUSED (connected sockets only), ENOTSOCK, EBADF ...; arguments as recv()
 */
export function recvfrom(
  fd: number,
  buffer: Uint8Array,
  offset: number | undefined,
  length: number | undefined,
  flags: number | undefined,
  sender: SocketAddress,
): number {
  const target = SocketAddress.bytesOf(sender);
  if (target === undefined) throw invalidType('sender', 'a SocketAddress', sender);
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  const count = recvfromNative(fd, buffer, offset, length, flags, target);
  return count >= WOULD_BLOCK ? count : bytesFailed('recvfrom', count, fd, buffer, offset, length, flags);
}

/**
 * Sends a datagram (sendto(2)).
 *
 * WOULD_BLOCK has three causes. The socket's own buffer is full: wait for WRITABLE. The receiver's queue is full (AF_UNIX, on
 * Linux): the system does not tell when that ends, and the socket is WRITABLE all the time. Do not wait for WRITABLE then: try
 * again by a timer, or connect() the socket to the receiver and send(), for a connected socket is WRITABLE when there is room.
 * The call began a connection (MSG_FASTOPEN): as for connect(), and nothing was taken.
 *
 * @param to a SocketAddress makes no object; the other forms are encoded each time
 * @returns how many bytes, or WOULD_BLOCK
 * @throws SystemError EMSGSIZE, EDESTADDRREQ, ECONNREFUSED (of an earlier datagram), EAFNOSUPPORT ...
 */
export function sendto(
  fd: number,
  buffer: Uint8Array,
  offset: number | undefined,
  length: number | undefined,
  flags: number | undefined,
  to: SocketAddress | { host: string; port: number } | { path: string },
): number {
  const address = addressBytes(to, 'to');
  if (!(buffer instanceof Uint8Array)) checkBytes(buffer);
  const count = sendtoNative(fd, buffer, offset, length, flags, address);
  if (count >= WOULD_BLOCK) return count;
  if (count !== BAD_ARGUMENT) throw new SystemError(errorOf(count), 'sendto', { fd, ...addressDetails(address) });
  checkGiven(address, 'to');
  return bytesFailed('sendto', count, fd, buffer, offset, length, flags);
}

/**
 * Opens a socket (socket(2)), non-blocking and close-on-exec.
 *
 * @param domain constants.AF_INET, AF_INET6, AF_UNIX ...
 * @param type constants.SOCK_STREAM, SOCK_DGRAM ...
 * @param protocol 0 for the usual one
 * @returns its fd
 * @throws SystemError EMFILE, ENFILE, EAFNOSUPPORT, EPROTONOSUPPORT, EACCES or EPERM (SOCK_RAW without the right to) ...
 */
export function socket(domain: number, type: number, protocol = 0): number {
  const fd = native.socket(domain, type, protocol);
  if (fd >= 0) return fd;
  return fail(fd, 'socket', {}, () => {
    checkInt32(domain, 'domain');
    checkInt32(type, 'type');
    checkInt32(protocol, 'protocol');
  });
}

/**
 * Two connected sockets (socketpair(2)); stream sockets by default, of AF_UNIX, and on Windows of AF_INET. That is the only
 * domain there (EAFNOSUPPORT), since Windows has no such call: they are two sockets, SOCK_STREAM with TCP_NODELAY or
 * SOCK_DGRAM, that were connected to each other over 127.0.0.1, and the peer's address was verified.
 *
 * @throws SystemError EMFILE, ENFILE, EAFNOSUPPORT, EOPNOTSUPP
 */
export function socketpair(
  domain: number = native.socketpairDomain,
  type: number = constants.SOCK_STREAM,
): [number, number] {
  const result = native.socketpair(domain, type, pair);
  if (result === 0) return [pair[0] as number, pair[1] as number];
  return fail(result, 'socketpair', {}, () => {
    checkInt32(domain, 'domain');
    checkInt32(type, 'type');
  });
}

/**
 * Both ends of a pipe (pipe2(2)), non-blocking and close-on-exec.
 *
 * @throws SystemError EMFILE, ENFILE; UnsupportedError on Windows, where a pipe is no socket: see `socketpair()`
 */
export function pipe(): [readFd: number, writeFd: number] {
  if (native.pipe === undefined) throw new UnsupportedError('pipe');
  const result = native.pipe(pair);
  if (result === 0) return [pair[0] as number, pair[1] as number];
  throw new SystemError(errorOf(result), 'pipe2');
}

/** Gives the socket a local address (bind(2)). @throws SystemError EADDRINUSE, EADDRNOTAVAIL, EACCES, EINVAL ... */
export function bind(fd: number, address: SocketAddress | { host: string; port: number } | { path: string }): void {
  checkFd(fd);
  const bytes = addressBytes(address);
  const result = native.bind(fd, bytes);
  if (result < 0) fail(result, 'bind', { fd, ...addressDetails(bytes) }, () => checkGiven(bytes));
}

/**
 * Makes the socket listen (listen(2)).
 *
 * @param backlog how many connections may wait to be accepted: 0 to 2^31 - 1, clamped by the system (net.core.somaxconn on
 * Linux)
 * @throws SystemError EADDRINUSE, EINVAL (connected), EOPNOTSUPP (no stream socket), ENOTSOCK, EBADF
 */
export function listen(fd: number, backlog: number): void {
  checkFd(fd);
  checkInteger(backlog, 'backlog', 0, INT32_LIMIT - 1);
  const result = native.listen(fd, backlog);
  if (result < 0) throw new SystemError(errorOf(result), 'listen', { fd });
}

/**
 * Connects the socket (connect(2)).
 *
 * @returns 0 where it is connected at once; WOULD_BLOCK where that is under way: when the fd is WRITABLE it is done, and
 * `takeError(fd)` says how
 * @throws SystemError ECONNREFUSED, ENETUNREACH, ENOENT, EAGAIN (a Unix socket whose peer's backlog is full) ...
 */
export function connect(
  fd: number,
  address: SocketAddress | { host: string; port: number } | { path: string },
): number {
  checkFd(fd);
  const bytes = addressBytes(address);
  const result = native.connect(fd, bytes);
  if (result >= WOULD_BLOCK) return result;
  return fail(result, 'connect', { fd, ...addressDetails(bytes) }, () => checkGiven(bytes));
}

/**
 * Ends one direction or both (shutdown(2)). After SHUT_WR the peer reads the end of the stream, once it has read the rest.
 *
 * @param how SHUT_RD, SHUT_WR or SHUT_RDWR
 * @throws SystemError ENOTCONN, EINVAL (another `how`), ENOTSOCK, EBADF
 */
export function shutdown(fd: number, how: number): void {
  const result = native.shutdown(fd, how);
  if (result === 0) return;
  fail(result, 'shutdown', { fd }, () => {
    checkFd(fd);
    checkInt32(how, 'how');
  });
}

/**
 * Closes any fd (close(2)). Registrations of it, in the reactors of this thread, end first: none of their events is
 * delivered from here on. Closing a number twice closes the file that got the number meanwhile: `registration.close()`
 * guards against that, a bare number cannot. Do not close fds that Node itself uses. It waits where SO_LINGER was set with
 * a time.
 *
 * @throws SystemError EBADF, EIO ...; ERR_INVALID_STATE for the fd of a waker or a signal of a Reactor
 */
export function close(fd: number): void {
  const result = closeFd(fd);
  if (result < 0) fdFailed('close', result, fd);
}

/**
 * In a worker thread, fds that the package made there are closed when the worker ends. This gives one up: it stays open,
 * for another thread that it was handed to, or for a `net.Socket`. Does nothing in the main thread.
 */
export function release(fd: number): void {
  const result = native.release(fd);
  if (result < 0) fdFailed('release', result, fd);
}

/** The socket's own address (getsockname(2)). @throws SystemError ENOTSOCK, EBADF; on Windows EINVAL where it has none yet */
export function getsockname(fd: number): AddressInfo {
  return nameOf('getsockname', fd);
}

/** The peer's address (getpeername(2)). @throws SystemError ENOTCONN, ENOTSOCK, EBADF */
export function getpeername(fd: number): AddressInfo {
  return nameOf('getpeername', fd);
}

/**
 * Takes the error that is pending on the socket, and so clears it (SO_ERROR, socket(7)): how a connection came out, or what
 * ended it. (On Windows only the first; what ended a connection is told by the next call that moves data.)
 *
 * The error names the peer by `address` and `port`, or `path`: the one that a connection which this package began was for, or
 * the one that the system names (getpeername(2)). A connection that was established and has ended has none.
 *
 * @returns null for none
 * @throws SystemError ENOTSOCK, EBADF: `fd` is not a socket
 */
export function takeError(fd: number): SystemError | null {
  const result = native.takeError(fd, peer);
  if (result < 0) fdFailed('getsockopt', result, fd);
  return result === 0 ? null : new SystemError(result, 'SO_ERROR', { fd, ...addressDetails(peer) });
}

function checkInt32(value: unknown, name: string): void {
  checkInteger(value, name, -INT32_LIMIT, INT32_LIMIT - 1);
}

function nameOf(call: 'getsockname' | 'getpeername', fd: number): AddressInfo {
  const address = new SocketAddress();
  const result = native[call](fd, SocketAddress.bytesOf(address) as Uint8Array);
  return result === 0 ? address.toInfo() : fdFailed(call, result, fd);
}
