// The calls of sockets and fds: one function a system call. Exported as fdreactor/socket.
import { checkFd, checkInteger, fail, failFd } from '../base/arguments.js';
import { errorOf, invalidType, SystemError, UnsupportedError, WOULD_BLOCK } from '../base/errors.js';
import type { SocketConstant } from '../native/constant-names.gen.js';
import { native } from '../native/table.js';
import { type AddressInfo, addressBytes, addressDetails, checkGiven, SocketAddress } from './address.js';
import { closeFd } from './closing.js';

/**
 * The platform's numbers by their own names: AF_, SOCK_, IPPROTO_, SOL_, SO_, TCP_, IP_, IPV6_, MSG_, SHUT_; undefined
 * for a name that the platform does not have. SO_LINGER's and the time-outs' values have Windows' own form there.
 */
export const constants: Readonly<Record<SocketConstant, number>> = Object.freeze({ ...native.constants.socket });

/** shutdown(): nothing more will be received. */
export const SHUT_RD: number = constants.SHUT_RD;
/** shutdown(): nothing more will be sent; the peer reads the end of the stream. */
export const SHUT_WR: number = constants.SHUT_WR;
/** shutdown(): both. */
export const SHUT_RDWR: number = constants.SHUT_RDWR;

const INT32_LIMIT = 2 ** 31;
const { accept: acceptNative } = native.socket;
const pair = new Int32Array(2);
const peer = new Uint8Array(native.address.bytes); // of the socket whose error is taken

/**
 * Takes a connection from a listening socket (accept4(2), Linux 2.6.28). One that was reset before it was taken is
 * passed over. On a blocking listener it waits for the next connection: see `setNonBlocking()`.
 *
 * @param fd a socket in the listening state
 * @param address gets the peer's address, and can be used again and again. On Linux it is known even if the peer has
 * reset the connection, when `getpeername()` fails. It stays as it was if there is no connection
 * @returns the connection's fd, non-blocking and close-on-exec, yours to close; or WOULD_BLOCK
 * @throws SystemError EMFILE, ENFILE, ENOBUFS, ENOMEM (the connection stays in the queue: see `Acceptor`), EINVAL (not
 * listening), ENOTSOCK, EBADF; TypeError for an address that is not a SocketAddress
 */
export function accept(fd: number, address?: SocketAddress): number {
  let connection: number;
  if (address === undefined) connection = acceptNative(fd);
  else {
    const bytes = SocketAddress.bytesOf(address);
    if (bytes === undefined) throw invalidType('address', 'a SocketAddress', address);
    connection = acceptNative(fd, bytes);
  }
  return connection >= WOULD_BLOCK ? connection : failFd(connection, 'accept4', fd);
}

/**
 * Opens a socket (socket(2)), non-blocking and close-on-exec.
 *
 * @param domain constants.AF_INET, AF_INET6, AF_UNIX ...
 * @param type constants.SOCK_STREAM, SOCK_DGRAM ...
 * @param protocol 0 for the usual one
 * @returns its fd
 * @throws SystemError EMFILE, ENFILE, EAFNOSUPPORT, EPROTONOSUPPORT, EACCES or EPERM (SOCK_RAW without the right to)
 * ...
 */
export function socket(domain: number, type: number, protocol = 0): number {
  const fd = native.socket.socket(domain, type, protocol);
  if (fd >= 0) return fd;
  return fail(fd, 'socket', {}, () => {
    checkInt32(domain, 'domain');
    checkInt32(type, 'type');
    checkInt32(protocol, 'protocol');
  });
}

/**
 * Two connected sockets (socketpair(2)); stream sockets by default, of AF_UNIX, and on Windows of AF_INET. That is the
 * only domain there (EAFNOSUPPORT), since Windows has no such call: they are two sockets, SOCK_STREAM with TCP_NODELAY
 * or SOCK_DGRAM, that were connected to each other over 127.0.0.1, and the peer's address was verified.
 *
 * @throws SystemError EMFILE, ENFILE, EAFNOSUPPORT, EOPNOTSUPP
 */
export function socketpair(
  domain: number = native.socket.socketpairDomain,
  type: number = constants.SOCK_STREAM,
): [number, number] {
  const result = native.socket.socketpair(domain, type, pair);
  if (result === 0) return [pair[0] as number, pair[1] as number];
  return fail(result, 'socketpair', {}, () => {
    checkInt32(domain, 'domain');
    checkInt32(type, 'type');
  });
}

/**
 * Both ends of a pipe (pipe2(2)), non-blocking and close-on-exec.
 *
 * @throws SystemError EMFILE, ENFILE; UnsupportedError on Windows, where a pipe is not a socket: see `socketpair()`
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
  const result = native.socket.bind(fd, bytes);
  if (result < 0) fail(result, 'bind', { fd, ...addressDetails(bytes) }, () => checkGiven(bytes));
}

/**
 * Makes the socket listen (listen(2)).
 *
 * @param backlog how many connections may wait to be accepted: 0 to 2^31 - 1, clamped by the system (net.core.somaxconn
 * on Linux)
 * @throws SystemError EADDRINUSE, EINVAL (connected), EOPNOTSUPP (no stream socket), ENOTSOCK, EBADF
 */
