// Acceptor, as in the Reactor pattern: takes connections from a listening socket and hands them on. It is in the
// library, and not only in the examples, because of two traps. Out of fds, accept() fails but the connection stays in
// the queue, and the kernel reports a level-triggered listener again at once, for ever: so the acceptor pauses for a
// while. And accept() reports errors of the connection that it takes: the acceptor counts these and takes the next
// connection.
import {
  checkBoolean,
  checkDelay,
  checkFd,
  checkFunction,
  checkInteger,
  checkObject,
  NO_OPTIONS,
} from '../base/arguments.js';
import { errorOf, invalidState, invalidType, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { close } from '../socket/calls.js';
import { ownerOf } from '../socket/closing.js';
import { checkListens, MAX_FAILURES_IN_A_ROW, OF_ONE_CONNECTION, OUT_OF_RESOURCES } from './accept-errors.js';
import { Interest } from './interest.js';
import { Reactor } from './reactor.js';
import type { Registration } from './registration.js';
import type { Timer } from './timers.js';

const DEFAULT_MAX_PER_TURN = 64;
const DEFAULT_RETRY_MS = 100;

const { accept } = native.socket;
const { identity: fdIdentity } = native.fd;

const EXCLUSIVE = Object.freeze(Object.assign(Object.create(null), { exclusive: true }));

/** Options of `new Acceptor()`. */
export interface AcceptorOptions {
  /** How many connections one turn takes at most, so that a flood leaves room for others; 64 by default. */
  maxPerTurn?: number;
  /** How long to pause when no connection can be taken, in milliseconds; 100 by default. */
  retryMs?: number;
  /** Whether a connection need not wake every reactor that shares the listener: as that of `reactor.register()`. */
  exclusive?: boolean;
  /** Called after the last connection that a turn hands on; for what is done once for all of them. */
  onBatch?: () => void;
  /**
   * Called with what `onConnection` throws, and with an error of the listener itself (a SystemError of accept4(2) or
   * epoll_ctl(2)), in place of the reactor's `onError`. The turn then goes on. What it throws itself leaves the turn.
   * By default the error goes to the reactor's `onError`, as that of any handler.
   */
  onError?: AcceptorErrorHandler;
}

/**
 * Called with an error of an acceptor.
 *
 * @param error what `onConnection` threw, or what is wrong with the listener
 * @param acceptor the acceptor; it may be paused or closed here
 */
export type AcceptorErrorHandler = (error: unknown, acceptor: Acceptor) => void;

/**
 * Takes connections from a listening socket and hands each to a callback (accept4(2)). Where accept4() fails:
 *
 * - no room for another fd (EMFILE, ENFILE, ENOBUFS, ENOMEM): pauses for `retryMs`, and counts that in `pauses`;
 * - an error of the one connection (ECONNABORTED, EPROTO, ENETDOWN, EPERM of a firewall ...; accept(2)): counts it in
 *   `failed`, and takes the next one. After 64 of these in a row it pauses as well;
 * - any other error is the listener's: pauses, and gives it to `onError`; without one, throws it as a handler does.
 */
export class Acceptor {
  /** The listening socket. */
  readonly fd: number;
  readonly #reactor: Reactor;
  readonly #onConnection: (fd: number) => void;
  readonly #onBatch: (() => void) | undefined;
  /** Ends a pause that the acceptor made. */
  readonly #onRetry: () => void;
  readonly #registration: Registration;
  readonly #maxPerTurn: number;
  readonly #retryMs: number;
  #accepted = 0;
  #failed = 0;
  #failedInARow = 0;
  #pauses = 0;
  /** Set while it pauses by itself. */
  #retry: Timer | null = null;
  /** Whether pause() was called, and resume() was not. */
  #held = false;
  #closed = false;

  /**
   * @param listenerFd a socket in the listening state; the acceptor's from here on, and made non-blocking
   * @param onConnection gets each connection's fd, which is the callee's to close. If the callback throws, the
   * acceptor closes the connection, unless the callback has closed it or given it away; then `options.onError` or the
   * reactor's `onError` gets the error
   * @throws TypeError ERR_INVALID_ARG_VALUE for a socket that does not listen (macOS does not tell); SystemError
   * ENOTSOCK, EBADF; and as `reactor.register()`
   */
  constructor(
    reactor: Reactor,
    listenerFd: number,
    onConnection: (fd: number) => void,
    options: AcceptorOptions = NO_OPTIONS,
  ) {
    if (!(reactor instanceof Reactor)) throw invalidType('reactor', 'a Reactor', reactor);
    checkFd(listenerFd, 'listenerFd');
    checkFunction(onConnection, 'onConnection');
    checkObject(options, 'options');
    const { maxPerTurn = DEFAULT_MAX_PER_TURN, retryMs = DEFAULT_RETRY_MS, exclusive = false } = options;
    const { onBatch, onError } = options;
    checkInteger(maxPerTurn, 'options.maxPerTurn', 1, Number.MAX_SAFE_INTEGER);
    checkDelay(retryMs, 'options.retryMs');
    checkBoolean(exclusive, 'options.exclusive');
    if (onBatch !== undefined) checkFunction(onBatch, 'options.onBatch');
    if (onError !== undefined) checkFunction(onError, 'options.onError');
    checkListens(listenerFd, 'listenerFd');
    this.fd = listenerFd;
    this.#reactor = reactor;
    this.#onConnection = onConnection;
    this.#onBatch = onBatch;
    this.#onRetry = this.#guarded(() => this.#update(), onError);
    this.#maxPerTurn = maxPerTurn;
    this.#retryMs = retryMs;
    // register() makes the listener non-blocking. There is no flag for it: accept4() on a blocking listener waits.
    const onReadable = this.#guarded(() => this.#acceptBatch(), onError);
    this.#registration = reactor.register(
      listenerFd,
      Interest.READABLE,
      onReadable,
      exclusive ? EXCLUSIVE : NO_OPTIONS,
    );
  }

  /** How many connections it has handed on. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How many connections were lost to errors of their own, without those that accept() itself passes over. */
  get failed(): number {
    return this.#failed;
  }

  /** How often it has paused by itself. */
  get pauses(): number {
    return this.#pauses;
  }

  /** Whether it takes no connections now: because of `pause()`, or by itself, for `retryMs`. */
  get paused(): boolean {
    return this.#held || this.#retry?.active === true;
  }

  /**
   * Takes no connections until `resume()`: they wait in the listener's queue, and those that find no room there are
   * refused or tried again by their clients. Fine inside the callback, which is not called again then. Idempotent.
   *
   * @throws ERR_INVALID_STATE once the acceptor or its reactor is closed
   */
  pause(): void {
    this.#checkOpen();
    this.#held = true;
    this.#update();
  }

  /**
   * Takes connections again, from the next turn on; ends a pause that the acceptor made as well. Idempotent.
   *
   * @throws ERR_INVALID_STATE once the acceptor or its reactor is closed
   */
  resume(): void {
    this.#checkOpen();
    this.#held = false;
    this.#retry?.cancel();
    this.#update();
  }

  /** Stops, and closes the listening socket. Connections that wait in its queue are reset. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = null;
    this.#registration.close();
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (!this.#registration.active) throw invalidState('the acceptor or its reactor is closed');
  }

  #update(): void {
    const interest = this.paused ? 0 : Interest.READABLE;
    if (this.#registration.interest !== interest) this.#registration.modify(interest);
  }

  /** A function that gives what `call` throws to the error handler, if there is one. */
  #guarded(call: () => void, onError: AcceptorErrorHandler | undefined): () => void {
    if (onError === undefined) return call;
    return () => {
      try {
        call();
      } catch (error) {
        onError(error, this);
      }
    };
  }

  #acceptBatch(): void {
    if (this.#onBatch === undefined) {
      this.#acceptSome();
      return;
    }
    const { accepted } = this;
    try {
      this.#acceptSome();
    } finally {
      if (this.#accepted > accepted) this.#onBatch();
    }
  }

  /** The callback may pause or close the acceptor, or close the reactor: so each connection asks again. */
  #acceptSome(): void {
    for (let tries = 0; tries < this.#maxPerTurn && this.#registration.active && !this.paused; tries++) {
      const connection = accept(this.fd);
      if (connection < WOULD_BLOCK) {
        this.#fail(connection);
        continue;
      }
      this.#failedInARow = 0;
      if (connection === WOULD_BLOCK) return;
      this.#handOn(connection);
    }
  }

  #handOn(connection: number): void {
    this.#accepted++;
    const identity = fdIdentity(connection);
    try {
      this.#onConnection(connection);
    } catch (error) {
      // The callback may have closed it: then the number is another file's. Or it has given it away, as to Node.
      if (fdIdentity(connection) === identity && ownerOf(connection) === undefined) close(connection);
      throw error;
    }
  }

  #fail(result: number): void {
    const error = new SystemError(errorOf(result), 'accept4', { fd: this.fd });
    const isOfOneConnection = OF_ONE_CONNECTION.has(error.code);
    if (isOfOneConnection) {
      this.#failed++;
      if (++this.#failedInARow < MAX_FAILURES_IN_A_ROW) return;
    }
    this.#pauseForAWhile();
    if (!isOfOneConnection && !OUT_OF_RESOURCES.has(error.code)) throw error;
  }

  #pauseForAWhile(): void {
    this.#pauses++;
    this.#failedInARow = 0;
    this.#retry = this.#reactor.setTimer(this.#retryMs, this.#onRetry);
    this.#update();
  }
}
