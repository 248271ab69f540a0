// Acceptor, as in the Reactor pattern: takes connections from a listening socket and hands them on. It is here, and not
// only in the examples, because of one trap: out of fds, accept() fails but the connection stays in the queue, and a
// level-triggered listener would be reported again at once, for ever. So the listener is paused for a while.
import { checkDelay, checkFd, checkFunction, checkInteger, checkObject } from './arguments.js';
import { invalidType, SystemError, WOULD_BLOCK } from './errors.js';
import { Interest } from './interest.js';
import { accept } from './raw/socket.js';
import { Reactor } from './reactor.js';
import type { Registration } from './registration.js';
import type { Timer } from './timers.js';

const DEFAULT_MAX_PER_TURN = 64;
const DEFAULT_RETRY_MS = 100;

/** Errors of accept(2) that pass when the process or the system has room again. */
const OUT_OF_RESOURCES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** Options of `new Acceptor()`. */
export interface AcceptorOptions {
  /** How many connections one turn takes at most, so that a flood leaves room for others; 64 by default. */
  maxPerTurn?: number;
  /** How long to pause when there is no room for another fd, in milliseconds; 100 by default. */
  retryMs?: number;
}

/**
 * Takes connections from a listening socket and hands each to a callback (accept4(2)). When the process or the system has
 * no room for another fd (EMFILE, ENFILE, ENOBUFS, ENOMEM) it pauses for `retryMs` and counts it in `pauses`.
 */
export class Acceptor {
  /** The listening socket. */
  readonly fd: number;
  readonly #reactor: Reactor;
  readonly #onConnection: (fd: number) => void;
  readonly #registration: Registration;
  readonly #maxPerTurn: number;
  readonly #retryMs: number;
  #accepted = 0;
  #pauses = 0;
  #retry: Timer | null = null;
  #closed = false;

  /**
   * @param listenerFd a socket in the listening state; the acceptor's from here on
   * @param onConnection gets each connection's fd, which is the callee's to close
   * @throws as `reactor.register()`
   */
  constructor(reactor: Reactor, listenerFd: number, onConnection: (fd: number) => void, options: AcceptorOptions = {}) {
    if (!(reactor instanceof Reactor)) throw invalidType('reactor', 'a Reactor', reactor);
    checkFd(listenerFd, 'listenerFd');
    checkFunction(onConnection, 'onConnection');
    checkObject(options, 'options');
    const { maxPerTurn = DEFAULT_MAX_PER_TURN, retryMs = DEFAULT_RETRY_MS } = options;
    checkInteger(maxPerTurn, 'options.maxPerTurn', 1, Number.MAX_SAFE_INTEGER);
    checkDelay(retryMs, 'options.retryMs');
    this.fd = listenerFd;
    this.#reactor = reactor;
    this.#onConnection = onConnection;
    this.#maxPerTurn = maxPerTurn;
    this.#retryMs = retryMs;
    this.#registration = reactor.register(listenerFd, Interest.READABLE, () => this.#acceptSome());
  }

  /** How many connections it has handed on. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How often it had to pause because there was no room for another fd. */
  get pauses(): number {
    return this.#pauses;
  }

  /** Whether it pauses now. */
  get paused(): boolean {
    return this.#retry !== null;
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

  #acceptSome(): void {
    for (let taken = 0; taken < this.#maxPerTurn && !this.#closed; taken++) {
      const fd = this.#acceptOne();
      if (fd === WOULD_BLOCK) return;
      this.#accepted++;
      this.#onConnection(fd);
    }
  }

  #acceptOne(): number {
    try {
      return accept(this.fd);
    } catch (error) {
      if (!(error instanceof SystemError) || !OUT_OF_RESOURCES.has(error.code)) throw error;
      this.#pause();
      return WOULD_BLOCK;
    }
  }

  #pause(): void {
    this.#pauses++;
    this.#registration.modify(0);
    this.#retry = this.#reactor.setTimer(this.#retryMs, () => {
      this.#retry = null;
      this.#registration.modify(Interest.READABLE);
    });
  }
}
