// The options of a Master, and their checks.
import { checkBoolean, checkDelay, checkInteger, checkObject, checkString, copyList } from '../base/arguments.js';
import { invalidValue } from '../base/errors.js';
import { os, url } from '../native/builtins.js';
import type { ListenTcpOptions, ListenUnixOptions } from '../socket/open.js';

const MOST_WORKERS = 1024;
const MOST_GENERATIONS = 64;
/** setTimeout() takes no longer ones. */
const LONGEST_MS = 2 ** 31 - 2000;

/** Where a master listens: a TCP address, or the path of a Unix socket. */
export type MasterListener = (Partial<ListenTcpOptions> | Partial<ListenUnixOptions>) & {
  /**
   * The name of a socket that systemd may have passed (`FileDescriptorName=`). It is used in place of an address; the
   * other options are for a start without systemd.
   */
  fdName?: string;
};

/** Options of `new Master()`. */
export interface MasterOptions {
  /** The program of the workers: a path, from the current folder if it is relative, or a `file:` URL. */
  worker: string | URL;
  /** How many workers serve, from 1 to 1,024; one for each CPU that may be used by default. */
  workers?: number;
  /**
   * How many more are started, loaded and ready, and wait: one takes the place of a worker that dies, at once. From 0
   * to 1,024; 0 by default. They accept nothing, if they begin in `worker.onServe()`.
   */
  spare?: number;
  /**
   * What the master listens on, by names of your choice. It opens the sockets, and holds them until it ends. All
   * workers share one; with `reusePort` there is one for each of them.
   */
  listeners?: Record<string, MasterListener>;
  /**
   * How long a worker may take to end its connections, in milliseconds from 0; 30,000 by default. Five seconds later
   * comes SIGKILL.
   */
  drainMs?: number;
  /** How long a worker may take to become ready, in milliseconds from 1; 30,000 by default. Then SIGKILL. */
  readyMs?: number;
  /**
   * SIGKILL for a worker whose reactor makes no turn for about so many milliseconds, from 10; 10,000 by default. 0:
   * never. A worker that hashes for longer in one handler is killed: choose more than the longest handler takes.
   */
  heartbeatMs?: number;
  /**
   * For so many milliseconds after SIGTERM the workers go on to accept, for load balancers that hear late; from 0, the
   * default.
   */
  stopDelayMs?: number;
  /**
   * How many generations of workers there may be, those that drain included, from 2 to 64; 4 by default. A reload
   * beyond that waits until the oldest has drained.
   */
  maxGenerations?: number;
  /** A file for the master's number. Another master that runs and has it in there is an error. */
  pidFile?: string;
  /** A file that has `master.state()` as JSON, written anew at each change. */
  stateFile?: string;
  /** Arguments of the worker's program; none by default. */
  args?: readonly string[];
  /** Options of Node for the workers; those of this process (`process.execArgv`) by default. */
  execArgv?: readonly string[];
  /** Variables of the workers' environment beside those of this process. */
  env?: NodeJS.ProcessEnv;
  /**
   * Whether signals drive the master: SIGHUP reloads, SIGUSR2 upgrades, SIGTERM, SIGINT and SIGQUIT stop; true by
   * default.
   */
  signals?: boolean;
}

/** The options with their defaults. */
export interface CheckedMasterOptions {
  readonly worker: string;
  readonly workers: number;
  readonly spare: number;
  readonly listeners: Record<string, MasterListener>;
  readonly drainMs: number;
  readonly readyMs: number;
  readonly heartbeatMs: number;
  readonly stopDelayMs: number;
  readonly maxGenerations: number;
  readonly pidFile: string | null;
  readonly stateFile: string | null;
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signals: boolean;
}

/** @throws TypeError or RangeError for a wrong option */
export function checkMasterOptions(options: MasterOptions): CheckedMasterOptions {
  checkObject(options, 'options');
  const { worker, workers = os.availableParallelism(), spare = 0, listeners = {}, maxGenerations = 4 } = options;
  const { drainMs = 30_000, readyMs = 30_000, heartbeatMs = 10_000, stopDelayMs = 0, signals = true } = options;
  const { pidFile, stateFile, args = [], execArgv = process.execArgv, env = {} } = options;
  checkInteger(workers, 'options.workers', 1, MOST_WORKERS);
  checkInteger(spare, 'options.spare', 0, MOST_WORKERS);
  checkInteger(maxGenerations, 'options.maxGenerations', 2, MOST_GENERATIONS);
  checkTime(drainMs, 'drainMs', 0);
  checkTime(readyMs, 'readyMs', 1);
  if (heartbeatMs !== 0) checkTime(heartbeatMs, 'heartbeatMs', 10);
  checkTime(stopDelayMs, 'stopDelayMs', 0);
  checkBoolean(signals, 'options.signals');
  if (pidFile !== undefined) checkPath(pidFile, 'options.pidFile');
  if (stateFile !== undefined) checkPath(stateFile, 'options.stateFile');
  checkObject(env, 'options.env');
  return {
    worker: pathOf(worker),
    workers,
    spare,
    listeners: checkListeners(listeners),
    drainMs,
    readyMs,
    heartbeatMs,
    stopDelayMs,
    maxGenerations,
    pidFile: pidFile ?? null,
    stateFile: stateFile ?? null,
    args: copyList(args, 'options.args', 'strings', checkString),
    execArgv: copyList(execArgv, 'options.execArgv', 'strings', checkString),
    env: { ...env },
    signals,
  };
}

function checkTime(value: unknown, name: string, least: number): void {
  checkDelay(value, `options.${name}`);
  checkInteger(Math.ceil(value), `options.${name}`, least, LONGEST_MS);
}

function checkPath(value: unknown, name: string): asserts value is string {
  checkString(value, name);
  if (value === '' || value.includes('\0')) throw invalidValue(name, 'a path', value);
}

function pathOf(worker: unknown): string {
  if (worker instanceof url.URL) {
    if (worker.protocol !== 'file:') throw invalidValue('options.worker', 'a path or a file: URL', worker.href);
    return url.fileURLToPath(worker);
  }
  checkPath(worker, 'options.worker');
  return worker;
}

/** What is wrong in an address, the call that opens it says. */
function checkListeners(listeners: unknown): Record<string, MasterListener> {
  checkObject(listeners, 'options.listeners');
  const copy: Record<string, MasterListener> = {};
  for (const [name, listener] of Object.entries(listeners as Record<string, unknown>)) {
    checkObject(listener, `options.listeners.${name}`);
    const { fdName, path, host } = listener as { fdName?: unknown; path?: unknown; host?: unknown };
    if (fdName !== undefined) checkString(fdName, `options.listeners.${name}.fdName`);
    if (fdName === undefined && path === undefined && host === undefined) {
      throw invalidValue(`options.listeners.${name}`, 'an address: host and port, path, or fdName', listener);
    }
    copy[name] = { ...(listener as MasterListener) };
  }
  return copy;
}
