// The calls that move bytes through user space: one function a system call. Exported as fdreactor/socket.
import { checkBytes, checkFd, checkMessageFlags, checkRange, copyBuffers, fail, failFd } from '../base/arguments.js';
import { BAD_ARGUMENT, errorOf, invalidType, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { addressBytes, addressDetails, checkGiven, SocketAddress } from './address.js';

const MAX_BUFFERS = native.constants.socket.IOV_MAX;

const { read: readNative, write: writeNative } = native.fd;
const { recv: recvNative, recvfrom: recvfromNative, send: sendNative, sendto: sendtoNative } = native.socket;

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
    checkMessageFlags(flags);
  });
}

/**
 * Receives into `buffer[offset, offset + length)` (recv(2)).
 *
 * @param offset where in the buffer to begin, from 0 to its length; 0 by default
 * @param length at most so many bytes; all that are left in the buffer by default
 * @param flags MSG_PEEK, MSG_OOB, MSG_TRUNC ... of `constants`; 0 by default
 * @returns how many bytes; 0 at the end of the stream (or for a datagram without data); or WOULD_BLOCK
 * @throws SystemError ECONNRESET, ETIMEDOUT, ECONNREFUSED (UDP), ENOTCONN, ENOTSOCK, EBADF ...; RangeError
 * ERR_OUT_OF_RANGE for a range outside the buffer; TypeError for what is no Uint8Array, or a detached one
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
 * @returns how many bytes were taken, which may be fewer; or WOULD_BLOCK: wait for WRITABLE. That is also so where the
 * call had to begin the connection (TCP_FASTOPEN_CONNECT)
 * @throws SystemError EPIPE, ECONNRESET, ETIMEDOUT, ENOTCONN, EDESTADDRREQ, EMSGSIZE, ENOTSOCK, EBADF, ENOBUFS ...;
 * arguments as recv()
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
 * Writes `buffer[offset, offset + length)` to any fd (write(2)). As read(), it may block where the fd is a blocking
 * one.
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
  const count = native.fd.readv(fd, copyBuffers(buffers, MAX_BUFFERS));
  return count >= WOULD_BLOCK ? count : failFd(count, 'readv', fd);
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
  const count = native.fd.writev(fd, copyBuffers(buffers, MAX_BUFFERS));
  return count >= WOULD_BLOCK ? count : failFd(count, 'writev', fd);
}

/**
 * Receives a datagram, and who sent it (recvfrom(2)). What does not fit into the buffer is lost; with MSG_TRUNC the
 * datagram's full length is returned all the same (not on Windows, where no call takes that flag).
 *
 * That an earlier datagram found no receiver (ICMP) is told to sockets that are connected, and to no other: as
 * ECONNREFUSED, on Windows as ECONNRESET.
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
 * WOULD_BLOCK has three causes. The socket's own buffer is full: wait for WRITABLE. The receiver's queue is full
 * (AF_UNIX, on Linux): the system does not tell when that ends, and the socket is WRITABLE all the time. Do not wait
 * for WRITABLE then: try again by a timer, or connect() the socket to the receiver and send(), for a connected socket
 * is WRITABLE when there is room. The call began a connection (MSG_FASTOPEN): as for connect(), and nothing was taken.
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
