// The calls of epoll(7), and the events of a wait. Exported as fdreactor/epoll.
import { checkBits, checkFd, checkInteger, checkOptionalInteger, checkTimeout } from '../../base/arguments.js';
import { errorOf, invalidState, invalidType, SystemError, UnsupportedError } from '../../base/errors.js';
import { deadlineAfter, NO_DEADLINE, waitInSlices } from '../../base/wait.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../event-batch.js';

const { EPOLL_CTL_ADD = 0, EPOLL_CTL_MOD = 0, EPOLL_CTL_DEL = 0 } = native.constants.epoll ?? {};

const MAX_EVENTS = 1 << 24;
const TWO_TO_32 = 2 ** 32;
const { control: epollControl, wait: epollWait } = callsOf(native.epoll); // the constructor checks that they exist

/** Whether this platform has epoll. */
export const supported: boolean = native.epoll !== undefined;

/** The events of one wait, in memory of its own that the next wait fills again. */
export class EpollEvents {
  readonly #batch: EventBatch;
  readonly #firstWord: number;
  readonly #eventWords: number;
  readonly #dataWord: number;

  /** @param capacity how many events one wait can return; 1 to 16,777,216 */
  constructor(capacity: number) {
    if (native.epoll === undefined) throw new UnsupportedError('epoll');
    const { layout } = native.epoll;
    checkInteger(capacity, 'capacity', 1, MAX_EVENTS);
    this.#batch = new EventBatch(layout, capacity);
    this.#firstWord = layout.firstWord;
    this.#eventWords = layout.eventWords;
    this.#dataWord = layout.dataWord;
  }

  /** How many events fit. */
  get capacity(): number {
    return this.#batch.capacity;
  }

  /** The EPOLL bits of the i-th event, as an unsigned integer. Meaningful for i below what wait() returned. */
  events(i: number): number {
    return this.#word(i, 0) >>> 0;
  }

  /** The `data` that add() or modify() gave for it. */
  data(i: number): number {
    return (this.#word(i, this.#dataWord + 1) >>> 0) * TWO_TO_32 + (this.#word(i, this.#dataWord) >>> 0);
  }

  #word(i: number, word: number): number {
    checkInteger(i, 'i', 0, this.#batch.capacity - 1);
    return this.#batch.words[this.#firstWord + i * this.#eventWords + word] as number;
  }

  /** @internal The memory that wait() fills; undefined for what is no EpollEvents. */
  static wordsOf(value: unknown): Int32Array | undefined {
    return typeof value === 'object' && value !== null && #batch in value ? value.#batch.words : undefined;
  }
}

/**
 * An epoll set (epoll_create1(2), epoll_ctl(2), epoll_wait(2)). Close it: a set that is merely forgotten stays open,
 * since its fd is public and may be in use elsewhere.
 */
export class Epoll {
  readonly #fd: number;
  #closed = false;

  /** @throws UnsupportedError where there is no epoll; SystemError EMFILE, ENFILE, ENOMEM */
  constructor() {
    if (native.epoll === undefined) throw new UnsupportedError('epoll');
    this.#fd = native.epoll.open();
    if (this.#fd < 0) throw new SystemError(errorOf(this.#fd), 'epoll_create1');
  }

  /** Its own fd, which may be watched by another set; close-on-exec. */
  get fd(): number {
    this.#checkOpen();
    return this.#fd;
  }

  /**
   * EPOLL_CTL_ADD (epoll_ctl(2)).
   *
   * @param events EPOLL bits, as a signed or an unsigned integer of 32 bits
   * @param data comes back with each event: an integer from 0 to 2^53 - 1, the fd by default
   * @throws SystemError EEXIST, EPERM (a file that cannot be polled), EBADF, EINVAL (itself, or bits that do not go
   * together), ELOOP, ENOMEM, ENOSPC
   */
  add(fd: number, events: number, data?: number): void {
    this.#control(EPOLL_CTL_ADD, fd, events, data);
  }

  /**
   * EPOLL_CTL_MOD (epoll_ctl(2)): new events and data; re-arms EPOLLONESHOT. Arguments as add().
   *
   * @throws SystemError ENOENT (not in the set), EBADF, EINVAL, ENOMEM; ERR_INVALID_STATE once closed
   */
  modify(fd: number, events: number, data?: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events, data);
  }

  /** EPOLL_CTL_DEL (epoll_ctl(2)). @throws SystemError ENOENT (not in the set), EBADF; ERR_INVALID_STATE once closed */
  delete(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /**
   * Waits for events and returns how many there are, at most `events.capacity` (epoll_wait(2)). A signal does not end
   * it.
   *
   * @param timeoutMs at least so long if nothing happens, to the nanosecond from Linux 5.11 (epoll_pwait2) and rounded
   * up to a millisecond before; 0 does not wait; -1, undefined and Infinity wait without limit
   * @throws RangeError ERR_OUT_OF_RANGE for other negative times and NaN; ERR_INVALID_STATE once closed
   */
  wait(events: EpollEvents, timeoutMs?: number): number {
    this.#checkOpen();
    const words = EpollEvents.wordsOf(events);
    if (words === undefined) throw invalidType('events', 'an EpollEvents', events);
    const limitMs = checkTimeout(timeoutMs);
    if (limitMs === 0) return waitOnce(this.#fd, words, 0, NO_DEADLINE);
    return waitInSlices(waitOnce, this.#fd, words, deadlineAfter(limitMs));
  }

  /** Closes it. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const result = native.fd.close(this.#fd);
    if (result < 0) throw new SystemError(errorOf(result), 'close', { fd: this.#fd });
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw invalidState('the epoll set is closed');
  }

  #control(op: number, fd: number, events: number, data: number | undefined): void {
    this.#checkOpen();
    checkFd(fd);
    checkBits(events, 'events');
    checkOptionalInteger(data, 'data', 0, Number.MAX_SAFE_INTEGER);
    const word = data ?? fd;
    const result = epollControl(this.#fd, op, fd, events >>> 0, word >>> 0, Math.floor(word / TWO_TO_32));
    if (result < 0) throw new SystemError(errorOf(result), 'epoll_ctl', { fd });
  }
}

function waitOnce(fd: number, words: Int32Array, timeoutMs: number, deadlineMs: number): number {
  const count = epollWait(fd, words, timeoutMs, deadlineMs);
  if (count < 0) throw new SystemError(errorOf(count), 'epoll_wait', { fd });
  return count;
}
