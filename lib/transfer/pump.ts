// Pump: one direction of a proxy. Bytes go source -> pipe -> destination by splice(2) and never enter user space.
//
// Invariant: the pipe is filled only when it is empty. So EAGAIN from the source's side always means "the source is
// empty", never "the pipe is full"; and while anything is in the pipe only the destination is waited for, which is the
// back-pressure: no more is read than the other side takes.
import { checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, invalidState, invalidType, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { callsOf, native } from '../native/table.js';
import { Interest } from '../reactor/interest.js';
import { ensureNonBlocking } from '../socket/non-blocking.js';
import { givePipe, type Pipe, PipePool, takePipe } from './pipe-pool.js';

const DEFAULT_BUDGET_BYTES = 1 << 20;
const { SPLICE_F_MOVE = 0, SPLICE_F_NONBLOCK = 0 } = native.constants.transfer;
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
const { SHUT_WR = 1 } = native.constants.socket;

/** What shutdown() may answer at the end. ENOTCONN: the destination was reset. ENOTSOCK: a file, a pipe, a terminal. */
const NOBODY_TO_TELL = new Set(['ENOTCONN', 'ENOTSOCK']);
/** The kernel had no room: nothing was moved, and the next move() may work. Any other error ends the pump. */
const PASSING = new Set(['ENOMEM', 'ENOBUFS']);

const { splice: spliceNative } = callsOf(native.splice); // takePipe() throws if there is no splice

/** Options of `new Pump()`. */
export interface PumpOptions {
  /** Where the pipe comes from and goes back to; `PipePool.shared` by default. */
  pool?: PipePool;
  /** About how many bytes one move() moves at most, so that one connection leaves room for others; 1 MiB by default. */
  budgetBytes?: number;
}

/**
 * Moves bytes from one socket to another without copying them (splice(2), Linux). It knows no reactor: call `move()`
 * when the source is readable or the destination writable, then wait for what `sourceInterest` and
 * `destinationInterest` say. When `done`, the source has ended, all was delivered, and the destination was shut down
 * for writing.
 *
 * Either side may be something else that splice(2) takes, such as a pipe. A destination that is not a socket cannot be
 * shut down: its peer sees the end when you close it.
 *
 * Both fds are made non-blocking. A child that gets one of them as its stdio makes it blocking again, and `move()`
 * would wait: see `setNonBlocking()`.
 */
export class Pump {
  readonly #sourceFd: number;
  readonly #destinationFd: number;
  readonly #pool: PipePool;
  readonly #budgetBytes: number;
  /** There only while there is something in it or being moved: an idle pump holds no pipe. */
  #pipe: Pipe | null = null;
  #pending = 0;
  #bytes = 0;
  #done = false;
  #closed = false;
  /** What has ended it: thrown by each move() from then on. */
  #error: SystemError | null = null;

  /** The fds stay the caller's; the pipe is taken when there is something to move. @throws SystemError EBADF */
  constructor(sourceFd: number, destinationFd: number, options: PumpOptions = NO_OPTIONS) {
    checkFd(sourceFd, 'sourceFd');
    checkFd(destinationFd, 'destinationFd');
    checkObject(options, 'options');
    const { pool = PipePool.shared, budgetBytes = DEFAULT_BUDGET_BYTES } = options;
    if (!(pool instanceof PipePool)) throw invalidType('options.pool', 'a PipePool', pool);
    checkInteger(budgetBytes, 'options.budgetBytes', 1, Number.MAX_SAFE_INTEGER);
    ensureNonBlocking(sourceFd);
    ensureNonBlocking(destinationFd);
    this.#sourceFd = sourceFd;
    this.#destinationFd = destinationFd;
    this.#pool = pool;
    this.#budgetBytes = budgetBytes;
  }

  /** What to wait for on the source: `Interest.READABLE`, or 0 while the destination does not take what was read. */
  get sourceInterest(): number {
    return this.#isOver() || this.#pending > 0 ? 0 : Interest.READABLE;
  }

  /** What to wait for on the destination: `Interest.WRITABLE` while something is to be delivered, else 0. */
  get destinationInterest(): number {
    return !this.#isOver() && this.#pending > 0 ? Interest.WRITABLE : 0;
  }

  /**
   * Whether the source has ended, all of it was delivered, and the destination, if a socket, was shut down for writing.
   */
  get done(): boolean {
    return this.#done;
  }

  /** How many bytes it has delivered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes it has read and not delivered yet; once it has failed, how many are lost. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Moves what can be moved now, about `budgetBytes` at most.
   *
   * An error of either side is final: the pump gives its pipe up, and each later move() throws the same error, so that
   * a connection that was reset never looks like one that has ended well. ENOMEM and ENOBUFS, and what a pipe cannot
   * be had for, are not: nothing was lost, and the next move() goes on.
   *
   * @returns how many bytes were delivered to the destination by this call
   * @throws SystemError of splice(2) for either side: ECONNRESET, EPIPE ...; EMFILE, ENFILE for the pipe;
   * ERR_INVALID_STATE once closed
   */
  move(): number {
    if (this.#closed) throw invalidState('the pump is closed');
    if (this.#error !== null) throw this.#error;
    let moved = 0;
    while (!this.#done && moved < this.#budgetBytes) {
      if (this.#pending === 0 && !this.#fill()) break;
      moved += this.#drain();
      if (this.#pending > 0) break;
    }
    if (this.#pending === 0) this.#returnPipe();
    return moved;
  }

  /** Gives the pipe back: to the pool if it is empty, else it is closed with what is in it. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#returnPipe();
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #isOver(): boolean {
    return this.#done || this.#closed || this.#error !== null;
  }

  /** From the source into the empty pipe. False where nothing came: the source is empty, or has ended. */
  #fill(): boolean {
    this.#pipe ??= takePipe(this.#pool);
    const { writeFd, capacity } = this.#pipe;
    const filled = this.#splice(this.#sourceFd, writeFd, capacity, this.#sourceFd);
    if (filled === WOULD_BLOCK) return false;
    if (filled === 0) {
      this.#finish();
      return false;
    }
    this.#pending = filled;
    return true;
  }

  /** From the pipe to the destination, as much as it takes. */
  #drain(): number {
    const { readFd } = this.#pipe as Pipe;
    let drained = 0;
    while (this.#pending > 0) {
      const taken = this.#splice(readFd, this.#destinationFd, this.#pending, this.#destinationFd);
      if (taken <= 0) break;
      this.#pending -= taken;
      this.#bytes += taken;
      drained += taken;
    }
    return drained;
  }

  /** The source has ended: the destination's peer is to see the end as well. */
  #finish(): void {
    const result = native.socket.shutdown(this.#destinationFd, SHUT_WR);
    if (result < 0) {
      const error = new SystemError(errorOf(result), 'shutdown', { fd: this.#destinationFd });
      if (!NOBODY_TO_TELL.has(error.code)) this.#fail(error);
    }
    this.#done = true;
  }

  /** @param fd the side that is no pipe of the pump's, for the error */
  #splice(fdIn: number, fdOut: number, length: number, fd: number): number {
    const moved = spliceNative(fdIn, -1, fdOut, -1, length, FLAGS);
    if (moved < WOULD_BLOCK) this.#fail(new SystemError(errorOf(moved), 'splice', { fd }));
    return moved;
  }

  #fail(error: SystemError): never {
    if (!PASSING.has(error.code)) {
      this.#error = error;
      this.#returnPipe();
    }
    throw error;
  }

  #returnPipe(): void {
    if (this.#pipe !== null) givePipe(this.#pool, this.#pipe, this.#pending);
    this.#pipe = null;
  }
}
