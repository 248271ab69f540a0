// The Reactor: what a user calls. A turn is in dispatcher.ts, registrations are made and changed in registrar.ts; here
// is who may drive it when, and what it gives back. Facts of the kernel are in backends/.
import { checkFd, checkFunction, checkInteger, checkTimeout, NO_OPTIONS } from '../base/arguments.js';
import { invalidState, invalidType, UnsupportedError } from '../base/errors.js';
import { type Closer, closedByOwner, closeWithOwner, Resources } from '../base/resources.js';
import { native } from '../native/table.js';
import { onClose } from '../socket/closing.js';
import { type Backend, type CompletionPart, type HostPart, NO_COMPLETIONS, SLICED_HOST } from './backend.js';
import { type BackendName, backendCloser, openBackend } from './backends/index.js';
import { Dispatcher } from './dispatcher.js';
import { HostLoop } from './host-loop.js';
import { ALL_INTERESTS } from './interest.js';
import type { Metrics } from './metrics.js';
import {
  checkReactorOptions,
  checkRegisterOptions,
  type ReactorOptions,
  type RegisterOptions,
  type TimerOptions,
} from './options.js';
import { Registrar } from './registrar.js';
import type { Handler, Registration } from './registration.js';
import {
  newSignal,
  type SignalHandler,
  type SignalRegistration,
  signalCloser,
  signalNumber,
  watchSignal,
} from './signals.js';
import type { StreamGround, StreamTurn } from './stream-turn.js';
import { checkTimerArguments, Timer, type TimerHandler, type TimerOwner, TimerQueue } from './timers.js';
import { isTurnOnStack } from './turn-on-stack.js';
import { newWaker, openWaker, Waker, wakerCloser } from './waker.js';

/**
 * @internal Gives a reactor its streams.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor; ERR_INVALID_STATE if it is closed
 */
export let addStreams: (reactor: Reactor, make: (ground: StreamGround) => StreamTurn) => void;

/** @internal The backend of a reactor. @throws TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor */
export let backendOf: (reactor: Reactor) => Backend;

/** @internal Whether run() is under way: no promise goes on until then. @throws TypeError if it is not a Reactor */
export let isRunning: (reactor: Reactor) => boolean;

/**
 * @internal Calls `closed` once, at the end of reactor.close(), until the function that this returns is called. It must
 * not throw.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor; ERR_INVALID_STATE if it is closed
 */
export let whenClosed: (reactor: Reactor, closed: () => void) => () => void;

/** @internal Calls `gauge` after each turn: how many registrations and streams there are. @throws as isRunning() */
export let setGauge: (reactor: Reactor, gauge: (load: number) => void) => void;

/**
 * Waits for events on any number of fds, and hands each to its handler. You drive it: `poll()` for one turn, `run()`
 * for turns until `stop()`, or `attach()` to have the host's event loop do it. It belongs to the thread that made it.
 */
export class Reactor {
  readonly #backend: Backend;
  readonly #hostPart: HostPart;
  readonly #completions: CompletionPart;
  readonly #registrar: Registrar;
  readonly #dispatcher: Dispatcher;
  readonly #timers = new TimerQueue();
  #streams: StreamTurn | null = null;
  /** Told when it is closed. */
  #listeners: Set<() => void> | null = null;
  #gauge: ((load: number) => void) | null = null;
  readonly #resources = new Resources();
  readonly #timerOwner: TimerOwner = { cancel: (timer) => this.#cancel(timer) };

  #inTurn = false;
  #running = false;
  #stopping = false;
  #closed = false;
  /** close() came to its end; a stack overflow may have cut an earlier call short. */
  #released = false;

  #host: HostLoop | null = null;
  /** The commands of the streams are carried out when the code that runs is over. */
  #flushIsDue = false;
  readonly #flushInTick = (): void => {
    this.#flushIsDue = false;
    if (this.#inTurn || this.#closed) return;
    this.#flushStreams();
    this.#tellHost();
  };
  /** What ref() or unref() asked for; undefined: as long as there is something to wait for. */
  #keepAlive: boolean | undefined = undefined;

