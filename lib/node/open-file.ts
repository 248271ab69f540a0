// OpenFile: a regular file of which a range is sent, opened by path, or given as an fd or a FileHandle.
import type { FileHandle } from 'node:fs/promises';
import { checkFd, checkSize } from '../base/arguments.js';
import { closeFile } from '../base/close-file.js';
import { fromNode, invalidType, invalidValue, outOfRange, SystemError } from '../base/errors.js';
import { fs, url } from '../native/builtins.js';
import { native } from '../native/table.js';
import { closeFd } from '../socket/closing.js';
import { noFds } from './handle.js';

/** What is sent: a path, an fd, or a FileHandle of node:fs/promises. */
export type FileSource = string | Buffer | URL | number | FileHandle;

const { EISDIR = 0, EBADF = 0 } = native.constants.error;
// Without O_NONBLOCK the opening of a FIFO would keep a thread of libuv until another process writes.
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

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
// Under Node's permission model it is node:fs that decides what may be opened, and node:fs of Deno reads only what it
// has opened itself.
const opensItself = native.linux?.openCached !== undefined && noFds === undefined && !('permission' in process);

/**
 * Opens a file at once, if that needs no disk. Returns -1 if it does, and if the file cannot be opened: openPath() then
 * does it, or says why not.
 */
export function openCached(path: string | Buffer | URL): number {
  if (!opensItself) return -1;
  const text = path instanceof URL ? pathOfUrl(path) : path;
  if (text.length > LONGEST || text.includes('\0')) return -1;
  const length = typeof text === 'string' ? pathBytes.write(text) : text.copy(pathBytes);
  return native.linux?.openCached(pathBytes, 0, length) ?? -1;
}

/** '' for a URL of no file. */
function pathOfUrl(location: URL): string {
  try {
    return url.fileURLToPath(location);
  } catch {
    return ''; // node:fs says what is the matter with it
  }
}

/** @throws SystemError of open(2) */
export function openPath(path: string | Buffer | URL): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, FLAGS, (error, fd) => {
      if (error === null) resolve(fd);
      else reject(fromNode(error, { path: String(path) }));
    });
  });
}

/** A range of a regular file. */
export class OpenFile {
  readonly #handle: FileHandle | null;
  readonly #fd: number;
  readonly #isCached: boolean;
  #closes: boolean;
  /** What is sent next. */
  start = 0;
  /** How many bytes are still to be sent. */
  left = 0;

  /**
   * @param closes close() closes the file; else it stays the caller's
   * @param isCached openCached() has opened it
   */
  constructor(file: number | FileHandle, closes: boolean, isCached = false) {
    this.#handle = typeof file === 'number' ? null : file;
    this.#fd = typeof file === 'number' ? file : file.fd;
    this.#closes = closes;
    this.#isCached = isCached;
  }

  /** One that openCached() has opened; undefined for an fd below 0. */
  static ofCached(fd: number): OpenFile | undefined {
    return fd < 0 ? undefined : new OpenFile(fd, true, true);
  }

  /** @throws SystemError of fstat(2) */
  stats(): import('node:fs').Stats {
    try {
      return fs.fstatSync(this.fd);
    } catch (error) {
      throw fromNode(error as Error, { fd: this.#fd });
    }
  }

  /**
   * Its fd. @throws SystemError EBADF for a FileHandle that is closed: the number may be another file's
   */
  get fd(): number {
    const isClosed = this.#handle !== null && (this.#fd < 0 || this.#handle.fd !== this.#fd);
    if (isClosed) throw new SystemError(EBADF, 'sendfile');
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
    else if (this.#isCached) closeFd(this.#fd);
    else closeFile(this.#fd);
  }

  #size(): number {
    const size = native.fd.fileSize?.(this.fd) ?? -1;
    return size >= 0 ? size : this.#sizeOfStats();
  }

  /** By node:fs: on Windows, whose fds of files only the C library knows, and to say what is the matter. */
  #sizeOfStats(): number {
    const stats = this.stats();
    if (stats.isDirectory()) throw new SystemError(EISDIR, 'sendfile', { fd: this.#fd });
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
