// Pipes for splice, used again: making one costs two fds and two system calls. A pipe goes back only if it is empty:
// bytes left in it would come out in another connection.
import { checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, SystemError, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';

const DEFAULT_MAX_IDLE = 64;
const DEFAULT_PIPE_BYTES = 256 * 1024;
const LARGEST_PIPE_BYTES = 2 ** 31 - 1;

/** Options of `new PipePool()`. */
export interface PipePoolOptions {
  /** How many unused pipes are kept at most; 64 by default. */
  maxIdle?: number;
  /**
   * How much a pipe is to hold, in bytes; 262,144 by default. The system rounds up to a power of two pages, and gives
   * less where the user's limit is reached (fs.pipe-max-size, fs.pipe-user-pages-soft; pipe(7)).
   */
  pipeBytes?: number;
}

/** A pipe, both ends non-blocking and close-on-exec. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
  /** How much it holds, in bytes. */
  readonly capacity: number;
}

// For the pump alone: as methods they would be public, and a pool would keep whatever it is given.
/** An empty pipe. @throws SystemError EMFILE, ENFILE (pipe2(2)); UnsupportedError where there is no splice */
export let takePipe: (pool: PipePool) => Pipe;
/** Gives it back. @param pendingBytes what is still in it; then it is closed, never kept */
export let givePipe: (pool: PipePool, pipe: Pipe, pendingBytes: number) => void;

/**
 * Pipes for `Pump`, used again. A pipe that is not empty is closed, never kept. It belongs to the thread that made it.
 *
 * @throws (constructor) RangeError ERR_OUT_OF_RANGE for options out of range
 */
export class PipePool {
  static {
    takePipe = (pool) => pool.#idle.pop() ?? openPipe(pool.#pipeBytes);
    givePipe = (pool, pipe, pendingBytes) => {
      if (pendingBytes === 0 && pool.#idle.length < pool.#maxIdle) pool.#idle.push(pipe);
      else closePipe(pipe);
    };
  }

  /** The pool that is used where none is given: one a thread. */
  static readonly shared: PipePool = new PipePool();

  readonly #idle: Pipe[] = [];
  readonly #maxIdle: number;
  readonly #pipeBytes: number;

  constructor(options: PipePoolOptions = NO_OPTIONS) {
    checkObject(options, 'options');
    const { maxIdle = DEFAULT_MAX_IDLE, pipeBytes = DEFAULT_PIPE_BYTES } = options;
    checkInteger(maxIdle, 'options.maxIdle', 0, Number.MAX_SAFE_INTEGER);
    checkInteger(pipeBytes, 'options.pipeBytes', 1, LARGEST_PIPE_BYTES);
    this.#maxIdle = maxIdle;
    this.#pipeBytes = pipeBytes;
  }

  /** How many unused pipes it keeps. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Closes the unused pipes. The pool can be used on. */
  close(): void {
    for (const pipe of this.#idle.splice(0)) closePipe(pipe);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function openPipe(pipeBytes: number): Pipe {
  if (native.splice === undefined || native.pipe === undefined) throw new UnsupportedError('splice');
  const fds = new Int32Array(2);
  const result = native.pipe(fds);
  if (result < 0) throw new SystemError(errorOf(result), 'pipe2');
  const [readFd, writeFd] = fds as unknown as [number, number];
  // Refused above the user's limits; the pipe then keeps the size that it has, and all works in smaller portions.
  const capacity = native.splice.setPipeSize(writeFd, pipeBytes);
  return { readFd, writeFd, capacity: capacity > 0 ? capacity : pipeBytes };
}

function closePipe(pipe: Pipe): void {
  native.fd.close(pipe.readFd);
  native.fd.close(pipe.writeFd);
}
