// The options of a ReactorPool, and their checks.
import { checkFd, checkFunction, checkInteger, checkObject, copyList } from '../base/arguments.js';
import { invalidType, invalidValue, UnsupportedError } from '../base/errors.js';
import { supported as onLinux } from '../linux/constants.js';
import { os, path, url as urls } from '../native/builtins.js';
import { Reactor } from '../reactor/reactor.js';
import type { ListenTcpOptions } from '../socket/open.js';
import type { Policy } from './policy.js';

const MAX_WORKERS = 1024;
const DEFAULT_QUEUE = 256;
const MAX_QUEUE = 65_536;
const DEFAULT_START_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LAST_CPU = 8191;

/**
 * How connections get to the workers:
 *
 * - 'hand-off': one acceptor, in the pool's thread, hands each connection to a worker, which the policy chooses
 * - 'sharded': each worker accepts from a listener of its own. All share the port (SO_REUSEPORT, Linux 3.9), and the
 *   kernel chooses by a hash of the addresses. Only the pool closes the listeners
 */
export type PoolMode = 'hand-off' | 'sharded';

/** Options of `new ReactorPool()`. */
export interface ReactorPoolOptions {
  /** How many worker threads, 1 to 1,024; `os.availableParallelism()` by default. */
  workers?: number;
  /** How connections get to the workers; 'hand-off' by default. */
  mode?: PoolMode;
  /**
   * Where the pool listens: the options of `listenTcp()`, the path of a Unix socket, or the fd of a socket that listens
   * already, which is the pool's from here on. Without it, connections come by `handOff()` alone. 'sharded' takes only
   * the first.
   */
  listen?: ListenTcpOptions | string | number;
  /**
   * Which worker gets a connection, in the mode 'hand-off' and by `handOff()`: 'round-robin', the default,
   * 'least-connections', or a function. A worker that has no room is passed over.
   */
  policy?: Policy;
  /**
   * Who drives the workers' reactors. 'attach', the default: their event loops, so that timers, promises and sockets of
   * Node go on beside. 'run': `reactor.run()`, which costs less; once the module's function is done, nothing of Node's
   * event loop proceeds in the worker.
   */
  drive?: 'attach' | 'run';
  /** Any value that can be cloned; each worker's module gets a copy (structured clone). */
  workerData?: unknown;
  /**
   * The CPUs to pin the workers to (sched_setaffinity(2)): worker i to `cpus[i % cpus.length]`. Each from 0 to 8,191.
   * Linux.
   */
  cpus?: readonly number[];
  /** How many fds may be on their way to one worker, 1 to 65,536; 256 by default. Rounded up to a power of two. */
  maxQueued?: number;
  /** How long a worker may take to start, in milliseconds, before it is terminated; 30,000 by default. */
  startTimeoutMs?: number;
  /**
   * The reactor of this thread that accepts. Node's event loop has to go on beside it (`attach()`): otherwise dead
   * workers are not replaced, and no promise of the pool is settled. By default the pool has one of its own.
   */
  reactor?: Reactor;
}

/** The options with their defaults. */
export interface CheckedPoolOptions {
  readonly url: string;
  readonly workers: number;
  readonly mode: PoolMode;
  readonly listen: ListenTcpOptions | string | number | undefined;
  readonly policy: Policy;
  readonly drive: 'attach' | 'run';
  readonly workerData: unknown;
  readonly cpus: readonly number[] | undefined;
  readonly capacity: number;
  readonly startTimeoutMs: number;
  readonly reactor: Reactor | undefined;
}

/** A module as import() takes it in another folder. */
function checkUrl(url: unknown): string {
  if (url instanceof URL) return url.href;
  if (typeof url !== 'string') throw invalidType('url', 'a URL or a string', url);
  if (path.isAbsolute(url)) return urls.pathToFileURL(url).href;
  if (!URL.canParse(url)) throw invalidValue('url', 'a URL or an absolute path', url);
  return url;
}

function checkOneOf<T extends string>(value: unknown, name: string, values: readonly T[]): asserts value is T {
  if (values.includes(value as T)) return;
  throw invalidValue(name, values.map((one) => `'${one}'`).join(' or '), value);
}

function checkListen(listen: unknown, mode: PoolMode): void {
  if (mode === 'sharded') {
    checkObject(listen, 'options.listen');
    if ('path' in listen) throw invalidValue('options.listen', 'a host and a port for sharded listeners', listen);
  } else if (typeof listen === 'number') checkFd(listen, 'options.listen');
  else if (listen !== undefined && typeof listen !== 'string') checkObject(listen, 'options.listen');
}

function checkPolicy(policy: unknown): asserts policy is Policy {
  if (typeof policy === 'string') checkOneOf(policy, 'options.policy', ['round-robin', 'least-connections']);
  else checkFunction(policy, 'options.policy');
}

/** A copy, read once. */
function checkCpus(cpus: unknown): readonly number[] | undefined {
  if (cpus === undefined) return undefined;
  const check = (cpu: unknown, name: string): asserts cpu is number => checkInteger(cpu, name, 0, LAST_CPU);
  const copy = copyList(cpus, 'options.cpus', 'numbers', check);
  if (copy.length === 0) throw invalidValue('options.cpus', 'a list of at least one CPU', '');
  if (!onLinux) throw new UnsupportedError('pinning threads to CPUs');
  return copy;
}

/** @throws TypeError, RangeError, UnsupportedError, DataCloneError for `workerData` that cannot be cloned */
export function checkPoolOptions(url: unknown, options: ReactorPoolOptions): CheckedPoolOptions {
  const href = checkUrl(url);
  checkObject(options, 'options');
  const { workers = os.availableParallelism(), mode = 'hand-off', listen, policy = 'round-robin' } = options;
  const { drive = 'attach', workerData, maxQueued = DEFAULT_QUEUE, startTimeoutMs = DEFAULT_START_MS } = options;
  const { reactor } = options;
  checkInteger(workers, 'options.workers', 1, MAX_WORKERS);
  checkOneOf(mode, 'options.mode', ['hand-off', 'sharded']);
  checkListen(listen, mode);
  checkPolicy(policy);
  checkOneOf(drive, 'options.drive', ['attach', 'run']);
  checkInteger(maxQueued, 'options.maxQueued', 1, MAX_QUEUE);
  checkInteger(startTimeoutMs, 'options.startTimeoutMs', 1, LONGEST_TIMER_MS);
  if (reactor !== undefined && !(reactor instanceof Reactor))
    throw invalidType('options.reactor', 'a Reactor', reactor);
  const cpus = checkCpus(options.cpus);
  const capacity = 2 ** Math.ceil(Math.log2(maxQueued));
  const copy = structuredClone(workerData); // each worker gets it as it is now
  return { url: href, workers, mode, listen, policy, drive, workerData: copy, cpus, capacity, startTimeoutMs, reactor };
}

/** Options of `pool.handOff()`. */
export interface HandOffOptions {
  /** Any value that can be cloned; the worker gets a copy (structured clone). */
  data?: unknown;
  /** Bytes that were read from the fd and not used; the worker gets a copy. */
  payload?: Uint8Array;
  /** Which worker is to have it, by its number; the policy chooses by default. If that one dies, another gets it. */
  worker?: number;
}

/** Options of `pool.close()`. */
export interface PoolCloseOptions {
  /** How long the workers may take to end, in milliseconds; 10,000 by default, Infinity for any time. */
  deadlineMs?: number;
}
