// ReactorPool: the workers of a server, and how connections get to them. What is here is the pool's own: the listeners,
// the fds that wait because no worker has room, and the end. A worker's threads are in pool-worker.ts.
//
// Who owns an fd: the pool until a ring has it, the ring until the worker takes it (ring.ts), the worker's environment
// from then on. Whatever ends, the one that has it hands it on or closes it.
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { checkBytes, checkFd, checkObject, checkOptionalInteger, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, invalidState, outOfRange, SystemError } from '../base/errors.js';
import { SocketFile } from '../connection/socket-file.js';
import { workerThreads } from '../native/builtins.js';
import { native } from '../native/table.js';
import { Acceptor } from '../reactor/acceptor.js';
import { Reactor } from '../reactor/reactor.js';
import type { Waker } from '../reactor/waker.js';
import type { AddressInfo } from '../socket/address.js';
import { close, getsockname } from '../socket/calls.js';
import { checkUnowned, isWatched } from '../socket/closing.js';
import { type ListenTcpOptions, listenTcp, listenUnix } from '../socket/open.js';
import type { Handed } from './module.js';
import {
  type CheckedPoolOptions,
  checkPoolOptions,
  type HandOffOptions,
  type PoolCloseOptions,
  type ReactorPoolOptions,
} from './options.js';
import { type Choose, chooserOf } from './policy.js';
import { PoolWorker, type PoolWorkerHost } from './pool-worker.js';
import { OPEN_CALL } from './ring.js';

const DEFAULT_DEADLINE_MS = 10_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** So many threads in a row that do not start end a pool that was never ready. */
const MOST_FAILED_STARTS = 4;

/**
 * What `pool.metrics()` returns. Counters of the pool count since it was made, those of a worker since its thread
 * started.
 */
export interface PoolMetrics {
  /** How many connections the pool's acceptor has taken, in the mode 'hand-off'. */
  accepted: number;
  /** How many fds wait because no worker has room. */
  waiting: number;
  /** How often a thread was started in place of one that had ended. */
  restarts: number;
  /** Each worker, by its number. */
  workers: WorkerMetrics[];
}

/** What `pool.metrics()` tells of a worker. */
export interface WorkerMetrics {
  /** Whether it serves. */
  ready: boolean;
  /** How many connections it got by hand-off. */
  taken: number;
  /** How many it has accepted, in the mode 'sharded'. */
  accepted: number;
  /** How many are on their way. */
  queued: number;
  /** How many registrations, connections and listeners its reactor has, and how many connections are on their way. */
  load: number;
  /** How many turns its reactor has taken. It stands still while a handler blocks the worker, and while it is idle. */
  turns: number;
  /** How often its thread was started in place of one that had ended. */
  restarts: number;
}

/** The events of a ReactorPool. */
export interface ReactorPoolEvents {
  /** A worker failed; another thread takes its number. */
  workerError: [error: Error, index: number];
  /** There is room again, after `handOff()` has returned false. */
  drain: [];
}

/** An fd that waits for room. */
interface Waiting {
  readonly fd: number;
  readonly handed: Handed | undefined;
  readonly worker: number | undefined;
}

/**
 * Worker threads, each with a Reactor and the program's module, and what gives them connections.
 *
 * The module exports a function (`WorkerModule`) by default; it gets the worker's reactor, and returns what takes
 * connections. A worker that throws or ends is reported by the event 'workerError', and another thread takes its
 * number: at once, or, if it follows a failure, after 0.1 s, then twice as long each time, to 10 s. Connections on
 * their way to it go to other workers. Those that it has taken are closed with it.
 */
