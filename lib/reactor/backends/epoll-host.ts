// The host part of the epoll backend: a wait for events ends when the host's event loop has something to do. The loop's
// own fd is in the set, and so is a timer that ends a wait without limit after a while (native/sys/epoll/pulse.h).

import { errorOf, SystemError } from '../../base/errors.js';
import { MAX_SLICE_MS } from '../../base/wait.js';
import { callsOf, native } from '../../native/table.js';
import { COMPLETION_SLOT, type HostPart, isGone } from '../backend.js';
import { hostUv } from '../host-loop.js';

const { EPOLLIN = 0, EPOLLET = 0, EPOLL_CTL_ADD = 0, EPOLL_CTL_DEL = 0 } = native.constants.epoll ?? {};
const { control, openPulse } = callsOf(native.epoll); // EpollBackend checks that they exist
const { hasUnwatched, hasEvents } = callsOf(hostUv); // called only if the fd of the host's loop is known

/** The slot of the event that says "the host's loop has something to do". */
const HOST_SLOT = COMPLETION_SLOT - 1;
/** The slot of the event that ends a wait without limit. */
const PULSE_SLOT = COMPLETION_SLOT - 2;
const NO_LIMIT = -1;

export class EpollHost implements HostPart {
  readonly #epollFd: number;
  #hostFd = -1;
  #pulseFd: number;
  #hasPulse = false;
  readonly #ticks = new Uint8Array(8);
  /** A wait reported the host's event, and the host was not seen to be idle since. */
  #hostRang = false;

  constructor(epollFd: number) {
    this.#epollFd = epollFd;
    this.#pulseFd = openPulse(MAX_SLICE_MS);
    if (this.#pulseFd < 0) throw new SystemError(errorOf(this.#pulseFd), 'timerfd_create');
  }

  // Edge-triggered: the host's loop stays readable until it runs, which may be when the user returns from run(). Each
  // new event of the host ends one wait.
  watch(): number {
    if (this.#hasPulse) return NO_LIMIT;
    if (hostUv !== undefined && this.#hostFd < 0) {
      const hostFd = hostUv.backendFd();
      if (this.#watchEdges(hostFd, HOST_SLOT)) this.#hostFd = hostFd; // not if other code has nested it already: ELOOP
    }
    this.#hasPulse = this.#watchEdges(this.#pulseFd, PULSE_SLOT);
    return this.#hasPulse ? NO_LIMIT : MAX_SLICE_MS;
  }

  unwatch(): void {
    // Whether watched or not: an exception may have come between the kernel's answer and its record.
    const hostFd = this.#hostFd >= 0 || hostUv === undefined ? this.#hostFd : hostUv.backendFd();
    if (hostFd >= 0) this.#unwatchEdges(hostFd);
    this.#hostFd = -1;
    this.#unwatchEdges(this.#pulseFd);
    this.#hasPulse = false;
  }

  needsTurn(): boolean {
    if (this.#hostFd < 0 || hasUnwatched() === 1) return true;
    // An edge was reported, and may have been of no use: the caller let promise jobs run, but not libuv take its
    // events.
    this.#hostRang &&= hasEvents() === 1;
    return this.#hostRang;
  }

  dispatch(slot: number): void {
    if (slot === HOST_SLOT) this.#hostRang = true;
    else native.fd.read(this.#pulseFd, this.#ticks);
  }

  /** Gives the timer back; the set is about to be closed. */
  close(): void {
    if (this.#pulseFd >= 0) native.fd.close(this.#pulseFd);
    this.#pulseFd = -1;
  }

  #watchEdges(fd: number, slot: number): boolean {
    const events = (EPOLLIN | EPOLLET) >>> 0;
    if (fd < 0) return false;
    const result = control(this.#epollFd, EPOLL_CTL_ADD, fd, events, slot >>> 0, 0);
    return result >= 0 || errorOf(result) === native.constants.error.EEXIST;
  }

  #unwatchEdges(fd: number): void {
    const result = control(this.#epollFd, EPOLL_CTL_DEL, fd, 0, 0, 0);
    if (result < 0 && !isGone(errorOf(result))) throw new SystemError(errorOf(result), 'epoll_ctl', { fd });
  }
}
