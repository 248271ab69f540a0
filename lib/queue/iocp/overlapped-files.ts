// Overlapped calls on files, and opening them for it; exported as a part of fdreactor/iocp.
import {
  checkBits,
  checkBytes,
  checkFd,
  checkInteger,
  checkObject,
  checkSize,
  checkString,
  NO_OPTIONS,
} from '../../base/arguments.js';
import { BAD_ARGUMENT, errorOf, invalidValue, outOfRange, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, GENERIC_READ, OPEN_EXISTING } from './constants.gen.js';
import { answer, type Overlapped, operationOf, supported } from './overlapped.js';
import { checkBytesLength } from './overlapped-calls.js';

const NO_FILE = -1;
const TO_THE_END = 0;
const NO_BYTES = new Uint8Array(0);
const calls = callsOf(native.overlapped); // operationOf() checks that they exist
/** TransmitFile's own limit, of head, file and tail together. */
const MAX_TRANSMITTED = 2 ** 31 - 2;

/** How openFile() opens. */
export interface OpenFileOptions {
  /** GENERIC_READ, GENERIC_WRITE or both. @defaultValue GENERIC_READ */
  access?: number;
  /** FILE_SHARE_ bits: what others may do meanwhile. @defaultValue all of them */
  share?: number;
  /** CREATE_NEW, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS or TRUNCATE_EXISTING. @defaultValue OPEN_EXISTING */
  disposition?: number;
  /** FILE_FLAG_ bits, beside FILE_FLAG_OVERLAPPED, which is always set. @defaultValue 0 */
  flags?: number;
}

/**
 * Opens a file, a named pipe or a device for overlapped calls (CreateFile with FILE_FLAG_OVERLAPPED), not inherited by
 * children. Blocks as long as opening takes. The handle belongs to this thread, and is closed with it.
 *
 * @param path as CreateFile takes it: `\\.\pipe\name` is a pipe
 * @returns a HANDLE: no fd of Node's `fs`, nor a socket. closeHandle() closes it
 * @throws SystemError ENOENT, EACCES or EPERM, EEXIST, EBUSY (not shared) ...
 */
export function openFile(path: string, options: OpenFileOptions = NO_OPTIONS): number {
  if (!supported) throw new UnsupportedError('overlapped I/O');
  checkString(path, 'path');
  checkObject(options, 'options');
  const { access = GENERIC_READ, disposition = OPEN_EXISTING, flags = 0 } = options;
  const { share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE } = options;
  checkBits(access, 'options.access');
  checkBits(share, 'options.share');
  checkBits(disposition, 'options.disposition');
  checkBits(flags, 'options.flags');
  const handle = calls.openFile(path, access, share, disposition, flags);
  if (handle >= 0) return handle;
  if (handle === BAD_ARGUMENT) throw invalidValue('path', 'a path without NUL', path);
  throw new SystemError(errorOf(handle), 'CreateFile', { path });
}

/**
 * Closes what openFile() returned (CloseHandle). Operations that are pending on it are not ended by that: cancelIoEx()
 * is.
 *
 * @throws SystemError EBADF for any other number, and for one that is closed
 */
export function closeHandle(handle: number): void {
  if (!supported) throw new UnsupportedError('overlapped I/O');
  checkFd(handle, 'handle');
  const result = calls.closeHandle(handle);
  if (result < 0) throw new SystemError(errorOf(result), 'CloseHandle', { fd: handle });
}

/**
 * Reads from a file (ReadFile). At its end there are 0 bytes: at once, or as a packet with STATUS_END_OF_FILE.
 *
 * @param handle what openFile() returned (or a socket), associated with a port
 * @param buffer at most 2^31 - 1 bytes
 * @param offset where in the file; 0 for a pipe or a device
 * @returns WOULD_BLOCK where the packet will come; 0 at the end of the file; with skipOnSuccess how many bytes there
 * were at once
 * @throws SystemError EBADF, EACCES, EPIPE, EINVAL (offset or length with FILE_FLAG_NO_BUFFERING), ENOMEM ...
 */
