// wakes(): wake-ups from other threads as an async iterator, over a waker of the reactor.
import { checkSignal } from '../base/abort.js';
import { checkObject, NO_OPTIONS } from '../base/arguments.js';
import { backendOf, type Reactor } from '../reactor/reactor.js';
import type { TransferredWaker, Waker } from '../reactor/waker.js';
import { EventIterator } from './event-iterator.js';
import type { WaitOptions } from './reader.js';

/** The wake-ups of a waker, and what wakes it: see `wakes()`. */
export class Wakes extends EventIterator<undefined> {
  readonly #waker: Waker;
  #isRung = false;

  /** @internal */
  constructor(reactor: Reactor, signal: AbortSignal | undefined) {
    super(reactor);
    this.#waker = reactor.createWaker(() => {
      this.#isRung = true;
      this.arrived();
    });
    this.begin(signal);
  }

  /** As `wake()` of a Waker, for this thread. @throws ERR_INVALID_STATE once it is closed */
  wake(): boolean {
    return this.#waker.wake();
  }

  /**
   * A value that may be posted to another thread of this process, where `Waker.from(value).wake()` wakes the loop.
   *
   * @throws ERR_INVALID_STATE once it is closed
   */
  transfer(): TransferredWaker {
    return this.#waker.transfer();
  }

  /** @internal */
  protected get hasNext(): boolean {
    return this.#isRung;
  }

  /** @internal */
  protected take(): undefined {
    this.#isRung = false;
  }

  /** @internal */
  protected release(): void {
    this.#waker.close();
  }
}

/**
 * A waker, and a step each time that it was woken: `for await (const _ of wakes)`. Other threads wake it by
 * `Waker.from(wakes.transfer()).wake()`.
 *
 * However many wake-ups came before a step, they are one; one that comes while the body of the loop runs is the next.
 * So look in the body at all that there is to do.
 *
 * As other wakers, it does not keep a process alive whose reactor is attached.
 *
 * @param reactor whose turns tell of them; it must be driven beside promises: by attach(), or by poll()
 * @param options `signal` ends the loop with an AbortError
 * @returns an iterator of undefined. It closes the waker when its loop is left, by close(), and by `await using`
 * @throws TypeError for a wrong argument; SystemError EMFILE, ENFILE, ENOMEM (eventfd(2)); ERR_INVALID_STATE once the
 * reactor is closed
 */
export function wakes(reactor: Reactor, options: WaitOptions = NO_OPTIONS): Wakes {
  backendOf(reactor); // which checks that it is a Reactor
  checkObject(options, 'options');
  const { signal } = options;
  checkSignal(signal);
  return new Wakes(reactor, signal);
}
