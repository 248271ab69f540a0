// The Reactor: registrations, and turns that wait for events and hand them to their handlers.
//
// A turn is: wait (one native call), hand each event of the batch to its handler, fire the timers that are due. The
// batch stays where the kernel wrote it; #next says which of its events comes next, and moves on before each handler
// is called. That one rule gives the rest: a handler may throw (the next turn goes on from there), deregister a later
// event's fd (its generation no longer fits), or close the reactor (there is nothing left to go on with).
//
// What the kernel has to do with it is in backends/; what a file here may not do is ask which platform it is on.
import { checkFd, checkFunction, checkInteger, checkTimeout } from './arguments.js';
import type { Backend, BackendName } from './backend.js';
import { backendCloser, openBackend } from './backends/index.js';
import { invalidState, invalidType } from './errors.js';
import { CLOCK } from './event-batch.js';
import { HostLoop } from './host-loop.js';
import { ALL_INTERESTS, CLOSURES, Interest, type Mode, Ready } from './interest.js';
import { Counters, type Metrics } from './metrics.js';
import { native } from './native.js';
import { close } from './raw/socket.js';
import {
  checkReactorOptions,
  checkRegisterOptions,
  type ReactorOptions,
  type RegisterOptions,
  type TimerOptions,
} from './reactor-options.js';
import { type Handler, Registration, type RegistrationOwner, State } from './registration.js';
import { NO_FD, RegistrationTable } from './registration-table.js';
import { closedByOwner, closeWithOwner, Resources } from './resources.js';
import { type SignalHandler, type SignalRegistration, signalCloser, signalNumber, watchSignal } from './signals.js';
import { checkTimerArguments, Timer, type TimerHandler, type TimerOwner, TimerQueue } from './timers.js';
import { openWaker, Waker, wakerCloser } from './waker.js';

/** Where the host cannot end a wait, it has to wait for its thread no longer than this. */
const LONGEST_SLICE_MS = 250;

function slice(timeoutMs: number): number {
  return timeoutMs < 0 ? LONGEST_SLICE_MS : Math.min(timeoutMs, LONGEST_SLICE_MS);
}

/** @internal The backend of a reactor, for fdreactor/iocp. @throws TypeError ERR_INVALID_ARG_TYPE for what is none */
export let backendOf: (reactor: Reactor) => Backend;

/**
 * Waits for events on any number of fds, and hands each to its handler. You drive it: `poll()` for one turn, `run()` for
 * turns until `stop()`, or `attach()` to have the host's event loop do it. It belongs to the thread that made it.
 */
export class Reactor {
  readonly #backend: Backend;
  readonly #table = new RegistrationTable();
  readonly #timers = new TimerQueue();
  readonly #counters: Counters;
  readonly #resources = new Resources();
  /** How many registrations are our own: of wakers and of signals. */
  #own = 0;

  // The batch: events #next to #count are still to be delivered.
  #next = 0;
  #count = 0;

