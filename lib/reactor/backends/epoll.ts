// The Reactor on epoll(7): translation only. The two pure functions at the head are the whole of it; the rest packs a
// slot and a generation into the kernel's user-data word and calls. What ends a wait for the host is in epoll-host.ts.

import { errorOf, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../../queue/event-batch.js';
import { type Backend, type BackendKind, isGone, type WatchPart } from '../backend.js';
import { Interest, type Mode, Ready } from '../interest.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../stream-turn.js';
import { EpollHost } from './epoll-host.js';
import { NativeStreams } from './native-streams.js';

const {
  EPOLLIN = 0,
  EPOLLOUT = 0,
  EPOLLPRI = 0,
  EPOLLERR = 0,
  EPOLLHUP = 0,
  EPOLLRDHUP = 0,
  EPOLLET = 0,
  EPOLLONESHOT = 0,
  EPOLLEXCLUSIVE = 0,
  EPOLL_CTL_ADD = 0,
  EPOLL_CTL_MOD = 0,
  EPOLL_CTL_DEL = 0,
} = native.constants.epoll ?? {};
const { control, replace, wait } = callsOf(native.epoll); // the constructor checks that they exist

/** The bits for epoll_ctl. EPOLLERR and EPOLLHUP need not be asked for (epoll_ctl(2)). */
export function toEpollEvents(interest: number, mode: Mode): number {
  let events = EPOLLRDHUP;
  if (interest & Interest.READABLE) events |= EPOLLIN;
  if (interest & Interest.WRITABLE) events |= EPOLLOUT;
  if (interest & Interest.PRIORITY) events |= EPOLLPRI;
  if (mode === 'oneshot') events |= EPOLLONESHOT;
  // A paused registration gets closures once: level-triggered, a hang-up would end every wait at once, and the kernel
  // does not let it be masked.
  if (mode === 'edge' || interest === 0) events |= EPOLLET;
  return events >>> 0;
}

/** What the kernel's bits mean for the Reactor's user. */
export function toReady(events: number): number {
  let ready = 0;
  if (events & EPOLLIN) ready |= Ready.READABLE;
  if (events & EPOLLOUT) ready |= Ready.WRITABLE;
  if (events & EPOLLPRI) ready |= Ready.PRIORITY;
  if (events & EPOLLRDHUP) ready |= Ready.READ_CLOSED;
  if (events & EPOLLERR) ready |= Ready.ERROR;
  if (events & EPOLLHUP) ready |= Ready.HANGUP | Ready.READ_CLOSED | Ready.WRITE_CLOSED;
  return ready;
}

/** EPOLL_CTL_MOD refuses EPOLLEXCLUSIVE, and EPOLLRDHUP does not go with it (epoll_ctl(2)). */
class EpollExclusive implements WatchPart {
  readonly #fd: number;

  constructor(epollFd: number) {
    this.#fd = epollFd;
  }

  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return control(this.#fd, EPOLL_CTL_ADD, fd, toExclusive(interest, mode), slot, generation);
  }

  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return replace(this.#fd, fd, toExclusive(interest, mode), slot, generation);
  }
}

function toExclusive(interest: number, mode: Mode): number {
  return ((toEpollEvents(interest, mode) & ~EPOLLRDHUP) | EPOLLEXCLUSIVE) >>> 0;
}

export class EpollBackend implements Backend {
  readonly kind: BackendKind = epoll;
  readonly changeCall = 'epoll_ctl';
  readonly sourcesAreFds = true;
  readonly fd: number;
  readonly times: Float64Array;
  readonly host: EpollHost;
  readonly exclusive: WatchPart;
  #streams: NativeStreams | null = null;
  readonly #batch: EventBatch;
  readonly #words: Int32Array;
  readonly #firstWord: number;
  readonly #eventWords: number;
  readonly #dataWord: number;

  constructor(maxEvents: number) {
    if (native.epoll === undefined) throw new UnsupportedError('epoll');
    const { layout } = native.epoll;
    this.#batch = new EventBatch(layout, maxEvents);
    this.#words = this.#batch.words;
    this.times = this.#batch.times;
    this.#firstWord = layout.firstWord;
    this.#eventWords = layout.eventWords;
    this.#dataWord = layout.firstWord + layout.dataWord;
    this.fd = native.epoll.open();
    if (this.fd < 0) throw new SystemError(errorOf(this.fd), 'epoll_create1');
    this.exclusive = new EpollExclusive(this.fd);
    try {
      this.host = new EpollHost(this.fd);
    } catch (error) {
      native.fd.close(this.fd);
      throw error;
    }
  }

  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return control(this.fd, EPOLL_CTL_ADD, fd, toEpollEvents(interest, mode), slot, generation);
  }

  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return control(this.fd, EPOLL_CTL_MOD, fd, toEpollEvents(interest, mode), slot, generation);
  }

  muteReadClosed(fd: number, slot: number, generation: number, interest: number): void {
    const events = toEpollEvents(interest, 'level') & ~EPOLLRDHUP;
    this.#isKnown(control(this.fd, EPOLL_CTL_MOD, fd, events, slot, generation), fd);
  }

  deregister(fd: number): boolean {
    const result = control(this.fd, EPOLL_CTL_DEL, fd, 0, 0, 0);
    return result >= 0 || this.#isKnown(result, fd);
  }

  openStreams(memory: StreamMemory, limits: StreamLimits): StreamEngine {
    const { fd, changeCall } = this;
    const own = { queue: fd, batch: this.#words, changeCall, waitCall: 'epoll_wait', details: { fd } };
    this.#streams = new NativeStreams(own, memory, limits);
    return this.#streams;
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    if (this.#streams?.isOpen === true) return this.#streams.wait(timeoutMs, deadlineMs);
    // Infinity as an argument would be made into an object on the heap, each turn.
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(this.fd, this.#words, timeoutMs)
        : wait(this.fd, this.#words, timeoutMs, deadlineMs);
    if (count < 0) throw new SystemError(errorOf(count), 'epoll_wait', { fd: this.fd });
    return count;
  }

  watchInternal(source: number, slot: number, generation: number): number {
    return this.register(source, slot, generation, Interest.READABLE, 'level');
  }

  unwatchInternal(source: number): boolean {
    return this.deregister(source);
  }

  slot(index: number): number {
    return this.#words[this.#dataWord + index * this.#eventWords] as number;
  }

  generation(index: number): number {
    return this.#words[this.#dataWord + 1 + index * this.#eventWords] as number;
  }

  ready(index: number): number {
    return toReady(this.#words[this.#firstWord + index * this.#eventWords] as number);
  }

  readClock(): void {
    this.#batch.readClock();
  }

  close(): void {
    this.host.close();
    native.fd.close(this.fd);
  }

  /** Whether the fd is the file that was registered: another one, or none, is not in the set. */
  #isKnown(result: number, fd: number): boolean {
    if (result >= 0) return true;
    const error = errorOf(result);
    if (isGone(error)) return false;
    throw new SystemError(error, 'epoll_ctl', { fd });
  }
}

export const epoll = {
  name: 'epoll',
  available: native.epoll !== undefined,
  capabilities: { edge: true, oneshot: true, priority: true, exclusive: EPOLLEXCLUSIVE !== 0, attach: true },
  open: (maxEvents: number) => new EpollBackend(maxEvents),
} as const satisfies BackendKind;
