// Counters of a reactor, in a typed array so that counting makes no object. The times are read from the backend's array
// for the same reason: a number with a fraction that is passed to a function may be made into an object.
import { CLOCK, WAITED } from '../queue/event-batch.js';

const TURNS = 0;
const EVENTS = 1;
const STALE_EVENTS = 2;
const TIMERS_FIRED = 3;
const WAIT_TIME_MS = 4;
const DISPATCH_TIME_MS = 5;
const DISPATCH_BEGAN_MS = 6;
const LENGTH = 7;

/** What `reactor.metrics()` returns: plain numbers, counted since the reactor was made. */
export interface Metrics {
  /** How many turns were begun. */
  turns: number;
  /** How many events were handed to handlers: of registrations, wakers and signals, and what connections report. */
  events: number;
  /**
   * How many events the kernel reported for registrations that had ended before the wait began. They were dropped.
   * Other code closed an fd that was registered, and a duplicate keeps its file open. Events of registrations that a
   * handler of the same batch ended are dropped as well, and not counted.
   */
  staleEvents: number;
  /** How often a timer fired. */
  timersFired: number;
  /** Time spent waiting, in milliseconds. While attached the host waits, and this stays near 0. */
  waitTimeMs: number;
  /** Time spent in handlers, in milliseconds. */
  dispatchTimeMs: number;
  /** How many registrations there are now. */
  registered: number;
  /** How many timers are set now. */
  timers: number;
}

export class Counters {
  readonly #values = new Float64Array(LENGTH);
  readonly #times: Float64Array;

  constructor(times: Float64Array) {
    this.#times = times;
  }

  /** @param goesOn the wait belongs to the turn of the one before */
  countWait(goesOn: boolean): void {
    if (!goesOn) this.#values[TURNS]!++;
    this.#values[WAIT_TIME_MS]! += this.#times[WAITED] as number;
  }

  beginDispatch(): void {
    this.#values[DISPATCH_BEGAN_MS] = this.#times[CLOCK] as number;
  }

  endDispatch(events: number): void {
    this.#values[EVENTS]! += events;
    this.#values[DISPATCH_TIME_MS]! += (this.#times[CLOCK] as number) - (this.#values[DISPATCH_BEGAN_MS] as number);
  }

  countStaleEvent(): void {
    this.#values[STALE_EVENTS]!++;
  }

  countTimer(): void {
    this.#values[TIMERS_FIRED]!++;
  }

  snapshot(registered: number, timers: number): Metrics {
    return {
      turns: this.#values[TURNS] as number,
      events: this.#values[EVENTS] as number,
      staleEvents: this.#values[STALE_EVENTS] as number,
      timersFired: this.#values[TIMERS_FIRED] as number,
      waitTimeMs: this.#values[WAIT_TIME_MS] as number,
      dispatchTimeMs: this.#values[DISPATCH_TIME_MS] as number,
      registered,
      timers,
    };
  }
}
