// What a worker's module gets and gives: the contract between ReactorPool and the user's code in the worker.
import type { Reactor } from '../reactor/reactor.js';

/** What a worker's module gets: the argument of the function that it exports by default. */
export interface WorkerContext<D = unknown> {
  /** This worker's reactor. The pool drives it: the module calls none of `run()`, `poll()`, `attach()`, `close()`. */
  readonly reactor: Reactor;
  /** The worker's number in the pool, from 0. The worker that replaces one has its number. */
  readonly index: number;
  /** A copy of the pool's `workerData`, undefined without one. */
  readonly workerData: D;
  /**
   * Calls `handler` when the pool closes, in a turn of the reactor, after the last connection that was on its way. The
   * worker then goes on until `drained()`. A worker without such a handler ends at once.
   */
  onDrain(handler: () => void): void;
  /** Ends the worker after this turn, if the pool is closing; its reactor and connections are closed. */
  drained(): void;
}

/** What comes with an fd that `pool.handOff()` has handed over. */
export interface Handed {
  /** A copy of the `data` that was given. */
  readonly data: unknown;
  /** The bytes that were read from the fd and not used: they come before those that are read next. */
  readonly payload: Uint8Array | undefined;
}

/** What the function that a worker's module exports by default returns. */
export interface WorkerHandlers {
  /**
   * Called with each connection of the worker, in a turn of its reactor. What it throws ends the worker.
   *
   * @param fd the callee's to close; the worker's end closes it as well
   * @param handed what came with the fd; undefined for a connection of the pool's listener
   */
  connection(fd: number, handed: Handed | undefined): void;
}

/** The function that a worker's module exports by default. It may be async: the worker is ready when it is done. */
export type WorkerModule<D = unknown> = (context: WorkerContext<D>) => WorkerHandlers | Promise<WorkerHandlers>;

/** What the pool gives a worker's program: workerData of its thread. */
export interface WorkerStart {
  readonly url: string;
  readonly index: number;
  readonly words: Int32Array;
  readonly port: import('node:worker_threads').MessagePort;
  readonly poolWaker: import('../reactor/waker.js').TransferredWaker;
  /** The listener that the worker accepts from; the pool's to close. */
  readonly listenerFd: number | undefined;
  readonly drive: 'attach' | 'run';
  readonly cpus: readonly number[] | undefined;
  readonly workerData: unknown;
}

/** What comes with an fd: posted before the ring's entry, and told apart by its number. */
export interface HandedMessage extends Handed {
  readonly number: number;
}

/** What a worker posts to the pool. */
export type WorkerReport =
  | { readonly ready: import('../reactor/waker.js').TransferredWaker }
  | { readonly lost: number; readonly error: number };
