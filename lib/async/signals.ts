// signals(): signals of the process as an async iterator, over onSignal() of the reactor.
import { checkSignal } from '../base/abort.js';
import { checkObject } from '../base/arguments.js';
import { invalidValue } from '../base/errors.js';
import { backendOf, type Reactor } from '../reactor/reactor.js';
import { type SignalRegistration, signalNumber } from '../reactor/signals.js';
import { EventIterator } from './event-iterator.js';
import type { WaitOptions } from './reader.js';

class Signals extends EventIterator<NodeJS.Signals> {
  readonly #registrations: SignalRegistration[] = [];
  /** How often each came that waits. They take turns: the first is the one that has waited longest. */
  readonly #counts = new Map<NodeJS.Signals, number>();

  constructor(reactor: Reactor, names: Iterable<NodeJS.Signals>, signal: AbortSignal | undefined) {
    super(reactor);
    const count = (name: NodeJS.Signals): void => {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      this.arrived();
    };
    try {
      for (const name of names) this.#registrations.push(reactor.onSignal(name, count));
    } catch (error) {
      this.release();
      throw error;
    }
    this.begin(signal);
  }

  protected get hasNext(): boolean {
    return this.#counts.size > 0;
  }

  protected take(): NodeJS.Signals {
    const [[name, count]] = this.#counts as unknown as [[NodeJS.Signals, number]];
    this.#counts.delete(name);
    if (count > 1) this.#counts.set(name, count - 1);
    return name;
  }

  protected release(): void {
    for (const registration of this.#registrations) registration.deregister();
  }
}

/**
 * Signals of the process: `for await (const name of signals(reactor, 'SIGTERM', 'SIGHUP'))`. They are watched from the
 * call on. What a signal did before (end the process) it does again after the loop was left, or after close(), unless
 * something else watches it.
 *
 * Each call that `reactor.onSignal()` would make is one step. Those that come while the body of the loop runs are
 * counted and follow, so a slow body loses none. Signals of different names take turns, so that many of one do not keep
 * the other waiting. As with onSignal(), several of one signal before a turn may be one.
 *
 * As with `process.on()`, watching a signal does not keep a process alive whose reactor is attached.
 *
 * @param reactor whose turns tell of them; it must be driven beside promises: by attach(), or by poll()
 * @param names one or more, such as 'SIGTERM'; the last argument may be `{ signal }`, which ends the loop with an
 * AbortError
 * @returns an iterator of names. It ends the watch when its loop is left, by close(), and by `await using`
 * @throws TypeError ERR_INVALID_ARG_VALUE for no name, and for signals that cannot be watched; SystemError EMFILE,
 * ENFILE; ERR_INVALID_STATE once the reactor is closed
 */
export function signals(
  reactor: Reactor,
  ...names: [...NodeJS.Signals[]] | [...NodeJS.Signals[], WaitOptions]
): EventIterator<NodeJS.Signals> {
  backendOf(reactor); // which checks that it is a Reactor
  const last = names.at(-1);
  const hasOptions = last !== undefined && typeof last !== 'string';
  const wanted = new Set((hasOptions ? names.slice(0, -1) : names) as NodeJS.Signals[]);
  if (wanted.size === 0) throw invalidValue('names', 'one signal at least', undefined);
  for (const name of wanted) signalNumber(name);
  if (hasOptions) checkObject(last, 'options');
  const { signal } = (hasOptions ? last : {}) as WaitOptions;
  checkSignal(signal);
  return new Signals(reactor, wanted, signal);
}
