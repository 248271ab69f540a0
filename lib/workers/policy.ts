// Which worker gets a connection.
import { checkInteger } from '../base/arguments.js';
import type { PoolWorker } from './pool-worker.js';

/** What a policy knows of a worker. */
export interface WorkerLoad {
  /** Whether it serves: it has started, and has not ended. */
  readonly ready: boolean;
  /** How many registrations, connections and listeners its reactor has, and how many connections are on their way. */
  readonly load: number;
  /** How many connections are on their way. */
  readonly queued: number;
}

/**
 * Which worker gets a connection: 'round-robin', 'least-connections' (of those with the least `load` the first), or a
 * function that returns the number of a worker. It is called for each connection, so it should be quick.
 */
export type Policy = 'round-robin' | 'least-connections' | ((fd: number, workers: readonly WorkerLoad[]) => number);

/** Finds a worker that has room; null where none has. */
export type Choose = (fd: number) => PoolWorker | null;

/** @param workers of the pool, in their order */
export function chooserOf(policy: Policy, workers: readonly PoolWorker[]): Choose {
  let next = 0;
  const inTurn = (): PoolWorker | null => {
    for (let tries = workers.length; tries > 0; tries--) {
      const worker = workers[next] as PoolWorker;
      next = (next + 1) % workers.length;
      if (worker.hasRoom) return worker;
    }
    return null;
  };
  if (policy === 'round-robin') return inTurn;
  if (policy === 'least-connections') return () => leastOf(workers);
  return (fd) => {
    const index = policy(fd, workers);
    checkInteger(index, 'what options.policy returns', 0, workers.length - 1);
    const worker = workers[index] as PoolWorker;
    return worker.hasRoom ? worker : inTurn();
  };
}

function leastOf(workers: readonly PoolWorker[]): PoolWorker | null {
  let least: PoolWorker | null = null;
  let leastLoad = Number.POSITIVE_INFINITY;
  for (const worker of workers) {
    if (!worker.hasRoom || worker.load >= leastLoad) continue;
    least = worker;
    leastLoad = worker.load;
  }
  return least;
}
