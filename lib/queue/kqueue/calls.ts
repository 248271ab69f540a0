// The calls of kqueue(2), and a list of its events. Exported as fdreactor/kqueue.
import { checkBits, checkInteger, checkTimeout } from '../../base/arguments.js';
import {
  BAD_ARGUMENT,
  errorOf,
  invalidState,
  invalidType,
  invalidValue,
  outOfRange,
  SystemError,
  UnsupportedError,
} from '../../base/errors.js';
import { deadlineAfter, MAX_SLICE_MS, waitInSlices } from '../../base/wait.js';
import { callsOf, native } from '../../native/table.js';
import { type KeventBatch, keventBatch } from './kevent-batch.js';

/** Whether this build has kqueue. */
export const supported: boolean = native.kqueue !== undefined;

const MAX_EVENTS = 1 << 24;
const NO_ADDRESSES = 'of filters whose entries hold no address';
const LARGEST_INT16 = 2 ** 15 - 1;
const LARGEST_UINT16 = 2 ** 16 - 1;
const { wait: kqueueWait } = callsOf(native.kqueue); // the constructor checks that it exists

let batchOf: (list: unknown) => KeventBatch | undefined;
let lengthOf: (list: KeventList) => number;
let setLength: (list: KeventList, length: number) => void;

/** A list of events in the kernel's own form: changes to make, or events that came. It can be used again and again. */
export class KeventList {
  readonly #batch: KeventBatch;
  #length = 0;

  /**
   * @param capacity how many entries fit; 1 to 16,777,216
   * @throws UnsupportedError where there is no kqueue
   */
  constructor(capacity: number) {
    if (!supported) throw new UnsupportedError('kqueue');
    checkInteger(capacity, 'capacity', 1, MAX_EVENTS);
    this.#batch = keventBatch(capacity);
  }

  /** How many entries fit. */
  get capacity(): number {
    return this.#batch.capacity;
  }

