// Waker: the one object that crosses threads. Natively it is an fd that the reactor watches and a number that any
// thread may ring (native/sys/waker.h); here it is that number and what a user may do with it.
import { checkObject } from '../base/arguments.js';
import { errorOf, invalidState, invalidType, invalidValue, SystemError } from '../base/errors.js';
import type { Closer } from '../base/resources.js';
import { native } from '../native/table.js';

/** What only this file has: JavaScript knows no private constructors. */
const MADE_HERE = Symbol('made here');

/** What `transfer()` gives: plain data that survives postMessage and workerData. */
export interface TransferredWaker {
  /** The waker's number, which means something in this process only. */
  readonly fdreactorWaker: number;
}

/**
 * Wakes a reactor from any thread of the process. Made by `reactor.createWaker()`; another thread makes its own copy by
 * `Waker.from()`.
 */
export class Waker {
  readonly #id: number;
  readonly #close: (() => void) | null;
  #closed = false;

  private constructor(key: symbol, id: number, close: (() => void) | null) {
    if (key !== MADE_HERE) throw invalidType('a Waker', 'made by createWaker() or Waker.from()', key);
    if (!Number.isSafeInteger(id) || id < 0) throw invalidValue('value', 'made by transfer()', id);
    if (native.waker.wasMade(id) !== 1) throw invalidValue('value', 'made by transfer() of this copy of fdreactor', id);
    this.#id = id;
    this.#close = close;
  }

  /** @internal Only a Reactor makes these. */
  static make(id: number, close: () => void): Waker {
    return new Waker(MADE_HERE, id, close);
  }

  /**
   * Makes the reactor call the waker's handler in its next turn. However many calls came before that turn, the handler
   * runs once; a call before the reactor waits is not lost. Never blocks.
   *
   * @returns false where the reactor's side was closed meanwhile, so that no handler will run
   * @throws ERR_INVALID_STATE after this object's own close()
   */
  wake(): boolean {
    if (this.#closed) throw invalidState('the waker is closed');
    const result = native.waker.wake(this.#id);
    if (result < 0) throw new SystemError(errorOf(result), 'write');
    return result === 1;
  }

  /** A value that may be posted to another thread of this process, where `Waker.from(value)` makes it usable. */
  transfer(): TransferredWaker {
    if (this.#closed) throw invalidState('the waker is closed');
    return { fdreactorWaker: this.#id };
  }

  /**
   * The waker that `transfer()` was called on, for this thread.
   *
   * @throws TypeError ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE for anything that transfer() did not make, or did
   * in another process or in another copy of the package: it has no reactor here to wake
   */
  static from(value: TransferredWaker): Waker {
    checkObject(value, 'value');
    return new Waker(MADE_HERE, value.fdreactorWaker, null);
  }

  /** Ends it. On the waker that createWaker() returned, its handler is not called any more. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#close?.();
    this.#closed = true;
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The native side of a waker: the source that a backend watches, and the number that any thread may ring. */
export interface NativeWaker {
  source: number;
  id: number;
}

const NOT_OPEN = -1;

/** A native side that openWaker() opens, so that its closer is there first and a stack overflow leaves nothing open. */
export function newWaker(): NativeWaker {
  return { source: NOT_OPEN, id: NOT_OPEN };
}

/** Gives the native side back. */
export function wakerCloser(waker: NativeWaker): Closer {
  return (isOpen) => {
    if (waker.id !== NOT_OPEN) native.waker.close(waker.id, isOpen ? 1 : 0);
  };
}

/** @throws SystemError EMFILE, ENFILE, ENOMEM (eventfd(2)) */
export function openWaker(waker: NativeWaker): void {
  const opened = native.waker.open();
  if (typeof opened === 'number') throw new SystemError(errorOf(opened), 'eventfd');
  waker.source = opened[0];
  waker.id = opened[1];
}
