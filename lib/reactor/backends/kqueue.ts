// The Reactor on kqueue(2): what an event means and which changes an interest needs is in kqueue-changes.ts; here they
// are made. Two rules of the kernel shape it:
//
// - A knote is (fd, filter): reading and writing are two, so one fd may have two events in a batch. They are merged.
// - close(2) takes the knotes away without a word (but not in libkqueue), and EV_ADD of a knote that exists is no
//   error. So register() asks for a number that the table knows: an fd that other code closed has no knote.
//
// Every change is made with EV_RECEIPT, which gives each its own answer (kqueue(2): FreeBSD 8, macOS 10.5, OpenBSD 6.6,
// NetBSD 6): a failure is that of its own filter, and a registration that is half made is taken back.
//
// There is no host part: macOS reports a kqueue inside another as readable all the time (XNU, as of 14), and libkqueue
// never does. There is no muteReadClosed(): a registration that does not ask to read has a READ filter with EV_CLEAR,
// which reports a half-close once.

import { errorOf, failure, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { type KeventBatch, keventBatch } from '../../queue/kqueue/kevent-batch.js';
import { type Backend, type BackendKind, isGone } from '../backend.js';
import { type Mode, Ready } from '../interest.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../stream-turn.js';
import {
  type Change,
  changesBetween,
  filtersOf,
  grown,
  type KqueueConstants,
  Merge,
  readyOf,
} from './kqueue-changes.js';
import { NativeStreams, type StreamQueue } from './native-streams.js';

const k = (native.constants.kqueue ?? {}) as unknown as KqueueConstants;
const { EEXIST, EPIPE } = native.constants.error;
const { open, wait, bindSource, unbindSource } = callsOf(native.kqueue); // the constructor checks that they exist

/** More changes than any interest needs. */
const MAX_CHANGES = 8;
/** What the queue has for an fd, beside filtersOf(): its mode is 'oneshot'. */
const ONESHOT = 16;

/** A stream of a registered fd would take its filters over. */
class KqueueStreams extends NativeStreams {
  readonly #isWatched: (fd: number) => boolean;

  constructor(own: StreamQueue, memory: StreamMemory, limits: StreamLimits, isWatched: (fd: number) => boolean) {
    super(own, memory, limits);
    this.#isWatched = isWatched;
  }

  override add(fd: number, role: number, noDelay: boolean, target: Int32Array): number {
    return this.#isWatched(fd) ? failure(EEXIST as number) : super.add(fd, role, noDelay, target);
  }
}

export class KqueueBackend implements Backend {
  readonly kind: BackendKind = kqueue;
  readonly changeCall = 'kevent';
  readonly fd: number;
  readonly times: Float64Array;
  readonly #events: KeventBatch;
  readonly #changes: KeventBatch;
  readonly #receipts: KeventBatch;
  readonly #rooms: Int32Array[] = [];
  readonly #merge = new Merge();
  #streams: NativeStreams | null = null;
  /** By fd: what the queue has for it, and the registration that it is for. */
  #filters = new Int32Array(0);
  #slots = new Int32Array(0);
  #generations = new Int32Array(0);
  /** The watchers of a signal, which share one knote. By source, slot and generation. */
  readonly #signals = new Map<number, Map<number, { slot: number; generation: number }>>();

  constructor(maxEvents: number) {
    if (native.kqueue === undefined) throw new UnsupportedError('kqueue');
    this.#events = keventBatch(maxEvents);
    this.#changes = keventBatch(MAX_CHANGES);
    this.#receipts = keventBatch(MAX_CHANGES);
    this.times = this.#events.batch.times;
    this.fd = open();
    if (this.fd < 0) throw new SystemError(errorOf(this.fd), 'kqueue');
  }

  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    if (this.#isWatched(fd) || this.#streams?.wouldLose(fd) === true) return failure(EEXIST as number);
    this.#know(fd, slot, generation, 0);
    return this.#bring(fd, interest, mode);
  }

  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    this.#know(fd, slot, generation, this.#filters[fd] ?? 0);
    return this.#bring(fd, interest, mode);
  }

  deregister(fd: number): boolean {
    const before = (this.#filters[fd] ?? 0) & ~ONESHOT;
    if (before === 0) return false;
    this.#filters[fd] = 0;
    const result = this.#change(fd, changesBetween(before, 0, 'level', k));
    if (result < 0) throw new SystemError(errorOf(result), 'kevent', { fd });
    return !isGone(result);
  }

  watchInternal(source: number, slot: number, generation: number): number {
    const result = bindSource(source, this.fd, slot, generation);
    return result > 0 ? this.#watchSignal(result, source, slot, generation) : result;
  }

  unwatchInternal(source: number): boolean {
    for (const [number, watchers] of this.#signals) {
      if (!watchers.delete(source)) continue;
      if (watchers.size > 0) return true;
      this.#signals.delete(number);
      this.#change(number, [{ filter: k.EVFILT_SIGNAL, flags: k.EV_DELETE, fflags: 0, data: 0, mayFail: true }]);
      return true;
    }
    unbindSource(source);
    return true;
  }

  openStreams(memory: StreamMemory, limits: StreamLimits): StreamEngine {
    const { fd, changeCall } = this;
    const own = { queue: fd, batch: this.#events.words, changeCall, waitCall: 'kevent', details: { fd } };
    this.#streams = new KqueueStreams(own, memory, limits, (fd) => this.#isWatched(fd));
    return this.#streams;
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    const streams = this.#streams;
    const count = streams?.isOpen === true ? streams.wait(timeoutMs, deadlineMs) : this.#wait(timeoutMs, deadlineMs);
    this.#merge.begin();
    for (let i = 0; i < count; i++) this.#take(i);
    return this.#merge.count;
  }

  slot(index: number): number {
    return this.#merge.slot(index);
  }

  generation(index: number): number {
    return this.#merge.generation(index);
  }

  ready(index: number): number {
    return this.#merge.ready(index);
  }

  readClock(): void {
    this.#events.batch.readClock();
  }

  close(): void {
    native.fd.close(this.fd);
  }

  #wait(timeoutMs: number, deadlineMs: number): number {
    const { words } = this.#events;
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(this.fd, words, 0, words, timeoutMs)
        : wait(this.fd, words, 0, words, timeoutMs, deadlineMs);
    if (count < 0) throw new SystemError(errorOf(count), 'kevent', { fd: this.fd });
    return count;
  }

  #take(i: number): void {
    const events = this.#events;
    const filter = events.filter(i);
    const flags = events.flags(i);
    if ((flags & k.EV_ERROR) !== 0) return; // only changes have such answers, and those are taken where they are made
    if (filter === k.EVFILT_SIGNAL) {
      this.#takeSignal(events.ident(i));
      return;
    }
    const slot = events.udataLow(i);
    if (slot < 0) return; // the waiting thread's own
    const isWaker = filter !== k.EVFILT_READ && filter !== k.EVFILT_WRITE && filter !== k.EVFILT_EXCEPT;
    const ready = isWaker ? Ready.READABLE : readyOf(filter, flags, events.fflags(i), k);
    this.#merge.add(slot, events.udataHigh(i), ready);
    if (!isWaker) this.#endOneshot(events.ident(i), filter);
  }

  #takeSignal(number: number): void {
    const watchers = this.#signals.get(number);
    if (watchers === undefined) return;
    for (const { slot, generation } of watchers.values()) this.#merge.add(slot, generation, Ready.READABLE);
  }

  /** One of its filters has fired, and is disabled by that; the others must not fire later. */
  #endOneshot(fd: number, fired: number): void {
    const has = this.#filters[fd] ?? 0;
    if ((has & ONESHOT) === 0) return;
    const others = [k.EVFILT_READ, k.EVFILT_WRITE, k.EVFILT_EXCEPT].filter(
      (filter) => filter !== undefined && filter !== fired,
    ) as number[];
    const off = (filter: number): Change => ({ filter, flags: k.EV_DISABLE, fflags: 0, data: 0, mayFail: true });
    this.#change(fd, others.map(off));
  }

  #watchSignal(number: number, source: number, slot: number, generation: number): number {
    let watchers = this.#signals.get(number);
    if (watchers === undefined) {
      watchers = new Map();
      const flags = k.EV_ADD | k.EV_CLEAR;
      const result = this.#change(number, [{ filter: k.EVFILT_SIGNAL, flags, fflags: 0, data: 0, mayFail: false }]);
      if (result < 0) return result;
      this.#signals.set(number, watchers);
    }
    watchers.set(source, { slot, generation });
    return 0;
  }

  #know(fd: number, slot: number, generation: number, filters: number): void {
    if (fd >= this.#filters.length) {
      const capacity = Math.max(64, (fd + 1) * 2);
      this.#filters = grown(this.#filters, capacity);
      this.#slots = grown(this.#slots, capacity);
      this.#generations = grown(this.#generations, capacity);
    }
    this.#filters[fd] = filters;
    this.#slots[fd] = slot;
    this.#generations[fd] = generation;
  }

  /** A change that asks for nothing is refused where there is no such knote (ENOENT). */
  #isWatched(fd: number): boolean {
    const has = this.#filters[fd] ?? 0;
    if (has === 0) return false;
    const [first] = changesBetween(0, has & ~ONESHOT, 'level', k) as [Change];
    return this.#change(fd, [{ ...first, flags: 0, mayFail: true }]) === 0;
  }

  /** Brings the queue to what is asked for; after a failure it has nothing for the fd. */
  #bring(fd: number, interest: number, mode: Mode): number {
    const before = (this.#filters[fd] as number) & ~ONESHOT;
    const after = filtersOf(interest);
    this.#filters[fd] = after | (mode === 'oneshot' ? ONESHOT : 0);
    const result = this.#change(fd, changesBetween(before, after, mode, k));
    if (result < 0) this.deregister(fd);
    return result < 0 ? result : 0;
  }

  /**
   * Room for so many receipts and not one more: a queue with room left would go on to fetch events (libkqueue does).
   */
  #roomFor(count: number): Int32Array {
    this.#rooms[count] ??= this.#receipts.words.subarray(0, this.#receipts.end(count));
    return this.#rooms[count];
  }

  /** Makes the changes. Returns the failure of one that may not fail; else the last error of one that may, or 0. */
  #change(fd: number, list: readonly Change[]): number {
    const slot = this.#slots[fd] ?? 0;
    const generation = this.#generations[fd] ?? 0;
    list.forEach(({ filter, flags, fflags, data }, i) => {
      this.#changes.set(i, fd, filter, flags | k.EV_RECEIPT, fflags, data, 0);
      this.#changes.setUdata(i, slot, generation);
    });
    const count = wait(this.fd, this.#changes.words, list.length, this.#roomFor(list.length), 0);
    if (count < 0) return count;
    let tolerated = 0;
    for (let i = 0; i < count; i++) {
      const error = (this.#receipts.flags(i) & k.EV_ERROR) === 0 ? 0 : this.#receipts.data(i);
      if (error === 0) continue;
      // EPIPE: macOS says so of a pipe whose other end is gone, and has made the knote all the same (mio, issue 582).
      if (list[i]?.mayFail !== true && error !== EPIPE) return failure(error);
      tolerated = error;
    }
    return tolerated;
  }
}

export const kqueue = {
  name: 'kqueue',
  available: native.kqueue !== undefined,
  capabilities: { edge: true, oneshot: true, priority: k.EVFILT_EXCEPT !== undefined, exclusive: false, attach: true },
  open: (maxEvents: number) => new KqueueBackend(maxEvents),
} as const satisfies BackendKind;
