// Dispatcher: one turn. It waits for events (one native call), hands each to its handler, and fires the timers that
// are due.
//
// The batch stays where the kernel wrote it; #next says which of its events comes next, and moves on before each
// handler is called. That one rule gives the rest: a handler may throw (the next turn goes on from there), deregister
// the fd of a later event (its generation no longer fits), or close the reactor (the batch is empty then).
//
// What a handler throws goes to an error handler. Without one it leaves the turn, and the next turn begins with the
// timers that this one did not reach. So a handler that throws in every turn keeps neither events nor timers waiting.

import { CLOCK, WAITED } from '../queue/event-batch.js';
import {
  type Backend,
  COMPLETION_SLOT,
  type CompletionPart,
  type HostPart,
  NO_COMPLETIONS,
  SLICED_HOST,
} from './backend.js';
import { CLOSURES, Interest, Ready } from './interest.js';
import { Counters } from './metrics.js';
import type { Registrar } from './registrar.js';
import { type AnyRegistration, errorHandlerOf, type Registration } from './registration.js';
import type { StreamTurn } from './stream-turn.js';
import type { Timer, TimerQueue } from './timers.js';

/**
 * Called with what a handler throws.
 *
 * @param error what was thrown
 * @param registration the registration of the handler; null for the handler of a timer, a signal or a waker
 */
export type ErrorHandler = (error: unknown, registration: Registration<unknown> | null) => void;

/** What handlers of streams leave to be told is told in the same turn, so often: each may leave more. */
const MOST_DELIVERIES = 8;

export class Dispatcher {
  readonly counters: Counters;
  readonly #backend: Backend;
  readonly #host: HostPart;
  readonly #completions: CompletionPart;
  readonly #registrar: Registrar;
  readonly #timers: TimerQueue;
  readonly #onError: ErrorHandler | undefined;
  // Events #next to #count of the batch are still to be delivered.
  #next = 0;
  #count = 0;
  #closed = false;
  /** How many handlers this batch was handed to, those that threw included. */
  #delivered = 0;
  /** An exception left the last turn before its timers fired. */
  #owesTimers = false;
  #streams: StreamTurn | null = null;

  constructor(backend: Backend, registrar: Registrar, timers: TimerQueue, onError: ErrorHandler | undefined) {
    this.#backend = backend;
    this.#host = backend.host ?? SLICED_HOST;
    this.#completions = backend.completions ?? NO_COMPLETIONS;
    this.#registrar = registrar;
    this.#timers = timers;
    this.#onError = onError;
    this.counters = new Counters(backend.times);
  }

  /** Whether an exception left events of the batch for the next turn. */
  get isUnfinished(): boolean {
    return this.#next < this.#count || this.#streams?.isUnfinished === true;
  }