  /** What registrations and timers may ask of us. Not methods: nobody else may call them. */
  readonly #owner: RegistrationOwner & TimerOwner = {
    modify: (registration, interest) => this.#modify(registration, interest),
    deregister: (registration) => this.#deregister(registration),
    close: (registration) => this.#closeRegistration(registration),
    cancel: (timer) => this.#cancel(timer),
  };

  #inTurn = false;
  #running = false;
  #stopping = false;
  #closed = false;

  #host: HostLoop | null = null;
  /** What ref() or unref() asked for; undefined: as long as there is something to wait for. */
  #keepAlive: boolean | undefined = undefined;

  /**
   * Opens the platform's readiness facility: epoll(7) on Linux, kqueue(2) on macOS and the BSDs, a completion port on Windows.
   *
   * @throws UnsupportedError where the asked backend is not there; SystemError (EMFILE, ENFILE, ENOMEM)
   */
  constructor(options: ReactorOptions = {}) {
    const { backend, maxEvents } = checkReactorOptions(options);
    const opened = openBackend(backend, maxEvents);
    this.#backend = opened;
    this.#counters = new Counters(opened.times);
    this.#resources.add(backendCloser(opened));
    closeWithOwner(this, this.#resources);
  }

  /** The facility of the kernel that it uses. */
  get backend(): BackendName {
    return this.#backend.name;
  }

  /** How many registrations are live. Wakers, signals and timers do not count. */
  get size(): number {
    return this.#table.size - this.#own;
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the host's event loop drives it. */
  get attached(): boolean {
    return this.#host !== null;
  }

  /**
   * Watches an fd: any that the kernel can poll (sockets, pipes, terminals, eventfds ..., not regular files).
   *
   * @param fd stays yours: the reactor closes it only by `registration.close()`
   * @param interest bits of `Interest`, or 0 to be told of closures and errors only
   * @param handler called in a turn, with bits of `Ready` and the registration
   * @throws SystemError: EEXIST where this reactor watches the fd already, EPERM for a file that cannot be polled,
   * EBADF, ENOMEM, ENOSPC (epoll_ctl(2)); UnsupportedError for a mode that the platform does not have;
   * ERR_INVALID_STATE once closed
   */
  register<T = undefined>(
    fd: number,
    interest: number,
    handler: Handler<T>,
    options?: RegisterOptions<T>,
  ): Registration<T> {
    checkFd(fd);
    checkInteger(interest, 'interest', 0, ALL_INTERESTS);
    checkFunction(handler, 'handler');
    const mode = checkRegisterOptions(options);
    const data = options?.data as T;
    this.#checkOpen();
    return this.#watch(fd, interest, mode, handler, data);
  }

  /**
   * ONE turn: waits, runs handlers and due timers, and returns how many ran. Blocks this thread, and with it the host's
   * event loop: no Node timer, promise job or socket of it goes on meanwhile (`attach()` does not block).
   *
   * @param timeoutMs how long to wait if nothing happens; at least that long, fractions allowed. 0 does not wait; -1,
   * undefined and Infinity wait without limit. A wait without limit may still return 0: when the host needs the thread
   * (a worker that is terminated, a signal that Node handles).
   * @throws what a handler throws, and then the rest of the batch is delivered by the next turn; ERR_INVALID_STATE
   * inside a handler, while attached, and once closed; RangeError ERR_OUT_OF_RANGE for other negative times and NaN
   */
  poll(timeoutMs?: number): number {
    const limitMs = checkTimeout(timeoutMs);
    this.#checkDrivable('poll');
    // Our caller may be about to let the host have a turn; run() will not, so that it does not ask.
    return this.#turn(limitMs !== 0 && this.#backend.hostIsBehind() ? slice(limitMs) : limitMs);
  }

  /**
   * Turns until stop(), close(), or until nothing is left that could ever wake it: no registration, timer, waker or
   * signal. Blocks this thread as poll() does.
   *
   * @throws what a handler throws (calling run() again goes on); ERR_INVALID_STATE as poll()
   */
  run(): void {
    this.#checkDrivable('run');
    this.#stopping = false;
    this.#running = true;
    try {
      while (!this.#stopping && !this.#closed && this.#canWake()) this.#turn(-1);
    } finally {
      this.#running = false;
    }
  }

  /** Makes run() return after this turn. Does nothing when run() is not running. @throws ERR_INVALID_STATE once closed */
  stop(): void {
    this.#checkOpen();
    this.#stopping = this.#running;
  }

  /**
   * Lets the host's event loop drive the turns, beside its own timers, promises and sockets. Promise jobs run after
   * each turn. An exception from a handler is an uncaught exception. Does nothing if attached already.
   *
   * @throws ERR_INVALID_STATE inside a handler of poll() or run(), and once closed
   */
  attach(): void {
    this.#checkOpen();
    if (this.#host !== null) return;
    if (this.#inTurn) throw invalidState('attach() inside a turn of poll() or run()');
    this.#backend.unwatchHost(); // or each loop would watch the other
    this.#host = new HostLoop(this.#backend.fd, () => this.#hostTurn());
    this.#tellHost();
  }

  /** Ends attach(); poll() and run() may be used again. Fine inside a handler. Does nothing if not attached. */
  detach(): void {
    this.#checkOpen();
    this.#leaveHost();
  }

  /** While attached, keeps the process alive whatever is registered. */
  ref(): void {
    this.#setKeepAlive(true);
  }

  /** While attached, does not keep the process alive. Without ref() and unref(), registrations and timers do. */
  unref(): void {
    this.#setKeepAlive(false);
  }

  /**
   * Calls `handler` once after `delayMs`, never earlier, or again and again with `repeatMs`. Timers fire at the end of
   * a turn, in the order of their deadlines; one set in a handler fires in a later turn.
   *
   * @param delayMs milliseconds, finite, from 0; fractions are fine (while attached they are rounded up)
   * @throws RangeError ERR_OUT_OF_RANGE for other times; ERR_INVALID_STATE once closed
   */
  setTimer(delayMs: number, handler: TimerHandler, options?: TimerOptions): Timer {
    const repeatMs = checkTimerArguments(delayMs, handler, options);
    this.#checkOpen();
    const timer = new Timer(this.#owner, handler, repeatMs);
    this.#timers.add(timer, native.now() + delayMs);
    this.#tellHost();
    return timer;
  }

  /**
   * Calls `handler` in a turn after the process got the signal, whichever thread it came to; several of the same signal
   * before that turn may be one call. What the signal did before (end the process, say) it does not do meanwhile; a
   * handler that Node had for it is called as well (not in Deno). Any number of reactors and handlers may watch one signal.
   *
   * @param signal a name such as 'SIGTERM' (signal(7))
   * @throws TypeError ERR_INVALID_ARG_VALUE for signals that cannot be watched; SystemError EMFILE
   */
  onSignal(signal: NodeJS.Signals, handler: SignalHandler): SignalRegistration {
    const number = signalNumber(signal);
    checkFunction(handler, 'handler');
    this.#checkOpen();
    const source = watchSignal(number);
    const release = this.#resources.add(signalCloser(source));
    const deregister = this.#watchOwn(source, release, () => {
      native.signalAcknowledge(source);
      handler(signal);
    });
    return { signal, deregister, [Symbol.dispose]: deregister };
  }

  /**
   * A waker: `waker.wake()` from any thread makes the next turn call `handler`, once however many calls came before.
   *
   * @throws SystemError EMFILE, ENFILE, ENOMEM (eventfd(2))
   */
  createWaker(handler: () => void): Waker {
    checkFunction(handler, 'handler');
    this.#checkOpen();
    const { source, id } = openWaker();
    const release = this.#resources.add(wakerCloser(id));
    const close = this.#watchOwn(source, release, () => {
      native.wakerAcknowledge(id);
      handler();
    });
    return Waker.make(id, close);
  }

  /** Counters since it was made, as plain numbers; a new object each time. @throws ERR_INVALID_STATE once closed */
  metrics(): Metrics {
    this.#checkOpen();
    return this.#counters.snapshot(this.size, this.#timers.size);
  }

  /**
   * Ends it: detaches, forgets registrations and timers, ends wakers and signals. The fds that were registered stay
   * open. Fine inside a handler: no further one is called. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaveHost();
    this.#next = this.#count = 0;
    for (const registration of this.#table) this.#forget(registration, State.DEREGISTERED);
    this.#timers.clear();
    this.#own = 0;
    this.#resources.closeAll();
    closedByOwner(this.#resources);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #modify(registration: Registration<unknown>, interest: number): void {
    const { fd, slot, generation, mode } = registration;
    this.#backend.modify(fd, slot, generation, interest, mode);
    registration.setInterest(interest);
    this.#tellHost();
  }

  #deregister(registration: Registration<unknown>): void {
    this.#forget(registration, State.DEREGISTERED);
    this.#backend.deregister(registration.fd);
    this.#tellHost();
  }

  #closeRegistration(registration: Registration<unknown>): void {
    if (registration.active) this.#deregister(registration);
    registration.setState(State.CLOSED);
    close(registration.fd);
  }

  #cancel(timer: Timer): void {
    this.#timers.remove(timer);
    this.#tellHost();
  }

  #checkOpen(): void {
    if (this.#closed) throw invalidState('the reactor is closed');
  }

  #checkDrivable(call: string): void {
    this.#checkOpen();
    if (this.#inTurn) throw invalidState(`${call}() inside a handler`);
    if (this.#host !== null) throw invalidState(`${call}() while the host's event loop drives the reactor`);
  }

  #canWake(): boolean {
    return this.#table.size > 0 || this.#timers.size > 0 || this.#next < this.#count || this.#backend.hasPending();
  }

  #watch<T>(fd: number, interest: number, mode: Mode, handler: Handler<T>, data: T): Registration<T> {
    const slot = this.#table.reserve();
    const { generation } = this.#table;
    try {
      this.#backend.register(fd, slot, generation, interest, mode);
    } catch (error) {
      this.#table.cancel(slot);
      throw error;
    }
    const registration = new Registration<T>(this.#owner, fd, slot, generation, interest, mode, handler, data);
    const before = this.#table.add(registration as Registration<unknown>);
    // The kernel took the number anew, so the fd of the earlier registration was closed behind our back.
    if (before !== null) this.#forget(before, State.CLOSED);
    this.#tellHost();
    return registration;
  }

  /** Watches a source of our own, of a waker or a signal; returns what ends that. */
  #watchOwn(source: number, release: () => void, handler: () => void): () => void {
    const slot = this.#table.reserve();
    const { generation } = this.#table;
    try {
      this.#backend.watchOwn(source, slot, generation);
    } catch (error) {
      this.#table.cancel(slot);
      release();
      throw error;
    }
    const { READABLE } = Interest;
    const registration = new Registration(this.#owner, NO_FD, slot, generation, READABLE, 'level', handler, undefined);
    this.#table.add(registration as Registration<unknown>);
    this.#own++;
    this.#tellHost();
    return () => {
      if (registration.active) {
        this.#own--;
        this.#forget(registration as Registration<unknown>, State.DEREGISTERED);
        this.#backend.unwatchOwn(source);
        this.#tellHost();
      }
      release();
    };
  }

  #forget(registration: Registration<unknown>, state: number): void {
    registration.setState(state);
    this.#table.remove(registration);
  }

  #turn(timeoutMs: number): number {
    this.#inTurn = true;
    try {
      if (this.#next === this.#count) this.#wait(timeoutMs);
      const events = this.#dispatch();
      return events + (this.#timers.size === 0 ? 0 : this.#fireTimers());
    } finally {
      this.#inTurn = false;
    }
  }

  #wait(timeoutMs: number): void {
    const limitMs = timeoutMs === 0 || this.#backend.watchHost() ? timeoutMs : slice(timeoutMs);
    this.#next = this.#count = 0;
    this.#count = this.#backend.wait(limitMs, this.#timers.nextDeadlineMs);
    this.#counters.countWait();
  }

  /** Hands what is left of the batch to the handlers. */
  #dispatch(): number {
    if (this.#next === this.#count) return 0;
    this.#counters.beginDispatch();
    let delivered = 0;
    let stale = 0;
    try {
      while (this.#next < this.#count) {
        const index = this.#next++;
        const slot = this.#backend.slot(index);
        if (slot < 0) {
          delivered += this.#backend.deliverOwn(index);
          continue;
        }
        const registration = this.#table.at(slot, this.#backend.generation(index));
        if (registration === null) {
          stale++;
          continue;
        }
        const ready = this.#backend.ready(index) & (registration.interest | CLOSURES);
        if (ready === 0) continue; // its interest was changed by an earlier handler of this batch
        if ((ready & CLOSURES) !== 0) this.#quiet(registration, ready);
        delivered++;
        registration.handler(ready, registration);
      }
    } finally {
      if (!this.#closed) {
        this.#backend.stamp();
        this.#counters.endDispatch(delivered, stale);
      }
    }
    return delivered;
  }

  /** A half-close that was not asked for is told once (see backend.ts). */
  #quiet(registration: Registration<unknown>, ready: number): void {
    const { fd, slot, generation, interest } = registration;
    const asked = (interest & Interest.READABLE) !== 0 || interest === 0;
    if (asked || (ready & Ready.READ_CLOSED) === 0 || registration.mode !== 'level') return;
    this.#backend.quiet(fd, slot, generation, interest);
  }

  /** Those that were due when the wait ended, or became so while its events were handled. */
  #fireTimers(): number {
    const nowMs = this.#backend.times[CLOCK] as number;
    const order = this.#timers.nextOrder;
    let fired = 0;
    for (
      let timer = this.#timers.takeDue(nowMs, order);
      timer !== undefined;
      timer = this.#timers.takeDue(nowMs, order)
    ) {
      fired++;
      this.#counters.countTimer();
      timer.handler(timer);
      if (this.#closed) break;
    }
    return fired;
  }

  /** One turn, called by the host's loop. */
  #hostTurn(): void {
    try {
      this.#turn(0);
    } catch (error) {
      this.#host?.forgetDeadline(); // it may have come, and not all that was due have fired
      throw error;
    } finally {
      this.#tellHost();
    }
  }

  /** The host is to know the next deadline, and whether to keep the process alive. */
  #tellHost(): void {
    if (this.#host === null) return;
    this.#host.setReferenced(this.#keepAlive ?? (this.size > 0 || this.#timers.size > 0 || this.#backend.hasPending()));
    if (this.#inTurn) return;
    this.#backend.flush();
    // What an exception left of a batch, the kernel will not announce again.
    const isUnfinished = this.#next < this.#count;
    this.#host.setDeadline(isUnfinished ? Number.NEGATIVE_INFINITY : this.#timers.nextDeadlineMs);
  }

  #setKeepAlive(keepAlive: boolean): void {
    this.#checkOpen();
    this.#keepAlive = keepAlive;
    this.#tellHost();
  }

  #leaveHost(): void {
    this.#host?.close();
    this.#host = null;
  }

  static {
    backendOf = (reactor) => {
      if (typeof reactor !== 'object' || reactor === null || !(#backend in reactor)) {
        throw invalidType('reactor', 'a Reactor', reactor);
      }
      return reactor.#backend;
    };
  }
}
