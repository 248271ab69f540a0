// WorkerError: a worker process ended that was not to end. What may change: the words.
import { checkInteger, checkObject, checkOptionalInteger, checkString } from '../base/arguments.js';

/** What is known of a worker process that ended. */
export interface WorkerErrorDetails {
  /** Its number; undefined if it could not be started. */
  pid: number | undefined;
  /** Which of the workers it was, from 0; null for a spare one. */
  index: number | null;
  /** Which generation it was of. */
  generation: number;
  /** With what it has exited; null if a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it; null if it has exited. */
  signal: NodeJS.Signals | null;
}

/** A worker process ended that was not to end, or had to be killed. The message says why. */
export class WorkerError extends Error {
  /** Always 'WorkerError'. */
  override readonly name: string = 'WorkerError';
  /** Always 'ERR_WORKER_FAILED'. */
  readonly code = 'ERR_WORKER_FAILED';
  /** Its number; undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Which of the workers it was, from 0; null for a spare one. */
  readonly index: number | null;
  /** Which generation it was of. */
  readonly generation: number;
  /** With what it has exited; null if a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it; null if it has exited. */
  readonly signal: NodeJS.Signals | null;

  /** @internal */
  constructor(why: string, details: WorkerErrorDetails) {
    checkString(why, 'why');
    checkObject(details, 'details');
    const { pid, index, generation, exitCode, signal } = details;
    checkInteger(generation, 'details.generation', 0, Number.MAX_SAFE_INTEGER);
    checkOptionalInteger(pid, 'details.pid', 0, Number.MAX_SAFE_INTEGER);
    checkOptionalInteger(index ?? undefined, 'details.index', 0, Number.MAX_SAFE_INTEGER);
    const which = index === null ? 'a spare worker' : `worker ${index}`;
    super(`${which} of generation ${generation}${pid === undefined ? '' : ` (pid ${pid})`} ${why}`);
    this.pid = pid;
    this.index = index;
    this.generation = generation;
    this.exitCode = exitCode;
    this.signal = signal;
  }
}