export function readFile(handle: number, buffer: Uint8Array, offset: number, overlapped: Overlapped): number {
  const operation = operationOf(overlapped);
  checkBytesLength(buffer, 'buffer');
  const result = calls.readFile(handle, buffer, offset, operation);
  return answer(result, 'ReadFile', handle, overlapped, () => checkCall(handle, buffer, offset));
}

/**
 * Writes to a file (WriteFile): all the bytes of the buffer, which are copied before it returns, but for those in a
 * SharedArrayBuffer. A write that makes the file longer may block until it is done.
 *
 * @param handle what openFile() returned (or a socket), associated with a port
 * @param buffer at most 2^31 - 1 bytes
 * @param offset where in the file; 0 for a pipe or a device
 * @returns WOULD_BLOCK where the packet will come; with skipOnSuccess how many bytes were written at once
 * @throws SystemError EBADF, EACCES, ENOSPC, EPIPE, ENOMEM ...
 */
export function writeFile(handle: number, buffer: Uint8Array, offset: number, overlapped: Overlapped): number {
  const operation = operationOf(overlapped);
  checkBytesLength(buffer, 'buffer');
  const result = calls.writeFile(handle, buffer, offset, operation);
  return answer(result, 'WriteFile', handle, overlapped, () => checkCall(handle, buffer, offset));
}

/** What transmitFile() sends, and how. */
export interface TransmitFileOptions {
  /** Where to begin in the file. @defaultValue 0 */
  offset?: number;
  /** How many bytes of the file; with head and tail at most 2,147,483,646. @defaultValue to its end */
  count?: number;
  /** Sent before the file; copied. */
  head?: Uint8Array;
  /** Sent after it; copied. */
  tail?: Uint8Array;
  /** TF_ bits: TF_DISCONNECT, with TF_REUSE_SOCKET ... @defaultValue 0 */
  flags?: number;
}

/**
 * Sends a file, or a part of one, to a connected socket inside the kernel (TransmitFile, since Windows NT 4).
 * Workstation editions of Windows do two at a time, and queue the others.
 *
 * @param fd a stream socket, associated with a port
 * @param file what openFile() returned, which need not be associated; null for head and tail only. It must stay open
 * until the packet has come
 * @returns WOULD_BLOCK where the packet will come; with skipOnSuccess how many bytes went out at once
 * @throws SystemError ENOTCONN, ECONNRESET, ENOTSOCK, EBADF, EINVAL (longer than 2,147,483,646 bytes without a count)
 * ...
 */
export function transmitFile(
  fd: number,
  file: number | null,
  overlapped: Overlapped,
  options: TransmitFileOptions = NO_OPTIONS,
): number {
  const operation = operationOf(overlapped);
  checkObject(options, 'options');
  const { offset = 0, count, head = NO_BYTES, tail = NO_BYTES, flags = 0 } = options;
  if (file !== null) checkFd(file, 'file');
  checkBytesLength(head, 'options.head');
  checkBytesLength(tail, 'options.tail');
  if (count !== undefined) checkInteger(count, 'options.count', 0, MAX_TRANSMITTED);
  checkTogether(head.length + tail.length + (count ?? 0));
  // The kernel takes a count of 0 for the whole file.
  const source = file === null || count === 0 ? NO_FILE : file;
  const result = calls.transmitFile(fd, source, offset, count ?? TO_THE_END, head, tail, flags, operation);
  return answer(result, 'TransmitFile', fd, overlapped, () => {
    checkFd(fd);
    checkSize(offset, 'options.offset');
    checkBytes(head, 'options.head');
    checkBytes(tail, 'options.tail');
    checkBits(flags, 'options.flags');
  });
}

function checkTogether(bytes: number): void {
  if (bytes > MAX_TRANSMITTED) throw outOfRange('head, count and tail', `at most ${MAX_TRANSMITTED} together`, bytes);
}

function checkCall(handle: unknown, buffer: unknown, offset: unknown): void {
  checkFd(handle, 'handle');
  checkBytes(buffer);
  checkSize(offset, 'offset');
}
