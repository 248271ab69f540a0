// inotify(7): the calls, and the events of a read. Exported as a part of fdreactor/linux.
import { checkBits, checkFd, checkFlags, checkInteger, fail, failFd } from '../base/arguments.js';
import { WOULD_BLOCK } from '../base/errors.js';
import { linuxCalls } from './constants.js';
import { checkText, textBytes } from './text.js';

const INT32_LIMIT = 2 ** 31;
const MAX_PATH_BYTES = 4095;
const DEFAULT_BYTES = 4096;
const MAX_BYTES = 1 << 24;
/** struct inotify_event: wd, mask, cookie and the length of the name, a word each; then the name. */
const HEADER_BYTES = 16;
const WORD_BYTES = 4;
const MASK = 1;
const COOKIE = 2;
const NAME_BYTES = 3;

/**
 * Opens an fd that tells of changes to files and folders (inotify_init1(2), Linux 2.6.27). It is READABLE when there
 * are events, which `InotifyEvents` reads.
 *
 * @param flags 0; IN_CLOEXEC and IN_NONBLOCK are always set
 * @returns its fd
 * @throws SystemError EMFILE (also by fs.inotify.max_user_instances), ENFILE, ENOMEM, EINVAL (other flags);
 * UnsupportedError where there is no inotify
 */
export function inotify_init1(flags = 0): number {
  const fd = linuxCalls('inotify_init1').inotifyInit1(flags);
  return fd >= 0 ? fd : fail(fd, 'inotify_init1', {}, () => checkFlags(flags));
}

/**
 * Watches a file or a folder (inotify_add_watch(2), Linux 2.6.13). A watch belongs to the file, not to its path: a
 * second call for the same file changes the watch. The watch of a folder tells of the files in it, but not of those in
 * folders below.
 *
 * @param fd an inotify
 * @param path of the file, relative to the working directory unless it begins with a slash; at most 4,095 bytes. A
 * Uint8Array for a path that is not UTF-8
 * @param mask IN_ bits of `constants`: the events, and IN_ONLYDIR, IN_DONT_FOLLOW, IN_EXCL_UNLINK (Linux 2.6.36),
 * IN_MASK_ADD, IN_MASK_CREATE (Linux 4.18), IN_ONESHOT; as a signed or an unsigned integer of 32 bits
 * @returns the watch descriptor, from 1, which the events carry
 * @throws SystemError ENOENT, EACCES, ENOTDIR (also by IN_ONLYDIR), ENOSPC (fs.inotify.max_user_watches), EEXIST
 * (IN_MASK_CREATE), EBADF, EINVAL (no event in the mask, or not an inotify), ENAMETOOLONG, ENOMEM; TypeError for a path
 * that holds NUL; UnsupportedError where there is no inotify
 */
export function inotify_add_watch(fd: number, path: string | Uint8Array, mask: number): number {
  const calls = linuxCalls('inotify_add_watch');
  const bytes = textBytes(path, 'path');
  const wd = calls.inotifyAddWatch(fd, bytes, mask);
  if (wd >= 0) return wd;
  return fail(wd, 'inotify_add_watch', { fd, path: typeof path === 'string' ? path : undefined }, () => {
    checkFd(fd);
    checkText(bytes, 'path', MAX_PATH_BYTES);
    checkBits(mask, 'mask');
  });
}

/**
 * Ends a watch (inotify_rm_watch(2), Linux 2.6.13). An event IN_IGNORED of this watch follows. Events that are in the
 * queue already are still read.
 *
 * @param fd an inotify
 * @param wd what `inotify_add_watch()` returned
 * @throws SystemError EBADF, EINVAL (no such watch, or not an inotify); UnsupportedError where there is no inotify
 */
export function inotify_rm_watch(fd: number, wd: number): void {
  const result = linuxCalls('inotify_rm_watch').inotifyRmWatch(fd, wd);
  if (result >= 0) return;
  fail(result, 'inotify_rm_watch', { fd }, () => {
    checkFd(fd);
    checkInteger(wd, 'wd', -INT32_LIMIT, INT32_LIMIT - 1);
  });
}