  /** What calls of handlers have left to be told keeps no turn from a wait. */
  get #mayWait(): boolean {
    return this.#next === this.#count && this.#streams?.isBatchOver !== false;
  }

  /** From the next turn on the streams are served as well. */
  set streams(streams: StreamTurn) {
    this.#streams = streams;
  }

  /** When the last wait began, on the monotonic clock, or somewhat later. */
  get waitBeganMs(): number {
    return (this.#backend.times[CLOCK] as number) - (this.#backend.times[WAITED] as number);
  }

  /** The monotonic clock as the last turn read it. */
  get clockMs(): number {
    return this.#backend.times[CLOCK] as number;
  }

  /** Forgets the batch; no further handler is called. */
  close(): void {
    this.#closed = true;
    this.#next = this.#count = 0;
  }

  /**
   * One turn, or one slice of a turn that waits for longer. `turn-on-stack.ts` looks for its name on the stack.
   *
   * @param timeoutMs at most so long; -1: no limit but that of a slice
   * @param goesOn the slice before it brought nothing, and this one belongs to the same turn
   * @returns how many handlers and timers ran
   */
  runTurn(timeoutMs: number, goesOn: boolean): number {
    if (this.#registrar.torn) this.#registrar.mend();
    this.#timers.mend();
    // A timer that is set from here on fires in a later turn.
    const order = this.#timers.nextOrder;
    let ran = 0;
    let limitMs = timeoutMs;
    if (this.#owesTimers) {
      this.#owesTimers = false;
      ran = this.#fireTimers(order);
      if (ran > 0) limitMs = 0;
    }
    if (this.#mayWait && !this.#closed) this.#wait(this.isUnfinished ? 0 : limitMs, goesOn);
    ran += this.#dispatch();
    if (this.#streams !== null && !this.#closed) ran += this.#dispatchStreams(this.#streams);
    return this.#timers.size === 0 ? ran : ran + this.#fireTimers(order);
  }

  #wait(timeoutMs: number, goesOn: boolean): void {
    const longestMs = timeoutMs === 0 ? 0 : this.#host.watch();
    const sliceMs = longestMs >= 0 && (timeoutMs < 0 || timeoutMs > longestMs) ? longestMs : timeoutMs;
    this.#next = this.#count = 0;
    this.#streams?.prepare();
    this.#count = this.#backend.wait(sliceMs, this.#timers.nextDeadlineMs);
    this.#streams?.begin();
    this.counters.countWait(goesOn);
  }

  /** Hands what the streams report to their handlers. */
  #dispatchStreams(streams: StreamTurn): number {
    if (!streams.isUnfinished) return 0;
    let delivered = 0;
    this.counters.beginDispatch();
    this.#owesTimers = true;
    try {
      for (let left = MOST_DELIVERIES; streams.isUnfinished && (left > 0 || !streams.isBatchOver); left--)
        delivered += this.#deliverStreams(streams);
      this.#owesTimers = false;
    } finally {
      if (!this.#closed) {
        this.#backend.readClock();
        this.counters.endDispatch(delivered);
      }
    }
    return delivered;
  }

  #deliverStreams(streams: StreamTurn): number {
    try {
      return streams.deliver();
    } catch (error) {
      this.#report(error, null);
      return 1;
    }
  }

  /** Hands what is left of the batch to the handlers. */
  #dispatch(): number {
    if (this.#next === this.#count) return 0;
    const registrar = this.#registrar;
    registrar.records = true;
    this.counters.beginDispatch();
    this.#delivered = 0;
    this.#owesTimers = true;
    try {
      while (this.#next < this.#count) {
        this.#deliver(this.#next++);
        if (registrar.torn) registrar.mend();
      }
      this.#owesTimers = false;
    } finally {
      if (this.#next === this.#count) registrar.endRecord();
      if (!this.#closed) {
        this.#backend.readClock();
        this.counters.endDispatch(this.#delivered);
      }
    }
    return this.#delivered;
  }

  /** Hands one event to its handler, and counts it. */
  #deliver(index: number): void {
    const backend = this.#backend;
    const slot = backend.slot(index);
    if (slot < 0) {
      this.#dispatchInternal(slot, index);
      return;
    }
    const generation = backend.generation(index);
    const registration = this.#registrar.table.at(slot, generation);
    if (registration === null) {
      if (!this.#registrar.ended.has(generation)) this.counters.countStaleEvent();
      return;
    }
    const ready = backend.ready(index) & (registration.interest | CLOSURES);
    if (ready === 0) return; // an earlier handler of this batch changed its interest
    if ((ready & CLOSURES) !== 0) this.#mute(registration, ready);
    this.#delivered++;
    try {
      registration.handler(ready, registration);
    } catch (error) {
      this.#report(error, registration);
    }
  }

  /** An event of a part of the backend. */
  #dispatchInternal(slot: number, index: number): void {
    try {
      if (slot === COMPLETION_SLOT) this.#delivered += this.#completions.dispatch(index);
      else this.#host.dispatch(slot);
    } catch (error) {
      this.#delivered++;
      this.#report(error, null);
    }
  }

  /** Calls the error handler. Throws the error if no error handler takes it. */
  #report(error: unknown, registration: AnyRegistration | null): void {
    const own = registration === null ? undefined : errorHandlerOf(registration);
    if (registration !== null && own !== undefined) {
      own(error, registration);
      return;
    }
    if (this.#onError === undefined) throw error;
    this.#onError(error, registration === null || registration.internal ? null : registration);
  }

  /** A half-close that the registration does not wait for is reported once (see backend.ts). */
  #mute(registration: AnyRegistration, ready: number): void {
    const { interest } = registration;
    const asked = (interest & Interest.READABLE) !== 0 || interest === 0;
    if (asked || (ready & Ready.READ_CLOSED) === 0 || registration.mode !== 'level') return;
    this.#registrar.muteReadClosed(registration);
  }

  /** Fires what was due when the wait ended, or became due while events were handled, and was set before `order`. */
  #fireTimers(order: number): number {
    const nowMs = this.clockMs;
    let fired = 0;
    for (;;) {
      if (this.#closed) return fired;
      const timer = this.#timers.takeDue(nowMs, order);
      if (timer === undefined) return fired;
      fired++;
      this.counters.countTimer();
      this.#fire(timer);
    }
  }

  #fire(timer: Timer): void {
    try {
      timer.handler(timer);
    } catch (error) {
      this.#report(error, null);
    } finally {
      this.#timers.fired(timer);
    }
  }
}