  /** How many entries there are: as many as were pushed, or as kevent() has returned. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds an entry (EV_SET).
   *
   * @param ident what is watched: an fd, a pid, a signal's number ...; 0 to 2^53 - 1
   * @param filter an EVFILT_ constant
   * @param flags EV_ bits
   * @param fflags NOTE_ bits of the filter, as a signed or an unsigned integer of 32 bits
   * @param data the filter's own, such as a timer's period: a safe integer
   * @param udata comes back with the event: 0 to 2^53 - 1
   * @throws RangeError ERR_OUT_OF_RANGE for a number out of range, and where the list is full
   */
  push(ident: number, filter: number, flags: number, fflags = 0, data = 0, udata = 0): void {
    if (this.#length === this.#batch.capacity) {
      throw outOfRange('length', `below the capacity of ${this.#batch.capacity}`, this.#length);
    }
    checkInteger(ident, 'ident', 0, Number.MAX_SAFE_INTEGER);
    checkInteger(filter, 'filter', -LARGEST_INT16 - 1, LARGEST_INT16);
    checkInteger(flags, 'flags', 0, LARGEST_UINT16);
    checkBits(fflags, 'fflags');
    checkInteger(data, 'data', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    checkInteger(udata, 'udata', 0, Number.MAX_SAFE_INTEGER);
    this.#batch.set(this.#length++, ident, filter, flags, fflags, data, udata);
  }

  /** Takes all entries out. */
  clear(): void {
    this.#length = 0;
  }

  /** What the i-th entry is about. Like all of these for i from 0 to length - 1. */
  ident(i: number): number {
    return this.#batch.ident(this.#check(i));
  }

  /** Its EVFILT_ constant. */
  filter(i: number): number {
    return this.#batch.filter(this.#check(i));
  }

  /** Its EV_ bits, as an unsigned integer. */
  flags(i: number): number {
    return this.#batch.flags(this.#check(i));
  }

  /** The bits of its filter, as an unsigned integer. */
  fflags(i: number): number {
    return this.#batch.fflags(this.#check(i));
  }

  /**
   * The filter's own: how much can be read, say; with EV_ERROR an errno.
   *
   * @throws RangeError ERR_OUT_OF_RANGE for what is no safe integer: see dataBigInt()
   */
  data(i: number): number {
    const exact = this.#batch.bigData(this.#check(i));
    const data = Number(exact);
    if (!Number.isSafeInteger(data)) throw outOfRange('data', 'a safe integer', data);
    return data;
  }

  /** The same, all 64 bits of it. */
  dataBigInt(i: number): bigint {
    return this.#batch.bigData(this.#check(i));
  }

  /** What push() gave for it. */
  udata(i: number): number {
    return this.#batch.udata(this.#check(i));
  }

  #check(i: number): number {
    checkInteger(i, 'i', 0, this.#length - 1);
    return i;
  }

  static {
    batchOf = (list) => (typeof list === 'object' && list !== null && #batch in list ? list.#batch : undefined);
    lengthOf = (list) => list.#length;
    setLength = (list, length) => {
      list.#length = length;
    };
  }
}

/**
 * A kernel event queue (kqueue(2)); close-on-exec, and never inherited by a child. Close it: one that is merely
 * forgotten stays open, since its fd is public.
 */
export class Kqueue {
  readonly #fd: number;
  #closed = false;

  /** @throws UnsupportedError where there is no kqueue; SystemError EMFILE, ENFILE, ENOMEM */
  constructor() {
    if (native.kqueue === undefined) throw new UnsupportedError('kqueue');
    this.#fd = native.kqueue.open();
    if (this.#fd < 0) throw new SystemError(errorOf(this.#fd), 'kqueue');
  }

  /** Its own fd. */
  get fd(): number {
    this.#checkOpen();
    return this.#fd;
  }

  /**
   * Makes all `changes`, then waits for events and returns how many there are (kevent(2)). A signal does not end it.
   *
   * A change that fails is an event of its own with EV_ERROR and the errno in data, if `events` has room for it;
   * otherwise the call fails, and the changes after it are not made. With EV_RECEIPT every change is answered so.
   *
   * @param changes null for none
   * @param events is filled, and its length set; null not to wait for any. May be the same as `changes`
   * @param timeoutMs at least so long if nothing happens; 0 does not wait; -1, undefined and Infinity wait without
   * limit
   * @throws SystemError EBADF, EINVAL, ENOENT, ENOMEM, ESRCH ... of a change that has no room in `events`; TypeError
   * ERR_INVALID_ARG_VALUE, before any change is made, for a filter whose entry holds an address that the kernel uses:
   * EVFILT_AIO, EVFILT_LIO, EVFILT_SENDFILE, EVFILT_WORKLOOP, and EVFILT_MACHPORT with MACH_RCV_MSG
   */
  kevent(changes: KeventList | null, events: KeventList | null, timeoutMs?: number): number {
    this.#checkOpen();
    const changed = changes === null ? undefined : checkList(changes, 'changes');
    const target = events === null ? undefined : checkList(events, 'events');
    const limitMs = checkTimeout(timeoutMs);
    const isWaiting = target !== undefined && limitMs !== 0;
    const endMs = deadlineAfter(limitMs);
    const words = target?.words ?? NO_EVENTS;
    const changeCount = changes === null ? 0 : lengthOf(changes);
    const sliceMs = isWaiting ? MAX_SLICE_MS : 0;
    let count = changeAndWait(this.#fd, changed?.words ?? words, changeCount, words, sliceMs, endMs);
    if (isWaiting && count === 0 && native.now() < endMs) count = waitInSlices(waitOnce, this.#fd, words, endMs);
    if (events !== null) setLength(events, count);
    return count;
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
    if (this.#closed) throw invalidState('the kqueue is closed');
  }
}

function changeAndWait(
  fd: number,
  changes: Int32Array,
  changeCount: number,
  words: Int32Array,
  timeoutMs: number,
  deadlineMs: number,
): number {
  const count = kqueueWait(fd, changes, changeCount, words, timeoutMs, deadlineMs);
  if (count === BAD_ARGUMENT) throw invalidValue('changes', NO_ADDRESSES, undefined);
  if (count < 0) throw new SystemError(errorOf(count), 'kevent', { fd });
  return count;
}

function waitOnce(fd: number, words: Int32Array, timeoutMs: number, deadlineMs: number): number {
  return changeAndWait(fd, words, 0, words, timeoutMs, deadlineMs);
}

/** A batch with room for no event: its header alone. */
const NO_EVENTS = new Int32Array(new ArrayBuffer((native.kqueue?.layout.firstWord ?? 0) * 4));

function checkList(list: unknown, name: string): KeventBatch {
  const batch = batchOf(list);
  if (batch === undefined) throw invalidType(name, 'a KeventList or null', list);
  return batch;
}
