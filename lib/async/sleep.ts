// sleep(): a timer of a reactor as a promise. The timer is that of setTimer(); nothing else keeps time here.
import { onAbort } from '../base/abort.js';
import { checkDelay, NO_OPTIONS } from '../base/arguments.js';
import { aborted } from '../base/errors.js';
import { backendOf, type Reactor, whenClosed } from '../reactor/reactor.js';
import { checkNotRunning } from './check-not-running.js';
import { reactorClosed } from './errors.js';
import { checkWait, type WaitOptions } from './reader.js';

/** Options of sleep(). */
export interface SleepOptions<T> extends WaitOptions {
  /** What the promise resolves with; undefined by default. */
  value?: T;
}

/**
 * Waits for `delayMs`, never less: `await sleep(reactor, 100)`. It is one timer of `reactor.setTimer()`, so sleeps end
 * in the order of their deadlines, among the other timers of the reactor.
 *
 * @param reactor whose turns end the wait; it must be driven beside promises: by attach(), or by poll()
 * @param delayMs milliseconds, finite, from 0; fractions are fine (while attached they are rounded up)
 * @param options `signal` ends the wait, and the timer
 * @returns a promise of `value`. It rejects with an AbortError (`code` 'ABORT_ERR', its `cause` the reason of the
 * signal), and with ERR_INVALID_STATE when the reactor is closed meanwhile
 * @throws TypeError or RangeError for a wrong argument; AbortError where the signal is aborted already;
 * ERR_INVALID_STATE inside `reactor.run()`, where no promise goes on, and once the reactor is closed
 */
export function sleep<T = undefined>(
  reactor: Reactor,
  delayMs: number,
  options: SleepOptions<T> = NO_OPTIONS,
): Promise<T> {
  backendOf(reactor); // which checks that it is a Reactor
  checkDelay(delayMs, 'delayMs');
  checkWait(options);
  const { signal, value } = options;
  checkNotRunning(reactor);
  let settle: (error: Error | null) => void = () => {};
  const timer = reactor.setTimer(delayMs, () => settle(null));
  return new Promise((resolve, reject) => {
    const forgetReactor = whenClosed(reactor, () => settle(reactorClosed()));
    const forgetSignal = onAbort(signal, () => settle(aborted(signal?.reason)));
    settle = (error) => {
      forgetReactor();
      forgetSignal();
      timer.cancel();
      if (error === null) resolve(value as T);
      else reject(error);
    };
  });
}
