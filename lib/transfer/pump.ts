// Pump: one direction of a proxy. Bytes go source -> pipe -> destination by splice(2) and never enter user space.
//
// Invariant: the pipe is filled only when it is empty. So EAGAIN from the source's side always means "the source is
// empty", never "the pipe is full"; and while anything is in the pipe only the destination is waited for, which is the
// back-pressure: no more is read than the other side takes.
//
// A side that epoll cannot watch (a file) is never waited for. Then the other side alone says when to move, or the
// caller, if there are two such sides.
import { checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, invalidState, invalidType, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { callsOf, native } from '../native/table.js';
import { Interest } from '../reactor/interest.js';
import { givePipe, type Pipe, PipePool, takePipe } from './pipe-pool.js';
import { checkMode, destinationSide, hasHungUp, type PumpSide, sourceSide } from './pump-side.js';

const DEFAULT_BUDGET_BYTES = 1 << 20;
const { SPLICE_F_MOVE = 0, SPLICE_F_NONBLOCK = 0 } = native.constants.transfer;
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
const { SHUT_WR = 1 } = native.constants.socket;

/** What shutdown() may answer at the end. ENOTCONN: the destination was reset. ENOTSOCK: a file, a pipe, a terminal. */
const NOBODY_TO_TELL = new Set(['ENOTCONN', 'ENOTSOCK']);
/**
 * The kernel had no room: nothing was moved, and the next move() may work. Any other error ends the pump. EAGAIN is
 * thrown of a side that cannot be watched, which a driver in user space (FUSE) may say.
 */
const PASSING = new Set(['ENOMEM', 'ENOBUFS', 'EAGAIN']);
const { EAGAIN = 0, EINVAL = 0, EIO = 0 } = native.constants.error;

const { splice: spliceNative } = callsOf(native.splice); // takePipe() throws if there is no splice

/** Options of `new Pump()`. */
export interface PumpOptions {
  /** Where the pipe comes from and goes back to; `PipePool.shared` by default. */
  pool?: PipePool;
  /** About how many bytes one move() moves at most, so that one connection leaves room for others; 1 MiB by default. */
  budgetBytes?: number;
}

/**
 * Moves bytes from one fd to another without copying them (splice(2), Linux). It knows no reactor: call `move()` when
 * the source is readable or the destination writable, then wait for what `sourceInterest` and `destinationInterest`
 * say. When `done`, the source has ended, all was delivered, and the destination was shut down for writing.
 *
 * Each side is a socket, a pipe, a file, a terminal, or a device that splice(2) takes:
 *
 * - **A file** cannot be watched, and is always ready. Its interest is always 0: do not register it. The other side
 *   drives the pump. Where both interests are 0 and the pump is not done, no side can be waited for: call `move()`
 *   again, in a later turn, such as in a timer of 0 ms. Each call moves something, ends or throws. A file is read
 *   and written at its own position. The end of a source is the end of the file as it is then. A disk is waited for.
 * - **A file with O_APPEND** is no destination: splice(2) does not append. Open the file without, and seek to its end.
 * - **A terminal** must be non-blocking, or a move would wait for its reader. The package does not change the mode,
 *   which the shell shares: open the terminal anew with O_NONBLOCK. The terminal translates what passes (termios(3)).
 *   A terminal that hung up has ended. The master of a pseudo-terminal whose last user is gone fails with EIO.
 * - **A destination that is not a socket** cannot be shut down: its peer sees the end when you close it.
 *
 * Sockets and pipes are made non-blocking. A child that gets one of them as its stdio makes it blocking again, and
 * `move()` would wait: see `setNonBlocking()`.
 */
export class Pump {
  readonly #source: PumpSide;
  readonly #destination: PumpSide;
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

  /**
   * The fds stay the caller's; the pipe is taken when there is something to move.
   *
   * @throws SystemError EBADF; of epoll_create1(2) for a device; TypeError ERR_INVALID_ARG_VALUE for a blocking
   * terminal, and for a destination with O_APPEND; UnsupportedError where there is no splice
   */
  constructor(sourceFd: number, destinationFd: number, options: PumpOptions = NO_OPTIONS) {
    checkFd(sourceFd, 'sourceFd');
    checkFd(destinationFd, 'destinationFd');
    checkObject(options, 'options');
    const { pool = PipePool.shared, budgetBytes = DEFAULT_BUDGET_BYTES } = options;
    if (!(pool instanceof PipePool)) throw invalidType('options.pool', 'a PipePool', pool);
    checkInteger(budgetBytes, 'options.budgetBytes', 1, Number.MAX_SAFE_INTEGER);
    this.#source = sourceSide(sourceFd);
    this.#destination = destinationSide(destinationFd);
    this.#pool = pool;
    this.#budgetBytes = budgetBytes;
  }

  /**
   * What to wait for on the source: `Interest.READABLE`. 0 while the destination does not take what was read, and for
   * a file, which cannot be watched.
   */
  get sourceInterest(): number {
    return this.#isOver() || this.#pending > 0 || this.#source.isUnwatchable ? 0 : Interest.READABLE;
  }

  /**
   * What to wait for on the destination: `Interest.WRITABLE` while something is to be delivered. Where the source is a
   * file, always until the end. 0 for a file, which cannot be watched.
   */
  get destinationInterest(): number {
    const isWaitedFor = this.#pending > 0 || this.#source.isUnwatchable;
    return this.#isOver() || !isWaitedFor || this.#destination.isUnwatchable ? 0 : Interest.WRITABLE;
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
   * be had for, are not: nothing was lost, and the next move() goes on. So it is with EAGAIN of a side that cannot be
   * watched, which some file systems in user space say.
   *
   * A full disk (ENOSPC) is final as well. `bytes` were written and `pending` are lost.
   *
   * @returns how many bytes were delivered to the destination by this call
   * @throws SystemError of splice(2) for either side: ECONNRESET, EPIPE, ENOSPC, EIO ...; EINVAL for a file that
   * splice(2) does not take, such as a directory; EMFILE, ENFILE for the pipe; ERR_INVALID_STATE once closed, and for a
   * terminal that another program has made blocking
   */
  move(): number {
    if (this.#closed) throw invalidState('the pump is closed');
    if (this.#error !== null) throw this.#error;
    checkMode(this.#source);
    checkMode(this.#destination);
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
    const filled = this.#splice(this.#source.fd, writeFd, capacity, this.#source);
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
      const taken = this.#splice(readFd, this.#destination.fd, this.#pending, this.#destination);
      if (taken <= 0) break;
      this.#pending -= taken;
      this.#bytes += taken;
      drained += taken;
    }
    return drained;
  }

  /** The source has ended: the destination's peer is to see the end as well. */
  #finish(): void {
    const result = native.socket.shutdown(this.#destination.fd, SHUT_WR);
    if (result < 0) {
      const error = new SystemError(errorOf(result), 'shutdown', { fd: this.#destination.fd });
      if (!NOBODY_TO_TELL.has(error.code)) this.#fail(error);
    }
    this.#done = true;
  }

  /** @param side the one that is no pipe of the pump's, for the error */
  #splice(fdIn: number, fdOut: number, length: number, side: PumpSide): number {
    const moved = spliceNative(fdIn, -1, fdOut, -1, length, FLAGS);
    return moved > 0 || (moved === WOULD_BLOCK && !side.isUnwatchable) ? moved : this.#ended(moved, side);
  }

  /** 0 for the end of the source, else throws. */
  #ended(moved: number, side: PumpSide): 0 {
    if (moved >= 0) return 0;
    let error = moved === WOULD_BLOCK ? EAGAIN : errorOf(moved);
    if (error === EINVAL && hasHungUp(side)) {
      if (side === this.#source) return 0;
      error = EIO; // as write(2) says
    }
    this.#fail(new SystemError(error, 'splice', { fd: side.fd }));
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
