// EventIterator: what a reactor tells, for one loop that waits for it. Each subclass is one kind of event: it says what
// has come (hasNext, take), calls arrived() when something comes, and gives back what it holds in release().
//
// Its life: open -> failed (an abort, the end of the reactor) -> done. What came before it failed is still handed on,
// then the error is thrown once. close(), and a loop that is left, drop what came.
import { onAbort } from '../base/abort.js';
import { aborted, invalidState } from '../base/errors.js';
import { isRunning, type Reactor, whenClosed } from '../reactor/reactor.js';
import { checkNotRunning, promisesRest } from './check-not-running.js';
import { Deferred } from './deferred.js';
import { reactorClosed } from './errors.js';

/** A step of a loop that has none any more. */
const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Who waits. */
class Waiter extends Deferred<unknown> {
  /** A step of a loop; else a call that wants the value alone. */
  readonly isStep: boolean;

  constructor(isStep: boolean) {
    super();
    this.isStep = isStep;
  }
}

function isAwaited(): Error {
  return invalidState('it is awaited already: one loop, or one call at a time');
}

/**
 * An async iterator over what a reactor tells: `for await (const value of iterator)`. It is there, and collects, from
 * the call that made it; `await using`, `close()` or a loop that is left (`break`, `return`, `throw`) gives everything
 * back. One loop may iterate it.
 */
export abstract class EventIterator<T> implements AsyncIterableIterator<T> {
  /** @internal */
  protected readonly reactor: Reactor;
  #waiter: Waiter | null = null;
  #failure: Error | null = null;
  #isClosed = false;
  #isDone = false;
  #forgetReactor: (() => void) | null = null;
  #forgetSignal: (() => void) | null = null;
  /** Forgets the signal of the wait. */
  #forgetWait: (() => void) | null = null;

  /** @internal */
  protected constructor(reactor: Reactor) {
    this.reactor = reactor;
  }

  /** Whether it has ended: nothing comes any more, except what came before an abort or the end of the reactor. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /**
   * The next step of a loop. A `for await` calls it.
   *
   * @returns what has come, or comes; `done` after the end. It rejects with the AbortError of `signal`, and with
   * ERR_INVALID_STATE once the reactor was closed: each once, and it is `done` then. Also with ERR_INVALID_STATE inside
   * `reactor.run()`, where no promise goes on, and while another step is awaited; it goes on itself then
   */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiter !== null) return Promise.reject(isAwaited());
    if (this.#isDone) return Promise.resolve(DONE);
    if (this.hasNext) return Promise.resolve({ done: false, value: this.take() });
    if (this.#isClosed) return this.#tellFailure();
    if (isRunning(this.reactor)) return Promise.reject(promisesRest());
    this.#waiter = new Waiter(true);
    return this.#waiter.promise as Promise<IteratorResult<T, undefined>>;
  }

  /** Closes it, as a loop does that is left. A step that is awaited gets `done`. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return Promise.resolve(DONE);
  }

  /** Closes it. Returns a promise that rejects with the error. */
  throw(error?: unknown): Promise<IteratorResult<T, undefined>> {
    this.close();
    return Promise.reject(error);
  }

  /** Ends it and gives everything back. What has come is dropped; a loop that waits ends. Idempotent. */
  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#failure = null;
    this.#end();
    const waiter = this.#takeWaiter();
    if (waiter?.isStep === true) waiter.resolve(DONE);
    else waiter?.reject(invalidState('it was closed while a call waited'));
  }

  /** close(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @internal Whether something has come that was not handed on. */
  protected abstract get hasNext(): boolean;

  /** @internal The first of what has come. Called only where there is something. */
  protected abstract take(): T;

  /**
   * @internal Gives back what it holds of the reactor and the system. Called once.
   *
   * @param failure why it ends, if not by close()
   */
  protected abstract release(failure: Error | null): void;

  /** @internal From here on it ends with the signal and with the reactor. The last call of a constructor. */
  protected begin(signal: AbortSignal | undefined): void {
    this.#forgetReactor = whenClosed(this.reactor, () => this.fail(reactorClosed()));
    if (signal?.aborted === true) this.fail(aborted(signal.reason));
    else this.#forgetSignal = onAbort(signal, () => this.fail(aborted(signal?.reason)));
  }

  /** @internal Something has come: the wait ends with it. */
  protected arrived(): void {
    const waiter = this.#takeWaiter();
    if (waiter === null) return;
    const value = this.take();
    waiter.resolve(waiter.isStep ? { done: false, value } : value);
  }

  /** @internal It ends with an error, which the wait or the next one throws. What has come is handed on before. */
  protected fail(error: Error): void {
    if (this.#isClosed) return;
    this.#failure = error;
    this.#end();
    const waiter = this.#takeWaiter();
    if (waiter === null) return;
    this.#isDone = true;
    waiter.reject(error);
  }

  /** @internal The wait of a call for the value alone, where nothing has come. An abort ends the wait, not this. */
  protected wait(call: string, signal: AbortSignal | undefined): Promise<T> {
    if (this.#waiter !== null) throw isAwaited();
    if (this.#isClosed) throw this.#failure ?? invalidState(`${call}: it is closed`);
    checkNotRunning(this.reactor);
    this.#waiter = new Waiter(false);
    if (signal !== undefined) this.#forgetWait = onAbort(signal, () => this.reject(aborted(signal.reason)));
    return this.#waiter.promise as Promise<T>;
  }

  /** @internal Rejects the wait of a call; it goes on itself. A step of a loop cannot: see fail(). */
  protected reject(error: Error): void {
    this.#takeWaiter()?.reject(error);
  }

  /** @internal What waits. */
  protected get waits(): 'step' | 'call' | null {
    return this.#waiter === null ? null : this.#waiter.isStep ? 'step' : 'call';
  }

  #takeWaiter(): Waiter | null {
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#forgetWait?.();
    this.#forgetWait = null;
    return waiter;
  }

  #tellFailure(): Promise<never> {
    this.#isDone = true;
    return Promise.reject(this.#failure);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetReactor?.();
    this.#forgetSignal?.();
    this.release(this.#failure);
  }
}
