// Winsock's overlapped calls, one function a call; exported as a part of fdreactor/iocp. Arguments are looked at by
// native code first, and only what it refuses is looked at here.
import { isUint8Array } from 'node:util/types';
import { checkBits, checkBytes, checkFd, copyBuffers } from '../../base/arguments.js';
import { errorOf, invalidState, invalidType, outOfRange, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { addressBytes, checkGiven, type SocketAddress } from '../../socket/address.js';
import { type CompletionPort, portId } from './completion-port.js';
import { answer, checkAssociated, checkIdle, type Overlapped, operationOf, supported } from './overlapped.js';

const MAX_BUFFERS = 1024;
/** Of one packet. */
export const MAX_BYTES = 2 ** 31 - 1;
const NO_BYTES = new Uint8Array(0);
const ALL = 0;
const PORT_OF_SOCKET = 0;
const calls = callsOf(native.overlapped); // operationOf() checks that they exist

/** A buffer, or several that are filled or sent one after the other: at most 1024, and 2^31 - 1 bytes together. */
export type Buffers = Uint8Array | readonly Uint8Array[];

/**
 * Accepts one connection into a socket that is there already (AcceptEx, since Windows NT 4): faster than accept(), and
 * many can be pending on one listener. No data is received with the connection. When it is done,
 * SO_UPDATE_ACCEPT_CONTEXT is set, so that getpeername(), shutdown() and the rest work; the new connection is on no
 * port before it is associated with one.
 *
 * @param listener a listening socket, associated with a port
 * @param accepted a socket of the same family and type, as socket() made it: neither bound nor connected. It may have
 * been used before, and disconnected with TF_REUSE_SOCKET. If it fails, it can be used again
 * @returns WOULD_BLOCK where the packet will come, which is the rule; 0 with skipOnSuccess where a connection was there
 * @throws SystemError EINVAL (not listening, or `accepted` is not fit), ENOTSOCK, EMFILE ...
 */
export function acceptEx(listener: number, accepted: number, overlapped: Overlapped): number {
  const operation = operationOf(overlapped);
  return answer(calls.acceptEx(listener, accepted, operation), 'AcceptEx', listener, overlapped, () => {
    checkFd(listener, 'listener');
    checkFd(accepted, 'accepted');
  });
}

/**
 * Connects a socket (ConnectEx, since Windows XP), and sends `data` once it is. When it is done,
 * SO_UPDATE_CONNECT_CONTEXT is set, so that getpeername(), shutdown() and the rest work. A datagram socket is EISCONN
 * or EOPNOTSUPP: connect() it.
 *
 * @param fd a stream socket that is associated with a port and has been bound: bind(fd, { host: '0.0.0.0', port: 0 })
 * does
 * @param data is copied; none by default. bytes(i) says how much of it was sent
 * @returns WOULD_BLOCK where the packet will come; with skipOnSuccess bytes of `data` where it is connected at once
 * @throws SystemError EINVAL (not bound), EISCONN, EADDRNOTAVAIL, ENOTSOCK ... ECONNREFUSED, ETIMEDOUT and the like
 * come with the packet
 */
export function connectEx(
  fd: number,
  address: SocketAddress | { host: string; port: number } | { path: string },
  overlapped: Overlapped,
  data: Uint8Array = NO_BYTES,
): number {
  const operation = operationOf(overlapped);
  const to = addressBytes(address);
  checkBytesLength(data, 'data');
  return answer(calls.connectEx(fd, to, operation, data), 'ConnectEx', fd, overlapped, () => {
    checkFd(fd);
    checkGiven(to);
    checkBytes(data, 'data');
  });
}

/**
 * Disconnects a socket when all that was sent is with the peer (DisconnectEx, since Windows XP): the peer reads the end
 * of the stream.
 *
 * @param flags TF_REUSE_SOCKET to use the socket for acceptEx() or connectEx() again, else 0
 * @throws SystemError ENOTCONN, EINVAL, ENOTSOCK ...
 */
export function disconnectEx(fd: number, flags: number, overlapped: Overlapped): number {
  const operation = operationOf(overlapped);
  return answer(calls.disconnectEx(fd, flags, operation), 'DisconnectEx', fd, overlapped, () => {
    checkFd(fd);
    checkBits(flags, 'flags');
  });
}

/**
 * Receives (WSARecv, since Windows NT 4). 0 bytes are the end of the stream. Without room (no buffers, or empty ones)
 * it is done as soon as there is something to receive, and takes nothing of a stream.
 *
 * @param flags MSG_PEEK, MSG_OOB, MSG_WAITALL ... of `constants` in fdreactor/socket
 * @returns WOULD_BLOCK where the packet will come; with skipOnSuccess how many bytes there were at once
 * @throws SystemError ENOTCONN, ECONNRESET, ENOTSOCK, EAGAIN (too much is under way on the socket), ENOMEM ...
 */
export function wsaRecv(fd: number, buffers: Buffers, overlapped: Overlapped, flags = 0): number {
  const operation = operationOf(overlapped);
  const list = checkBuffers(buffers);
  const result = calls.wsaRecv(fd, list, flags, operation);
  return result >= 0 ? result : answer(result, 'WSARecv', fd, overlapped, () => checkCall(fd, list, flags));
}

/**
 * Sends all the bytes of the buffers (WSASend, since Windows NT 4), which are copied before it returns, but for those
 * in a SharedArrayBuffer.
 *
 * @param flags MSG_OOB, MSG_PARTIAL ...
 * @returns WOULD_BLOCK where the packet will come; with skipOnSuccess how many bytes went out at once
 * @throws SystemError ENOTCONN, ECONNRESET, EPIPE (after shutdown()), ENOTSOCK, ENOBUFS, EAGAIN (too much is under way)
 * ...
 */
export function wsaSend(fd: number, buffers: Buffers, overlapped: Overlapped, flags = 0): number {
  const operation = operationOf(overlapped);
  const list = checkBuffers(buffers);
  const result = calls.wsaSend(fd, list, flags, operation);
  return result >= 0 ? result : answer(result, 'WSASend', fd, overlapped, () => checkCall(fd, list, flags));
}

/**
 * Receives a datagram (WSARecvFrom, since Windows NT 4); `overlapped.sender()` then says who sent it. What does not fit
 * into the buffers is lost, and the packet's error is EMSGSIZE beside the bytes that did; with skipOnSuccess it may be
 * thrown.
 *
 * @returns as wsaRecv()
 * @throws SystemError EINVAL (not bound), ECONNRESET (an earlier datagram had no receiver), EMSGSIZE ...
 */
export function wsaRecvFrom(fd: number, buffers: Buffers, overlapped: Overlapped, flags = 0): number {
  const operation = operationOf(overlapped);
  const list = checkBuffers(buffers);
  const result = calls.wsaRecvFrom(fd, list, flags, operation);
  return result >= 0 ? result : answer(result, 'WSARecvFrom', fd, overlapped, () => checkCall(fd, list, flags));
}

/**
 * Sends one datagram of the bytes of the buffers (WSASendTo, since Windows NT 4), which are copied before it returns,
 * but for those in a SharedArrayBuffer.
 *
 * @param to a SocketAddress makes no object; the other forms are encoded each time
 * @returns as wsaSend()
 * @throws SystemError EMSGSIZE, EACCES (broadcast), EADDRNOTAVAIL, EAFNOSUPPORT ...
 */
export function wsaSendTo(
  fd: number,
  buffers: Buffers,
  to: SocketAddress | { host: string; port: number } | { path: string },
  overlapped: Overlapped,
  flags = 0,
): number {
  const operation = operationOf(overlapped);
  const list = checkBuffers(buffers);
  const address = addressBytes(to, 'to');
  const result = calls.wsaSendTo(fd, list, flags, address, operation);
  if (result >= 0) return result;
  return answer(result, 'WSASendTo', fd, overlapped, () => {
    checkCall(fd, list, flags);
    checkGiven(address, 'to');
  });
}

/**
 * Asks the kernel to end an operation, or all that this process has under way on the handle (CancelIoEx, since Windows
 * Vista). Packets come all the same: with ECANCELED, or as if nothing had been asked where the operation was faster.
 *
 * @param handle a socket, or what openFile() returned
 * @param overlapped one that is pending on this handle; all of the handle's but afdPoll()s if left out
 * @returns whether there was anything to end. false: it is done already, its packet is on the way or was taken out
 * @throws SystemError EBADF where it is not a handle
 */
export function cancelIoEx(handle: number, overlapped?: Overlapped): boolean {
  if (!supported) throw new UnsupportedError('overlapped I/O');
  checkFd(handle, 'handle');
  const result = calls.cancelIoEx(handle, overlapped === undefined ? ALL : operationOf(overlapped));
  if (result < 0) throw new SystemError(errorOf(result), 'CancelIoEx', { fd: handle });
  return result === 1;
}

/**
 * The readiness of a socket as one completion (IOCTL_AFD_POLL, which is what WSAPoll and select come down to): its
 * packet comes as soon as any of the events holds, with the socket as its key and what holds as its bytes.
 * Level-triggered: done at once where one holds already. Undocumented, and unchanged since Windows NT.
 *
 * @param fd need not be associated with a port if `port` is given
 * @param events AFD_POLL_ bits; ABORT, CONNECT_FAIL and LOCAL_CLOSE are worth adding, since they do not come unasked
 * @param port where the packet comes to; the one that the socket is associated with by default
 * @returns WOULD_BLOCK: the packet always comes
 * @throws SystemError ENOTSOCK ...
 */
export function afdPoll(fd: number, events: number, overlapped: Overlapped, port?: CompletionPort): number {
  const operation = operationOf(overlapped);
  const number = port === undefined ? PORT_OF_SOCKET : portId(port);
  const result = calls.afdPoll(fd, events, operation, number);
  return answer(result, 'NtDeviceIoControlFile', fd, overlapped, () => {
    checkFd(fd);
    checkBits(events, 'events');
    checkIdle(overlapped);
    if (port === undefined) checkAssociated(fd);
    else throw invalidState('the completion port is closed: it was that of a reactor');
  });
}

export function checkBytesLength(value: unknown, name: string): asserts value is Uint8Array {
  if (!isUint8Array(value)) throw invalidType(name, 'a Uint8Array', value);
  checkSum(value.length, name);
}

function checkSum(bytes: number, name: string): void {
  if (bytes > MAX_BYTES) throw outOfRange(`the length of ${name}`, `at most ${MAX_BYTES} bytes`, bytes);
}

/** As native code takes them; each element is read once. */
function checkBuffers(value: unknown): Uint8Array | Uint8Array[] {
  if (isUint8Array(value)) {
    checkSum(value.length, 'buffers');
    return value;
  }
  if (!Array.isArray(value)) throw invalidType('buffers', 'a Uint8Array or an array of them', value);
  const list = copyBuffers(value, MAX_BUFFERS);
  checkSum(
    list.reduce((sum, buffer) => sum + buffer.length, 0),
    'buffers',
  );
  return list;
}

function checkCall(fd: unknown, list: Uint8Array | Uint8Array[], flags: unknown): void {
  checkFd(fd);
  checkBits(flags, 'flags');
  if (!Array.isArray(list)) checkBytes(list, 'buffers');
}
