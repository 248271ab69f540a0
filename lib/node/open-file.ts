// OpenFile: a regular file of which a range is sent, opened by path, or given as an fd or a FileHandle.
import type { FileHandle } from 'node:fs/promises';
import { checkFd, checkSize } from '../base/arguments.js';
import { invalidType, invalidValue, outOfRange, SystemError } from '../base/errors.js';
import { fs } from '../native/builtins.js';
import { native } from '../native/table.js';
import { closeFd } from '../socket/closing.js';

/** What is sent: a path, an fd, or a FileHandle of node:fs/promises. */
export type FileSource = string | Buffer | URL | number | FileHandle;

const { EISDIR, EBADF } = native.constants.error;
// Without O_NONBLOCK the opening of a FIFO would keep a thread of libuv until another process writes.
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** An error of node:fs as one of the package. */
function systemError(error: unknown, path?: string): Error {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (typeof errno !== 'number' || typeof syscall !== 'string') return error as Error; // of an argument
  return new SystemError(-errno, syscall, { path });
}

/** @throws SystemError of fstat(2) */
export function statsOf(fd: number): import('node:fs').Stats {
  try {
    return fs.fstatSync(fd);
  } catch (error) {
    throw systemError(error);
  }
}

function isHandle(file: unknown): file is FileHandle {
  if (typeof file !== 'object' || file === null || Buffer.isBuffer(file) || file instanceof URL) return false;
  return typeof (file as FileHandle).fd === 'number' && typeof (file as FileHandle).close === 'function';
}

/** @throws TypeError, RangeError for a source of another kind, or an fd out of range */
export function checkSource(file: unknown): asserts file is FileSource {
  if (typeof file === 'string' || Buffer.isBuffer(file) || file instanceof URL || isHandle(file)) return;
  if (typeof file !== 'number') throw invalidType('file', 'a path, an fd or a FileHandle', file);
  checkFd(file, 'file');
}

/** Whether it has to be opened first, in a thread of libuv's pool. */
export function isPath(file: FileSource): file is string | Buffer | URL {
  return typeof file !== 'number' && !isHandle(file);
}

/** A path for the kernel, as it is copied. No character of JavaScript has more than three bytes. */
const pathBytes = Buffer.allocUnsafeSlow(4096);
const LONGEST = Math.floor(pathBytes.length / 3);
// Under Node's permission model it is node:fs that decides what may be opened.
const opensItself = native.linux?.openCached !== undefined && !('permission' in process);

/**
 * Opens a file at once, if that needs no disk. Returns -1 if it does, and if the file cannot be opened: openPath() then
 * does it, or says why not.
 */
export function openCached(path: string | Buffer | URL): number {
  if (!opensItself || typeof path !== 'string' || path.length > LONGEST || path.includes('\0')) return -1;
  return native.linux?.openCached(pathBytes, 0, pathBytes.write(path)) ?? -1;
}

/** What openCached() has opened is closed by the package: node:fs does not know of it. */
export const closeOpened: (fd: number) => void = closeFd;

/** @throws SystemError of open(2) */
export function openPath(path: string | Buffer | URL): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, FLAGS, (error, fd) => {
      if (error === null) resolve(fd);
      else reject(systemError(error, String(path)));
    });
  });
}

/** A range of a regular file. */
export class OpenFile {
  readonly #handle: FileHandle | null;
  readonly #fd: number;
  #closes: boolean;
  /** What is sent next. */
  start = 0;
  /** How many bytes are still to be sent. */
  left = 0;

  /** @param closes close() closes the file; else it stays the caller's */
  constructor(file: number | FileHandle, closes: boolean) {
    this.#handle = typeof file === 'number' ? null : file;
    this.#fd = typeof file === 'number' ? file : file.fd;
    this.#closes = closes;
  }

  /**
   * Its fd. @throws SystemError EBADF for a FileHandle that was closed meanwhile: the number may be another file's
   */
  get fd(): number {
    if (this.#handle !== null && this.#handle.fd !== this.#fd) throw new SystemError(EBADF as number, 'sendfile');
    return this.#fd;
  }

  /**
   * Sets the range, of what the file has now.
   *
   * @throws SystemError of fstat(2), EISDIR; TypeError for a file that is not a regular one; RangeError
   * ERR_OUT_OF_RANGE
   */
  setRange(start: number, end: number | undefined): void {
    const size = this.#size();
    const stop = end ?? size;
    if (start > size) throw outOfRange('options.start', `at most the size of the file, ${size}`, start);
    if (stop > size) throw outOfRange('options.end', `at most the size of the file, ${size}`, stop);
    this.start = start;
    this.left = stop - start;
  }

  /** Closes the file, if that was asked for, and once: the number may be another file's afterwards. */
  close(): void {
    if (!this.#closes) return;
    this.#closes = false;
    // The promise of a FileHandle that fails to close has no reader: the file is gone either way.
    if (this.#handle !== null) void this.#handle.close().catch(() => {});
    else closeFd(this.#fd);
  }

  #size(): number {
    const size = native.fd.fileSize?.(this.fd) ?? -1;
    return size >= 0 ? size : this.#sizeOfStats();
  }

  /** By node:fs: on Windows, whose fds of files only the C library knows, and to say what is the matter. */
  #sizeOfStats(): number {
    const stats = statsOf(this.fd);
    if (stats.isDirectory()) throw new SystemError(EISDIR as number, 'sendfile', { fd: this.#fd });
    if (!stats.isFile()) throw invalidValue('file', 'a regular file', this.#fd);
    return stats.size;
  }
}

/** @throws TypeError, RangeError for what is no range */
export function checkFileRange(start: unknown, end: unknown): void {
  checkSize(start, 'options.start');
  if (end === undefined) return;
  checkSize(end, 'options.end');
  if ((end as number) < (start as number)) throw outOfRange('options.end', `>= options.start, ${start}`, end);
}
