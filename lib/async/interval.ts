// interval(): a repeating timer of a reactor as an async iterator. The timer is that of setTimer() with `repeatMs`.
import { checkSignal } from '../base/abort.js';
import { checkDelay, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { backendOf, type Reactor } from '../reactor/reactor.js';
import type { Timer } from '../reactor/timers.js';
import { EventIterator } from './event-iterator.js';
import type { WaitOptions } from './reader.js';

class Interval extends EventIterator<number> {
  readonly #timer: Timer;
  #count = 0;

  constructor(reactor: Reactor, periodMs: number, signal: AbortSignal | undefined) {
    super(reactor);
    const tick = (): void => {
      this.#count++;
      this.arrived();
    };
    this.#timer = reactor.setTimer(periodMs, tick, { repeatMs: periodMs });
    this.begin(signal);
  }

  protected get hasNext(): boolean {
    return this.#count > 0;
  }

  protected take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }

  protected release(): void {
    this.#timer.cancel();
  }
}

/**
 * A step each `periodMs`: `for await (const ticks of interval(reactor, 1000))`. It is one timer of
 * `reactor.setTimer()` with `repeatMs`: never less than `periodMs` between two ticks, and no burst after a delay of the
 * reactor. The first period begins with the call.
 *
 * Ticks are not queued. Each step gives the number of ticks since the step before: 1 where the body of the loop is
 * quicker than the period, and more where it was not. So no tick is lost, and a slow body has one step to catch up.
 *
 * @param reactor whose turns tick; it must be driven beside promises: by attach(), or by poll()
 * @param periodMs milliseconds, finite, from 0; with 0 there is a tick each turn, and no turn waits
 * @param options `signal` ends the loop with an AbortError
 * @returns an iterator of numbers, from 1. It ends the timer when its loop is left, by close(), and by `await using`
 * @throws TypeError or RangeError for a wrong argument; ERR_INVALID_STATE once the reactor is closed
 */
export function interval(reactor: Reactor, periodMs: number, options: WaitOptions = NO_OPTIONS): EventIterator<number> {
  backendOf(reactor); // which checks that it is a Reactor
  checkDelay(periodMs, 'periodMs');
  checkObject(options, 'options');
  const { signal } = options;
  checkSignal(signal);
  return new Interval(reactor, periodMs, signal);
}