export function listen(fd: number, backlog: number): void {
  checkFd(fd);
  checkInteger(backlog, 'backlog', 0, INT32_LIMIT - 1);
  const result = native.socket.listen(fd, backlog);
  if (result < 0) throw new SystemError(errorOf(result), 'listen', { fd });
}

/**
 * Connects the socket (connect(2)).
 *
 * @returns 0 where it is connected at once; WOULD_BLOCK where that is under way: when the fd is WRITABLE it is done,
 * and `takeError(fd)` says how
 * @throws SystemError ECONNREFUSED, ENETUNREACH, ENOENT, EAGAIN (a Unix socket whose peer's backlog is full) ...
 */
export function connect(
  fd: number,
  address: SocketAddress | { host: string; port: number } | { path: string },
): number {
  checkFd(fd);
  const bytes = addressBytes(address);
  const result = native.socket.connect(fd, bytes);
  if (result >= WOULD_BLOCK) return result;
  return fail(result, 'connect', { fd, ...addressDetails(bytes) }, () => checkGiven(bytes));
}

/**
 * Ends one direction or both (shutdown(2)). After SHUT_WR the peer reads the end of the stream, once it has read the
 * rest.
 *
 * @param how SHUT_RD, SHUT_WR or SHUT_RDWR
 * @throws SystemError ENOTCONN, EINVAL (another `how`), ENOTSOCK, EBADF
 */
export function shutdown(fd: number, how: number): void {
  const result = native.socket.shutdown(fd, how);
  if (result === 0) return;
  fail(result, 'shutdown', { fd }, () => {
    checkFd(fd);
    checkInt32(how, 'how');
  });
}

/**
 * Closes any fd (close(2)). Registrations of it, in the reactors of this thread, end first: none of their events is
 * delivered from here on. Closing a number twice closes the file that got the number meanwhile: `registration.close()`
 * guards against that, a bare number cannot. Do not close fds that Node itself uses. It waits where SO_LINGER was set
 * with a time.
 *
 * @throws SystemError EBADF, EIO ...; ERR_INVALID_STATE for the fd of a waker or a signal of a Reactor
 */
export function close(fd: number): void {
  const result = closeFd(fd);
  if (result < 0) failFd(result, 'close', fd);
}

/**
 * Detaches an fd from the worker thread that made it. The package closes the fds of a worker when the worker ends; a
 * detached fd stays open, for another thread or a `net.Socket` that has it.
 *
 * Does nothing in the main thread, and for an fd that the package did not make in this thread.
 *
 * @param fd any integer from 0 to 2^31 - 1; it need not be open
 * @throws TypeError or RangeError for any other value
 */
export function detachFd(fd: number): void {
  const result = native.fd.release(fd);
  if (result < 0) failFd(result, 'detachFd', fd);
}

/**
 * Makes an fd this worker thread's, which got its number from another thread: the counterpart of `detachFd()`. The
 * package closes the fds of a worker when the worker ends, however that comes: without it, an fd that was handed to a
 * worker which then ends stays open, and nothing closes it.
 *
 * In the main thread it only asks whether the fd is open: the process closes what is left when it ends. One thread has
 * an fd at a time, and the one that had it calls `detachFd()` first, unless it is the main thread.
 *
 * @param fd any fd from 0 to 2^31 - 1; a second call for it changes nothing
 * @throws SystemError EBADF; TypeError or RangeError for any other value
 */
export function adopt(fd: number): void {
  const result = native.fd.adopt(fd);
  if (result < 0) failFd(result, 'adopt', fd);
}

/**
 * The old name of `detachFd()`.
 *
 * @deprecated Use `detachFd()`. The minor version after this one removes this name.
 */
export function release(fd: number): void {
  detachFd(fd);
}

/**
 * The socket's own address (getsockname(2)). @throws SystemError ENOTSOCK, EBADF; on Windows EINVAL where it has none
 * yet
 */
export function getsockname(fd: number): AddressInfo {
  return nameOf('getsockname', fd);
}

/** The peer's address (getpeername(2)). @throws SystemError ENOTCONN, ENOTSOCK, EBADF */
export function getpeername(fd: number): AddressInfo {
  return nameOf('getpeername', fd);
}

/**
 * Takes the error that is pending on the socket, and so clears it (SO_ERROR, socket(7)): how a connection came out, or
 * what ended it. (On Windows only the first; what ended a connection is told by the next call that moves data.)
 *
 * The error names the peer by `address` and `port`, or `path`: the one that a connection which this package began was
 * for, or the one that the system names (getpeername(2)). A connection that was established and has ended has none.
 *
 * @returns null for none
 * @throws SystemError ENOTSOCK, EBADF: `fd` is not a socket
 */
export function takeError(fd: number): SystemError | null {
  const result = native.socket.takeError(fd, peer);
  if (result < 0) failFd(result, 'getsockopt', fd);
  return result === 0 ? null : new SystemError(result, 'SO_ERROR', { fd, ...addressDetails(peer) });
}

function checkInt32(value: unknown, name: string): void {
  checkInteger(value, name, -INT32_LIMIT, INT32_LIMIT - 1);
}

function nameOf(call: 'getsockname' | 'getpeername', fd: number): AddressInfo {
  const address = new SocketAddress();
  const result = native.socket[call](fd, SocketAddress.bytesOf(address) as Uint8Array);
  return result === 0 ? address.toInfo() : failFd(result, call, fd);
}