  /**
   * Opens the platform's readiness facility: epoll(7) on Linux, kqueue(2) on macOS and the BSDs, a completion port on
   * Windows.
   *
   * @throws UnsupportedError where the asked backend is not there; SystemError (EMFILE, ENFILE, ENOMEM)
   */
  constructor(options: ReactorOptions = NO_OPTIONS) {
    const { backend, maxEvents, onError } = checkReactorOptions(options);
    const opened = openBackend(backend, maxEvents);
    this.#backend = opened;
    this.#hostPart = opened.host ?? SLICED_HOST;
    this.#completions = opened.completions ?? NO_COMPLETIONS;
    this.#registrar = new Registrar(opened, () => this.#tellHost());
    this.#dispatcher = new Dispatcher(opened, this.#registrar, this.#timers, onError);
    this.#resources.add(backendCloser(opened));
    this.#resources.add(onClose(this.#registrar));
    closeWithOwner(this, this.#resources);
  }

  /** The facility of the kernel that it uses. */
  get backend(): BackendName {
    return this.#backend.kind.name as BackendName;
  }

  /** How many registrations are live. Connections, listeners, wakers, signals and timers do not count. */
  get size(): number {
    return this.#registrar.table.userSize;
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
   * Watches an fd: any that the kernel can poll (sockets, pipes, terminals, eventfds ..., not regular files). A
   * blocking fd becomes non-blocking (O_NONBLOCK, fcntl(2)), for all who share its open file; a terminal stays as it
   * is.
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
    const { mode, exclusive, data, onError } = checkRegisterOptions(options);
    this.#checkOpen();
    return this.#registrar.register({ fd, interest, mode, exclusive, handler, data, onError });
  }

  /**
   * ONE turn: waits, runs handlers and due timers, and returns how many ran. Blocks this thread, and with it the host's
   * event loop: no Node timer, promise job or socket of it goes on meanwhile (`attach()` does not block).
   *
   * @param timeoutMs how long to wait if nothing happens: never less, fractions allowed. 0 does not wait; -1,
   * undefined and Infinity wait without limit. A wait without limit returns 0 when the host needs the thread: for a
   * signal that Node handles, say. A worker that is terminated, and a vm time-out, end any wait within 250 ms.
   * @throws what a handler throws, where no `onError` takes it: the rest of the batch is delivered by the next turn;
   * ERR_INVALID_STATE inside a handler, while attached, and once closed; RangeError ERR_OUT_OF_RANGE for other negative
   * times and NaN
   */
  poll(timeoutMs?: number): number {
    const limitMs = checkTimeout(timeoutMs);
    this.#checkDrivable('poll');
    try {
      const ran = this.#turn(limitMs, false);
      if (ran > 0 || limitMs === 0) return ran;
      return limitMs < 0 ? this.#pollOn() : this.#pollUntil(this.#dispatcher.waitBeganMs + limitMs);
    } finally {
      this.#flushStreams();
    }
  }

  /**
   * Turns until stop(), close(), or until nothing is left that could ever wake it: no registration, connection,
   * listener, timer, waker or signal. Blocks this thread as poll() does.
   *
   * @throws what a handler throws, where no `onError` takes it (calling run() again goes on); ERR_INVALID_STATE as
   * poll()
   */
  run(): void {
    this.#checkDrivable('run');
    this.#stopping = false;
    this.#running = true;
    let ran = 1;
    try {
      while (!this.#stopping && !this.#closed && this.#canWake()) ran = this.#turn(-1, ran === 0);
    } finally {
      this.#running = false;
      this.#flushStreams();
    }
  }

  /** Makes run() return after this turn, if run() is running. @throws ERR_INVALID_STATE once closed */
  stop(): void {
    this.#checkOpen();
    this.#stopping = this.#running;
  }

  /**
   * Lets the host's event loop drive the turns, beside its own timers, promises and sockets. Promise jobs run after
   * each turn. Handlers run in no AsyncLocalStorage store (under poll() and run(): in that of the caller). An exception
   * that no `onError` takes is an uncaught exception. Does nothing if attached already.
   *
   * @throws ERR_INVALID_STATE inside a handler of poll() or run(), and once closed; UnsupportedError for a backend
   * without it
   */
  attach(): void {
    this.#checkOpen();
    if (this.#host !== null) return;
    if (this.#isInTurn()) throw invalidState('attach() inside a turn of poll() or run()');
    if (!this.#backend.kind.capabilities.attach) throw new UnsupportedError('attach()');
    this.#hostPart.unwatch(); // or each loop would watch the other
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

  /**
   * While attached, does not keep the process alive. Without ref() and unref(), registrations, connections, listeners
   * and timers do.
   */
  unref(): void {
    this.#setKeepAlive(false);
  }

  /**
   * Calls `handler` once after `delayMs`, never earlier, or again and again with `repeatMs`. Timers fire at the end of
   * a turn, in the order of their deadlines; one set in a handler fires in a later turn.
   *
   * @param delayMs milliseconds, finite, from 0; fractions are fine (while attached they are rounded up). `repeatMs`
   * counts from the end of each call
   * @throws RangeError ERR_OUT_OF_RANGE for other times; ERR_INVALID_STATE once closed
   */
  setTimer(delayMs: number, handler: TimerHandler, options?: TimerOptions): Timer {
    const repeatMs = checkTimerArguments(delayMs, handler, options);
    this.#checkOpen();
    const timer = new Timer(this.#timerOwner, handler, repeatMs);
    this.#timers.add(timer, native.now() + delayMs);
    try {
      this.#tellHost();
    } catch (error) {
      this.#timers.remove(timer);
      throw error;
    }
    return timer;
  }

  /**
   * Calls `handler` in a turn after the process got the signal, whichever thread it came to; several of the same signal
   * before that turn may be one call. What the signal did before (end the process, open the inspector's port for
   * SIGUSR1) it does not do meanwhile, and does again after the last deregister(). Any number of reactors and handlers
   * may watch one signal. In Node `process.on()` and `spawn()` go on beside it, in any order; on Windows the reactor
   * alone hears it. In Bun and Deno a listener of the runtime that comes later replaces the reactor's.
   *
   * @param signal a name such as 'SIGTERM' (signal(7))
   * @throws TypeError ERR_INVALID_ARG_VALUE for signals that cannot be watched; SystemError EMFILE, ENFILE: it opens
   * four fds in Node on Linux
   */
  onSignal(signal: NodeJS.Signals, handler: SignalHandler): SignalRegistration {
    const number = signalNumber(signal);
    checkFunction(handler, 'handler');
    this.#checkOpen();
    const watched = newSignal();
    const release = this.#resources.add(signalCloser(watched));
    this.#open(release, () => watchSignal(watched, number));
    const deregister = this.#registrar.watchInternal(watched.source, release, () => {
      native.signal.acknowledge(watched.source);
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
    const waker = newWaker();
    const release = this.#resources.add(wakerCloser(waker));
    this.#open(release, () => openWaker(waker));
    const close = this.#registrar.watchInternal(waker.source, release, () => {
      native.waker.acknowledge(waker.id);
      handler();
    });
    return Waker.make(waker.id, close);
  }

  /** Counters since it was made, as plain numbers; a new object each time. @throws ERR_INVALID_STATE once closed */
  metrics(): Metrics {
    this.#checkOpen();
    return this.#dispatcher.counters.snapshot(this.size, this.#timers.size);
  }

  /**
   * Ends it: detaches, forgets registrations and timers, ends wakers and signals. The fds that were registered stay
   * open. Its listeners and connections are closed: what they have queued is dropped, and no handler of them is called.
   * Fine inside a handler: no further one is called. Idempotent.
   */
  close(): void {
    if (this.#released) return;
    this.#closed = true;
    this.#leaveHost();
    this.#streams?.close();
    this.#dispatcher.close();
    this.#registrar.clear();
    this.#timers.clear();
    this.#resources.closeAll();
    closedByOwner(this.#resources);
    this.#released = true;
    for (const closed of this.#listeners ?? []) closed();
    this.#listeners = null;
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Opens a source; what gives it back is forgotten where that fails. */
  #open(release: Closer, open: () => void): void {
    try {
      open();
    } catch (error) {
      release(true);
      throw error;
    }
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
    if (this.#isInTurn()) throw invalidState(`${call}() inside a handler`);
    if (this.#host !== null) throw invalidState(`${call}() while the host's event loop drives the reactor`);
  }

  #isInTurn(): boolean {
    this.#inTurn &&= isTurnOnStack();
    return this.#inTurn;
  }

  #canWake(): boolean {
    const { size } = this.#registrar.table;
    if (this.#streams !== null && this.#streams.size > 0) return true;
    return size > 0 || this.#timers.size > 0 || this.#dispatcher.isUnfinished || this.#completions.hasPending();
  }

  /**
   * Of an attached reactor, commands outside a turn are carried out when the code that runs is over: a turn of their
   * own would wait once more, for nothing.
   */
  #flushSoon(): void {
    if (this.#host === null || this.#inTurn || this.#flushIsDue) return;
    this.#flushIsDue = true;
    process.nextTick(this.#flushInTick);
  }

  #turn(timeoutMs: number, goesOn: boolean): number {
    this.#inTurn = true;
    try {
      return this.#dispatcher.runTurn(timeoutMs, goesOn);
    } finally {
      this.#inTurn = false;
      this.#gauge?.(this.size + (this.#streams?.size ?? 0));
    }
  }

  /** What handlers of the last turn have sent must not wait for a turn that may never come. */
  #flushStreams(): void {
    if (!this.#closed) this.#streams?.flush();
  }

  /** Goes on with a wait without limit, until something ran or the host needs the thread. */
  #pollOn(): number {
    let ran = 0;
    while (ran === 0 && !this.#closed && !this.#hostPart.needsTurn()) ran = this.#turn(-1, true);
    return ran;
  }

  /** Goes on with a wait to its end, or until something ran. */
  #pollUntil(endMs: number): number {
    let ran = 0;
    while (ran === 0 && !this.#closed && this.#dispatcher.clockMs < endMs) {
      ran = this.#turn(endMs - this.#dispatcher.clockMs, true);
    }
    return ran;
  }

  /** One turn, called by the host's loop. */
  #hostTurn(): void {
    try {
      this.#turn(0, false);
    } catch (error) {
      this.#host?.forgetDeadline(); // it may have come, and not all that was due have fired
      throw error;
    } finally {
      this.#flushStreams();
      this.#tellHost();
    }
  }

  /** The host is to know the next deadline, and whether to keep the process alive. */
  #tellHost(): void {
    if (this.#host === null) return;
    this.#host.setReferenced(
      this.#keepAlive ??
        (this.#registrar.table.keepsAlive ||
          this.#timers.size > 0 ||
          this.#completions.hasPending() ||
          this.#streams?.keepsAlive === true),
    );
    if (this.#inTurn) return;
    this.#backend.submitChanges?.();
    // The kernel does not report again what an exception left of a batch.
    const isDue = this.#dispatcher.isUnfinished || (this.#streams?.isDue === true && !this.#flushIsDue);
    this.#host.setDeadline(isDue ? Number.NEGATIVE_INFINITY : this.#timers.nextDeadlineMs);
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
    const checkReactor = (reactor: unknown): void => {
      if (typeof reactor === 'object' && reactor !== null && #backend in reactor) return;
      throw invalidType('reactor', 'a Reactor', reactor);
    };
    addStreams = (reactor, make) => {
      checkReactor(reactor);
      reactor.#checkOpen();
      reactor.#streams = make({
        backend: reactor.#backend,
        wake: () => reactor.#tellHost(),
        wakeForCommands: () => reactor.#flushSoon(),
      });
      reactor.#dispatcher.streams = reactor.#streams;
    };
    backendOf = (reactor) => {
      checkReactor(reactor);
      return reactor.#backend;
    };
    // A termination may leave #running behind: then there is no turn on the stack.
    isRunning = (reactor) => {
      checkReactor(reactor);
      return reactor.#running && reactor.#isInTurn();
    };
    whenClosed = (reactor, closed) => {
      checkReactor(reactor);
      reactor.#checkOpen();
      reactor.#listeners ??= new Set();
      const listeners = reactor.#listeners;
      const listener = () => closed(); // one of its own, so that the same function may be given twice
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    setGauge = (reactor, gauge) => {
      checkReactor(reactor);
      reactor.#gauge = gauge;
    };
  }
}