export class ReactorPool extends EventEmitter<ReactorPoolEvents> {
  /** Where the pool listens; of port 0 with the port that the kernel chose. Null without `listen`. */
  readonly address: AddressInfo | null = null;
  /**
   * Resolved once every worker serves. Rejected with ERR_WORKER_NOT_STARTED if a worker fails to start four times in a
   * row before that, and with ERR_INVALID_STATE if the pool is closed; the pool closes in both cases.
   */
  readonly ready: Promise<void>;
  readonly #options: CheckedPoolOptions;
  readonly #reactor: Reactor;
  readonly #waker: Waker;
  readonly #workers: PoolWorker[] = [];
  readonly #choose: Choose;
  /** In the order in which they came. */
  #waiting: Waiting[] = [];
  #acceptor: Acceptor | null = null;
  #shards: number[] = [];
  #file: SocketFile | null = null;
  #owesDrain = false;
  #settleReady: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #closing: Promise<number> | null = null;
  #isDraining = false;
  #settleClose: (terminated: number) => void = () => {};
  #deadline: NodeJS.Timeout | undefined;
  #live = 0;
  #terminated = 0;

  /**
   * Listens, and starts the workers. Connections are accepted once a worker is ready.
   *
   * @param url the module of the workers: a URL, or an absolute path
   * @throws TypeError or RangeError for a wrong argument; SystemError as listenTcp() and listenUnix(); UnsupportedError
   * for what the platform does not have: sharded listeners on Windows, `cpus` but on Linux; DataCloneError for
   * `workerData` that cannot be cloned
   */
  constructor(url: string | URL, options: ReactorPoolOptions = NO_OPTIONS) {
    super();
    this.#options = checkPoolOptions(url, options);
    this.#reactor = this.#options.reactor ?? new Reactor();
    try {
      if (this.#options.reactor === undefined) this.#reactor.attach();
      this.#waker = this.#reactor.createWaker(() => this.#onNews());
      this.address = this.#listen();
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#choose = chooserOf(this.#options.policy, this.#workers);
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    const host = this.#host();
    for (let i = 0; i < this.#options.workers; i++) this.#workers.push(new PoolWorker(host, i, this.#shards[i]));
    this.#live = this.#workers.length;
    for (const worker of this.#workers) worker.start();
  }

  /** The threads by their workers' numbers; null where the next one waits to be started. */
  get threads(): (Worker | null)[] {
    return this.#workers.map(({ thread }) => thread);
  }

  /**
   * Hands a connection to a worker, at any moment of its stream: its `connection()` is called with the fd, a copy of
   * `data`, and the bytes that were read before. The fd is the pool's from here on: no reactor of this thread may have
   * it. Where no worker has room, it waits for one.
   *
   * @returns whether a worker had room. If not, hold further ones back until the event 'drain'
   * @throws SystemError EBADF, on Windows ENOTSOCK; ERR_INVALID_STATE for an fd that is registered or belongs to a
   * Connection (see `connection.detach()`), and once the pool is closed; DataCloneError for data that cannot be cloned.
   * The fd is then still the caller's
   */
  handOff(fd: number, options: HandOffOptions = NO_OPTIONS): boolean {
    checkFd(fd);
    checkObject(options, 'options');
    const { data, payload, worker } = options;
    if (payload !== undefined) checkBytes(payload, 'options.payload');
    checkOptionalInteger(worker, 'options.worker', 0, this.#workers.length - 1);
    if (this.#closing !== null) throw invalidState('the pool is closed');
    const identity = native.fd.openIdentity(fd);
    if (identity < 0) throw new SystemError(errorOf(identity), OPEN_CALL, { fd });
    checkUnowned(fd);
    if (isWatched(fd)) throw invalidState(`fd ${fd} is registered with a Reactor: deregister it first`);
    const hasMore = data !== undefined || payload !== undefined;
    // Copies: the payload may be a view of memory that is used again.
    const handed = hasMore ? { data: structuredClone(data), payload: payload && Uint8Array.from(payload) } : undefined;
    return this.#give({ fd, handed, worker });
  }

  /** Counters, as plain numbers; a new object each time. */
  metrics(): PoolMetrics {
    const workers = this.#workers.map(({ ready, ring, restarts }) => {
      const { taken, accepted, queued, load, turns } = ring;
      return { ready, taken, accepted, queued, load, turns, restarts };
    });
    const restarts = workers.reduce((sum, worker) => sum + worker.restarts, 0);
    return { accepted: this.#acceptor?.accepted ?? 0, waiting: this.#waiting.length, restarts, workers };
  }

  /**
   * Ends the pool. It accepts no more; connections that wait in the listener's queue are reset. Each worker takes what
   * is on its way to it, then its `onDrain()` handlers run, and it ends when the module calls `drained()`, or at once
   * without such a handler. A worker that has not ended by the deadline is terminated. A later call may give another
   * deadline.
   *
   * @returns how many workers were terminated, when the last one has ended
   * @throws TypeError or RangeError for a wrong option
   */
  close(options: PoolCloseOptions = NO_OPTIONS): Promise<number> {
    checkObject(options, 'options');
    const { deadlineMs = this.#closing === null ? DEFAULT_DEADLINE_MS : undefined } = options;
    if (deadlineMs !== undefined && !(typeof deadlineMs === 'number' && deadlineMs >= 0)) {
      throw outOfRange('options.deadlineMs', '>= 0', deadlineMs);
    }
    if (deadlineMs !== undefined) this.#setDeadline(deadlineMs);
    if (this.#closing !== null) return this.#closing;
    this.#closing = new Promise((resolve) => {
      this.#settleClose = resolve;
    });
    if (this.#settleReady !== null) this.ready.catch(() => {}); // who closes the pool knows
    this.#settle(invalidState('the pool is closed'));
    this.#acceptor?.close();
    this.#pump();
    return this.#closing;
  }

  /** close(), for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #host(): PoolWorkerHost {
    return {
      options: this.#options,
      waker: this.#waker,
      onReady: () => this.#onReady(),
      onFailed: (worker, error) => this.#onFailed(worker, error),
      onEnded: () => this.#onEnded(),
      onReturned: (fd, handed) => this.#waiting.push({ fd, handed, worker: undefined }),
      onError: (worker, error) => this.#report(error, worker.index),
    };
  }

  #listen(): AddressInfo | null {
    const { listen, mode } = this.#options;
    if (mode === 'sharded') return this.#listenSharded(listen as ListenTcpOptions);
    if (listen === undefined) return null;
    const fd = openListener(listen);
    try {
      const address = getsockname(fd);
      const onBatch = (): void => this.#wakeAll();
      this.#acceptor = new Acceptor(this.#reactor, fd, (connection) => this.#accepted(connection), { onBatch });
      this.#acceptor.pause();
      if (typeof listen === 'string') this.#file = SocketFile.at(listen);
      return address;
    } catch (error) {
      if (typeof listen !== 'number') close(fd);
      throw error;
    }
  }

  /** A listener a worker, in the workers' order: the kernel numbers them so. */
  #listenSharded(listen: ListenTcpOptions): AddressInfo {
    let { port } = listen;
    for (let i = 0; i < this.#options.workers; i++) {
      const fd = listenTcp({ ...listen, port, reusePort: true });
      this.#shards.push(fd);
      port = (getsockname(fd) as { port: number }).port;
    }
    return getsockname(this.#shards[0] as number);
  }

  #accepted(fd: number): void {
    const worker = this.#choose(fd);
    if (worker !== null) {
      if (!workerThreads.isMainThread) native.fd.release(fd);
      worker.push(fd, undefined);
      return;
    }
    this.#give({ fd, handed: undefined, worker: undefined });
  }

  /** Puts an fd on its way, or has it wait. Returns whether it is on its way. */
  #give(waiting: Waiting): boolean {
    const isPlaced = this.#place(waiting);
    if (!workerThreads.isMainThread) native.fd.release(waiting.fd);
    if (isPlaced) {
      this.#wakeAll();
      return true;
    }
    this.#waiting.push(waiting);
    this.#owesDrain = true;
    for (const worker of this.#workers) worker.wantRoom();
    if (this.#mayPlace(waiting))
      this.#pump(); // room has come before it was asked for
    else this.#acceptIfRoom();
    return false;
  }

  #place({ fd, handed, worker: index }: Waiting): boolean {
    const named = index === undefined ? undefined : this.#workers[index];
    const worker = named === undefined ? this.#choose(fd) : named;
    if (worker === null || !worker.hasRoom) return false;
    worker.push(fd, handed);
    return true;
  }

  #mayPlace({ worker }: Waiting): boolean {
    return worker === undefined
      ? this.#workers.some(({ hasRoom }) => hasRoom)
      : this.#workers[worker]?.hasRoom === true;
  }

  #wakeAll(): void {
    for (const worker of this.#workers) worker.wake();
  }

  /** Hands on what waits. What finds no room asks for it, and the pool is woken when there is some. */
  #pump(): void {
    this.#placeWaiting();
    if (this.#waiting.length > 0) {
      for (const worker of this.#workers) worker.wantRoom();
      this.#placeWaiting(); // what has come between the look and the asking
    }
    this.#wakeAll();
    if (this.#closing !== null) this.#drainIfPlaced();
    else this.#acceptIfRoom();
  }

  /** A policy may throw: then what it was asked for waits on, as do those behind it. */
  #placeWaiting(): void {
    const waiting = this.#waiting;
    const left: Waiting[] = [];
    let next = 0;
    try {
      for (; next < waiting.length; next++) {
        const one = waiting[next] as Waiting;
        if (!this.#place(one)) left.push(one);
      }
    } finally {
      this.#waiting = [...left, ...waiting.slice(next)];
    }
  }

  /** One that waits for a worker by its number keeps no connection of others waiting. */
  #acceptIfRoom(): void {
    const hasRoom = this.#waiting.every(({ worker }) => worker !== undefined);
    const acceptor = this.#acceptor;
    if (acceptor !== null && !this.#reactor.closed) {
      if (hasRoom && this.#workers.some((worker) => worker.hasRoom)) acceptor.resume();
      else acceptor.pause();
    }
    if (this.#waiting.length > 0 || !this.#owesDrain) return;
    this.#owesDrain = false;
    this.emit('drain');
  }

  #drainIfPlaced(): void {
    const mayPlace = this.#waiting.length > 0 && this.#workers.some(({ ready }) => ready);
    if (!mayPlace) this.#drain();
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (const worker of this.#workers) worker.drain();
  }

  /** A worker has room, or has stopped to accept. */
  #onNews(): void {
    this.#pump();
    if (this.#isDraining && !this.#workers.some((worker) => worker.mayAccept)) this.#closeShards();
  }

  #onReady(): void {
    this.#pump();
    if (this.#workers.every(({ ready }) => ready)) this.#settle();
  }

  #onFailed(worker: PoolWorker, error: Error): void {
    this.#pump();
    this.#report(error, worker.index);
    if (this.#settleReady === null || worker.failures < MOST_FAILED_STARTS) return;
    this.#settle(error);
    void this.close();
  }

  /** Without a listener the error is a warning of the process, so that it is not lost. */
  #report(error: Error, index: number): void {
    if (!this.emit('workerError', error, index)) process.emitWarning(error);
  }

  #settle(error?: Error): void {
    const settle = this.#settleReady;
    this.#settleReady = null;
    if (error === undefined) settle?.resolve();
    else settle?.reject(error);
  }

  #setDeadline(deadlineMs: number): void {
    clearTimeout(this.#deadline);
    if (deadlineMs > LONGEST_TIMER_MS) return;
    this.#deadline = setTimeout(() => {
      this.#drain();
      const late = this.#workers.filter(({ thread }) => thread !== null);
      this.#terminated += late.length; // first: Deno's terminate() emits 'exit' before it returns
      for (const worker of late) worker.terminate();
    }, deadlineMs);
  }

  #onEnded(): void {
    this.#live--;
    this.#onNews();
    if (this.#live > 0) return;
    clearTimeout(this.#deadline);
    for (const { fd } of this.#waiting.splice(0)) close(fd);
    this.#release();
    this.#settleClose(this.#terminated);
  }

  #closeShards(): void {
    for (const fd of this.#shards.splice(0)) close(fd);
  }

  #release(): void {
    this.#acceptor?.close();
    this.#file?.remove();
    this.#closeShards();
    if (this.#options.reactor === undefined) this.#reactor.close();
    else this.#waker?.close();
  }
}

function openListener(listen: ListenTcpOptions | string | number): number {
  if (typeof listen === 'number') {
    checkUnowned(listen);
    return listen;
  }
  return typeof listen === 'string' ? listenUnix({ path: listen }) : listenTcp(listen);
}
