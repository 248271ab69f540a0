// The Reactor on epoll(7): translation only. The two pure functions at the head are the whole of it; the rest packs a
// slot and a generation into the kernel's user-data word and calls.

import { errorOf, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../../queue/event-batch.js';
import { type Backend, isGone, MAX_SLICE_MS } from '../backend.js';
import { hostUv } from '../host-loop.js';
import { Interest, type Mode, Ready } from '../interest.js';

const {
  EPOLLIN = 0,
  EPOLLOUT = 0,
  EPOLLPRI = 0,
  EPOLLERR = 0,
  EPOLLHUP = 0,
  EPOLLRDHUP = 0,
  EPOLLET = 0,
  EPOLLONESHOT = 0,
  EPOLL_CTL_ADD = 0,
  EPOLL_CTL_MOD = 0,
  EPOLL_CTL_DEL = 0,
} = native.constants.epoll ?? {};
const { control, wait } = callsOf(native.epoll); // the constructor checks that they exist
const { hasUnwatched, hasEvents } = callsOf(hostUv); // called only if the fd of the host's loop is known

/** The slot of the event that says "the host's loop has something to do". */
const HOST_SLOT = -1;
/** The slot of the event that ends a wait without limit after a while (native/sys/epoll/pulse.h). */
const PULSE_SLOT = -2;
const NO_LIMIT = -1;

/** The bits for epoll_ctl. EPOLLERR and EPOLLHUP need not be asked for (epoll_ctl(2)). */
export function toEpollEvents(interest: number, mode: Mode): number {
  let events = EPOLLRDHUP;
  if (interest & Interest.READABLE) events |= EPOLLIN;
  if (interest & Interest.WRITABLE) events |= EPOLLOUT;
  if (interest & Interest.PRIORITY) events |= EPOLLPRI;
  if (mode === 'oneshot') events |= EPOLLONESHOT;
  // A paused registration is told of closures once: level-triggered, a hang-up would end every wait at once, and the
  // kernel does not let it be masked.
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

export class EpollBackend implements Backend {
  readonly name = 'epoll';
  readonly changeCall = 'epoll_ctl';
  readonly sourcesAreFds = true;
  readonly fd: number;
  readonly times: Float64Array;
  readonly #batch: EventBatch;
  readonly #words: Int32Array;
  readonly #firstWord: number;
  readonly #eventWords: number;
  readonly #dataWord: number;
  #hostFd = -1;
  #pulseFd: number;
  #hasPulse = false;
  readonly #ticks = new Uint8Array(8);
  /** The host's event was among those of some wait, and the host was not seen to be idle since. */
  #hostRang = false;

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
    this.#pulseFd = native.epoll.openPulse(MAX_SLICE_MS);
    if (this.#pulseFd >= 0) return;
    native.fd.close(this.fd);
    throw new SystemError(errorOf(this.#pulseFd), 'timerfd_create');
  }

  /** epoll has all modes and interests. */
  check(): void {}

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

  wait(timeoutMs: number, deadlineMs: number): number {
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

  dispatchInternal(index: number): number {
    if (this.slot(index) === HOST_SLOT) this.#hostRang = true;
    else native.fd.read(this.#pulseFd, this.#ticks);
    return 0;
  }

  hasPending(): boolean {
    return false;
  }

  generation(index: number): number {
    return this.#words[this.#dataWord + 1 + index * this.#eventWords] as number;
  }

  ready(index: number): number {
    return toReady(this.#words[this.#firstWord + index * this.#eventWords] as number);
  }

  /** epoll_ctl makes each change at once. */
  submitChanges(): void {}

  readClock(): void {
    this.#batch.readClock();
  }

  // Edge-triggered: the host's loop stays readable for as long as nobody runs it, which may be until the user returns
  // from run(). Each new event of the host ends one wait.
  watchHost(): number {
    if (this.#hasPulse) return NO_LIMIT;
    if (hostUv !== undefined && this.#hostFd < 0) {
      const hostFd = hostUv.backendFd();
      if (this.#watchEdges(hostFd, HOST_SLOT)) this.#hostFd = hostFd; // not where other code has nested it already: ELOOP
    }
    this.#hasPulse = this.#watchEdges(this.#pulseFd, PULSE_SLOT);
    return this.#hasPulse ? NO_LIMIT : MAX_SLICE_MS;
  }

  unwatchHost(): void {
    // Whether watched or not: an exception may have come between the kernel's answer and its record.
    const hostFd = this.#hostFd >= 0 || hostUv === undefined ? this.#hostFd : hostUv.backendFd();
    if (hostFd >= 0) this.deregister(hostFd);
    this.#hostFd = -1;
    this.deregister(this.#pulseFd);
    this.#hasPulse = false;
  }

  hostNeedsTurn(): boolean {
    if (this.#hostFd < 0 || hasUnwatched() === 1) return true;
    // An edge was reported, and may have been of no use: the caller let promise jobs run, but not libuv take its events.
    this.#hostRang &&= hasEvents() === 1;
    return this.#hostRang;
  }

  close(): void {
    if (this.#pulseFd >= 0) native.fd.close(this.#pulseFd);
    this.#pulseFd = -1;
    native.fd.close(this.fd);
  }

  #watchEdges(fd: number, slot: number): boolean {
    const events = (EPOLLIN | EPOLLET) >>> 0;
    if (fd < 0) return false;
    const result = control(this.fd, EPOLL_CTL_ADD, fd, events, slot >>> 0, 0);
    return result >= 0 || errorOf(result) === native.constants.error.EEXIST;
  }

  /** Whether the fd is the file that was registered: another one, or none, is not in the set. */
  #isKnown(result: number, fd: number): boolean {
    if (result >= 0) return true;
    const error = errorOf(result);
    if (isGone(error)) return false;
    throw new SystemError(error, 'epoll_ctl', { fd });
  }
}