/**
 * The events of one read of an inotify (inotify(7), Linux 2.6.13), in memory of its own that the next read fills again.
 * `i` is below what `read()` returned; other indexes that fit give no meaningful value.
 */
export class InotifyEvents {
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #offsets: Int32Array;

  /**
   * @param bytes the size of its memory: 16 to 16,777,216, by default 4,096. An event takes 16 bytes and its name, with
   * at least one NUL, rounded up to 16. So any event fits into 272 bytes
   * @throws RangeError ERR_OUT_OF_RANGE for another size; UnsupportedError where there is no inotify
   */
  constructor(bytes = DEFAULT_BYTES) {
    linuxCalls('InotifyEvents');
    checkInteger(bytes, 'bytes', HEADER_BYTES, MAX_BYTES);
    const buffer = new ArrayBuffer(bytes);
    this.#bytes = Buffer.from(buffer);
    this.#words = new Int32Array(buffer, 0, Math.floor(bytes / WORD_BYTES));
    this.#offsets = new Int32Array(Math.floor(bytes / HEADER_BYTES));
  }

  /** How many bytes it has. */
  get bytes(): number {
    return this.#bytes.length;
  }

  /**
   * Reads as many events as there are and fit (inotify(7)). The others stay in the queue, and the fd stays READABLE.
   *
   * Where the program reads too slowly, the queue has a limit (fs.inotify.max_queued_events). The event after the last
   * that fitted has the mask IN_Q_OVERFLOW and the wd -1. Events were lost then: look at the folders again.
   *
   * @param fd an inotify
   * @returns how many events there are, from 1; or WOULD_BLOCK
   * @throws SystemError EINVAL: this memory is too small for the next event, or `fd` is not an inotify. With 272 bytes
   * or more it is never too small. EBADF
   */
  read(fd: number): number {
    const count = linuxCalls('InotifyEvents').inotifyRead(fd, this.#bytes, this.#offsets);
    return count >= WOULD_BLOCK ? count : failFd(count, 'read', fd);
  }

  /** The watch that the i-th event belongs to; -1 for IN_Q_OVERFLOW. */
  wd(i: number): number {
    return this.#word(i, 0);
  }

  /** What happened: IN_ bits of `constants`, as an unsigned integer; IN_ISDIR where it happened to a folder. */
  mask(i: number): number {
    return this.#word(i, MASK) >>> 0;
  }

  /**
   * A number that the two events of a rename have in common (IN_MOVED_FROM, IN_MOVED_TO), unsigned; 0 for other events.
   */
  cookie(i: number): number {
    return this.#word(i, COOKIE) >>> 0;
  }

  /**
   * The name of the file in the watched folder; '' where the event is about the watched file itself. Made at each call.
   * Bytes that are not UTF-8 become U+FFFD: see `nameBytes()`.
   */
  name(i: number): string {
    const start = this.#nameStart(i);
    return this.#bytes.toString('utf8', start, this.#nameEnd(i, start));
  }

  /** A copy of the bytes of the name, without NUL; empty where the event has no name. */
  nameBytes(i: number): Uint8Array {
    const start = this.#nameStart(i);
    return new Uint8Array(this.#words.buffer).slice(start, this.#nameEnd(i, start));
  }

  #word(i: number, word: number): number {
    return this.#words[(this.#offset(i) >>> 2) + word] as number;
  }

  #offset(i: number): number {
    checkInteger(i, 'i', 0, this.#offsets.length - 1);
    return this.#offsets[i] as number;
  }

  #nameStart(i: number): number {
    return this.#offset(i) + HEADER_BYTES;
  }

  /** The kernel fills the name up with NULs. */
  #nameEnd(i: number, start: number): number {
    const end = Math.min(start + (this.#word(i, NAME_BYTES) >>> 0), this.#bytes.length);
    const nul = this.#bytes.indexOf(0, start);
    return nul >= 0 && nul < end ? nul : end;
  }
}
