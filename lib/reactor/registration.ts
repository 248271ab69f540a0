// One watched fd. Small, because there may be a million of them: seven fields, no closure, no map entry of its own.
// Its registrar does the work (registrar.ts); this file is state and the checks of arguments.
import { checkInteger } from '../base/arguments.js';
import { invalidState } from '../base/errors.js';
import { type CloseListener, isWatched } from '../socket/closing.js';
import { ALL_INTERESTS, type Mode } from './interest.js';

/**
 * What is called with an event.
 *
 * @param ready bits of `Ready`
 * @param registration the one that it belongs to; its `data` is yours
 */
export type Handler<T = undefined> = (ready: number, registration: Registration<T>) => void;

/**
 * Called with what a handler throws.
 *
 * @param error what was thrown
 * @param registration the registration of the handler
 */
export type RegistrationErrorHandler<T = undefined> = (error: unknown, registration: Registration<T>) => void;

/** What a registration asks of its reactor. */
export interface RegistrationOwner extends CloseListener {
  modify(registration: Registration<unknown>, interest: number): void;
  deregister(registration: Registration<unknown>): void;
  close(registration: Registration<unknown>): boolean;
  setReferenced(registration: Registration<unknown>, referenced: boolean): void;
  watchAnew(registration: Registration<unknown>, handler: Handler<undefined>): Registration<undefined>;
}

/**
 * @internal Ends a registration, and makes one in its place with the same reactor: level, without interest.
 * @throws ERR_INVALID_STATE if it is not active, or another reactor watches the fd as well; SystemError of epoll_ctl(2)
 */
export let watchAnew: (registration: Registration<unknown>, handler: Handler<undefined>) => Registration<undefined>;

/** A registration with data of any type. */
export type AnyRegistration = Registration<unknown>;

const MODES: readonly Mode[] = ['level', 'edge', 'oneshot'];

/** The life of a registration; it only ever goes forward. */
export const State = {
  /** Watched. */
  ACTIVE: 0,
  /** No longer watched; its fd is as it was. */
  DEREGISTERED: 1,
  /** Its fd was closed, by close() or by other code. Another file may have the number by now. */
  CLOSED: 2,
} as const;

/** The bit that marks a registration of the reactor itself: of a waker or a signal. */
const INTERNAL = 128;
/** The bit that marks an exclusive one. */
const EXCLUSIVE = 256;
/** The bit that marks one that does not keep the process alive. */
const UNREFERENCED = 512;
const STATE_SHIFT = 5;
const STATE_MASK = 3;

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
  /** @internal its index in the reactor's table; after deregister() the low half of the identity of its file */
  slot: number;
  /**
   * @internal tells it from an earlier one in that slot; after deregister() the high half of the identity of its file
   */
  generation: number;
  /** @internal */
  readonly handler: Handler<T>;
  readonly #owner: RegistrationOwner;
  /** Interest in bits 0-2, index of the mode in bits 3-4, state in bits 5-6, INTERNAL ...: a small integer. */
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
    return (this.#bits >> STATE_SHIFT) & STATE_MASK;
  }

  /** @internal */
  setState(state: number): void {
    this.#bits = (this.#bits & ~(STATE_MASK << STATE_SHIFT)) | (state << STATE_SHIFT);
  }

  /** @internal whether a waker or a signal owns it */
  get internal(): boolean {
    return (this.#bits & INTERNAL) !== 0;
  }

  /** @internal */
  setInternal(): void {
    this.#bits |= INTERNAL;
  }

  /** Whether it was made with `exclusive`. */
  get exclusive(): boolean {
    return (this.#bits & EXCLUSIVE) !== 0;
  }

  /** @internal */
  setExclusive(): void {
    this.#bits |= EXCLUSIVE;
  }

  /** @internal whether it keeps the process alive, where the host's event loop drives the reactor */
  get referenced(): boolean {
    return (this.#bits & UNREFERENCED) === 0;
  }

  /** @internal Only the owner calls it, which counts them. */
  markReferenced(referenced: boolean): void {
    this.#bits = referenced ? this.#bits & ~UNREFERENCED : this.#bits | UNREFERENCED;
  }

  /** @internal */
  setReferenced(referenced: boolean): void {
    if (referenced !== this.referenced) this.#owner.setReferenced(this as Registration<unknown>, referenced);
  }

  /** @internal */
  setInterest(interest: number): void {
    this.#bits = (this.#bits & ~ALL_INTERESTS) | interest;
  }

  /**
   * Sets a new interest; re-arms a oneshot that has fired. What is ready already is told by the next turn.
   *
   * @param interest bits of `Interest`, or 0 for none: then only closures and errors are told, each once
   * @throws RangeError ERR_OUT_OF_RANGE for other bits; UnsupportedError for `Interest.PRIORITY` where
   * `capabilities().priority` is false; ERR_INVALID_STATE once it is not active;
   * SystemError of epoll_ctl(2) (Linux). EBADF, ENOENT or EPERM: other code closed the fd, and the registration is not
   * active from here on
   */
  modify(interest: number): void {
    checkInteger(interest, 'interest', 0, ALL_INTERESTS);
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
   * Deregisters, then closes the fd: the order that cannot go wrong. Idempotent. Closes only the file that was
   * registered: if other code closed the fd, the number may belong to another file by now, and that one stays open.
   * The kernel confirms the file of an active registration. After deregister() its device and inode do, which an
   * eventfd, a timerfd or an epoll fd shares with all others of its kind.
   *
   * @returns true if this call closed the fd; false if it was closed before, or the number is another file's
   * @throws SystemError of close(2): EIO
   */
  close(): boolean {
    return this.state !== State.CLOSED && this.#owner.close(this as Registration<unknown>);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    watchAnew = (registration, handler) => {
      const owner = registration.#owner;
      if (!registration.active) throw invalidState(`the registration of fd ${registration.fd} is not active`);
      if (isWatched(registration.fd, owner)) throw invalidState(`two reactors watch fd ${registration.fd}`);
      return owner.watchAnew(registration, handler);
    };
  }
}

/** A registration with an error handler of its own. A class apart, so that the others have no field for it. */
export class GuardedRegistration<T = undefined> extends Registration<T> {
  /** @internal */
  onError: RegistrationErrorHandler<T> | undefined;
}

/** The error handler of a registration; undefined where it has none. */
export function errorHandlerOf(registration: Registration<unknown>): RegistrationErrorHandler<unknown> | undefined {
  return (registration as GuardedRegistration<unknown>).onError;
}
