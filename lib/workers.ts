/**
 * A server on every core: worker threads, each with a Reactor and the program's module. One acceptor hands connections
 * to them through shared memory, or each accepts from a listener of its own. The guide has a page on them.
 *
 * @module fdreactor/workers
 */
export type { Handed, WorkerContext, WorkerHandlers, WorkerModule } from './workers/module.js';
export type { HandOffOptions, PoolCloseOptions, PoolMode, ReactorPoolOptions } from './workers/options.js';
export type { Policy, WorkerLoad } from './workers/policy.js';
export { type PoolMetrics, ReactorPool, type ReactorPoolEvents, type WorkerMetrics } from './workers/pool.js';
