// One watched fd. Small, because there may be a million of them: seven fields, no closure, no map entry of its own.
// What it does is done by its reactor; this file is state and the checks of arguments.
import { checkInteger } from './arguments.js';
import { invalidState } from './errors.js';
import { ALL_INTERESTS, type Mode } from './interest.js';

/**
 * What is called with an event.
 *
 * @param ready bits of `Ready`
 * @param registration the one that it belongs to; its `data` is yours
 */
export type Handler<T = undefined> = (ready: number, registration: Registration<T>) => void;

/** What a registration asks of its reactor. */
export interface RegistrationOwner {
  modify(registration: Registration<unknown>, interest: number): void;
  deregister(registration: Registration<unknown>): void;
  close(registration: Registration<unknown>): void;
}

const MODES: readonly Mode[] = ['level', 'edge', 'oneshot'];

/** The life of a registration; it only ever goes forward. */
export const State = {
  /** Watched. */
  ACTIVE: 0,
  /** No longer watched; its fd is as it was. */
  DEREGISTERED: 1,
  /** Its fd was closed, by close() or behind our back, and the number may be somebody else's by now. */
  CLOSED: 2,
} as const;

/**
 * One fd watched by one reactor: made by `reactor.register()`.
 *
 * It belongs to the thread that made it. `T` is the type of `data`.
 */
export class Registration<T = undefined> {
  /** Yours: whatever the handler needs to know of this fd. One handler can so serve any number of registrations. */
  data: T;
  /** The fd that is watched. */
  readonly fd: number;
  /** @internal its index in the reactor's table */
  readonly slot: number;
  /** @internal what tells it from an earlier one in that slot */
  readonly generation: number;
  /** @internal */
  readonly handler: Handler<T>;
  readonly #owner: RegistrationOwner;
  /** Interest in bits 0-2, index of the mode in bits 3-4, state in bits 5-6: one small integer. */
  #bits: number;

  /** @internal Only a Reactor makes these. */
  constructor(
    owner: RegistrationOwner,
    fd: number,
    slot: number,
    generation: number,
    interest: number,
    mode: Mode,
    handler: Handler<T>,
    data: T,
  ) {
    this.data = data;
    this.fd = fd;
    this.slot = slot;
    this.generation = generation;
    this.handler = handler;
    this.#owner = owner;
    this.#bits = interest | (MODES.indexOf(mode) << 3);
  }

  /** What it waits for: bits of `Interest`. */
  get interest(): number {
    return this.#bits & ALL_INTERESTS;
  }

  /** How it is told: 'level', 'edge' or 'oneshot'. */
  get mode(): Mode {
    return MODES[(this.#bits >> 3) & 3] as Mode;
  }

  /** Whether events can still come: false after deregister() or close(), and after the reactor was closed. */
  get active(): boolean {
    return this.state === State.ACTIVE;
  }

  /** @internal */
  get state(): number {
    return this.#bits >> 5;
  }

  /** @internal */
  setState(state: number): void {
    this.#bits = (this.#bits & 31) | (state << 5);
  }

  /** @internal */
  setInterest(interest: number): void {
    this.#bits = (this.#bits & ~ALL_INTERESTS) | interest;
  }

  /**
   * Sets a new interest; re-arms a oneshot that has fired. What is ready already is told by the next turn.
   *
   * @param interest bits of `Interest`, or 0 for none: then only closures and errors are told, each once
   * @throws RangeError ERR_OUT_OF_RANGE for other bits; ERR_INVALID_STATE once it is not active;
   * SystemError of epoll_ctl(2) (Linux), such as EBADF where the fd was closed behind our back
   */
  modify(interest: number): void {
    checkInteger(interest, 'interest', 0, ALL_INTERESTS);
    if (!this.active) throw invalidState(`the registration of fd ${this.fd} is not active`);
    this.#owner.modify(this as Registration<unknown>, interest);
  }

  /**
   * Stops watching; does not close the fd. From here on no event of it is delivered, not even one that was already in
   * the current batch. Idempotent.
   */
  deregister(): void {
    if (this.active) this.#owner.deregister(this as Registration<unknown>);
  }

  /**
   * Deregisters, then closes the fd: the order that cannot go wrong. Idempotent.
   *
   * @throws SystemError of close(2): EBADF where the fd was closed behind our back, EIO
   */
  close(): void {
    if (this.state !== State.CLOSED) this.#owner.close(this as Registration<unknown>);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
