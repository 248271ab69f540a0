// Reader: the half of an AsyncConnection that reads. A call that finds what it asks for in the inbox returns it; else
// it waits, one at a time, and what comes ends the wait within the turn. The promise goes on when the turn is over.
//
// To change: a way to read is a kind of wait, and what `#attempt()` does for it.

import { checkSignal, onAbort } from '../base/abort.js';
import { checkBytes, checkDelay, checkInteger, checkObject } from '../base/arguments.js';
import { aborted, invalidState, outOfRange, WOULD_BLOCK } from '../base/errors.js';
import type { Connection } from '../connection/connection.js';
import type { AsyncKind } from './async-kind.js';
import { checkNotRunning } from './check-not-running.js';
import { lastReject, lastResolve, newPromise } from './deferred.js';
import { connectionClosed, deadlineCame, frameTooLarge, unexpectedEnd } from './errors.js';
import { Inbox } from './inbox.js';

/** Options of a call that waits. */
export interface WaitOptions {
  /**
   * Ends the wait with an AbortError, and nothing else: what has come by then, and what comes, is there for the next
   * call.
   */
  signal?: AbortSignal | undefined;
}

/** Options of `connection.chunks()`. */
export interface ChunksOptions extends WaitOptions {
  /** Whether the connection stays open when the loop is left before its end; false by default. */
  keepOpen?: boolean | undefined;
}

/** What is waited for. */
const Wait = { NOTHING: 0, OPEN: 1, READABLE: 2, READ: 3, CHUNK: 4, EXACTLY: 5, UNTIL: 6 } as const;

/** An attempt found less than it needs. */
const PENDING: unique symbol = Symbol('pending');

const MOST = 2 ** 30;
const NOTHING = Buffer.alloc(0);

export abstract class Reader extends Inbox {
  /** @internal */
  readonly stream: Connection<Reader>;
  #waitsFor = 0;
  #resolve: ((value: never) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;
  /** Where the bytes go, or the delimiter. */
  #target: Uint8Array | null = null;
  /** How many bytes, or the limit. */
  #count = 0;
  /** How many unread bytes are without a delimiter. */
  #searched = 0;
  #forgetSignal: (() => void) | null = null;
  #readDeadline = 0;
  /** The peer has ended. */
  #isEnded = false;
  /** Why nothing more comes, unless the peer has ended. */
  #failure: Error | null = null;
  /** What the last wait ended with that failed. */
  #lastError: unknown = null;
  /** What comes is dropped: how many bytes; -1: it is not. */
  #dropped = -1;

  /** @internal */
  constructor(stream: Connection<Reader>) {
    super();
    this.stream = stream;
  }

  /** @internal What all of its kind share. */
  get kind(): AsyncKind {
    return this.stream.kind.handlers as unknown as AsyncKind;
  }

  /**
   * When a wait of a read ends with ETIMEDOUT, on the scale of `performance.now()`; 0, the default: never. It holds for
   * the wait that is under way and for all that follow, until it is set anew. What has come is read all the same. Never
   * early, and at most some ticks of 16 ms late.
   */
  get readDeadline(): number {
    return this.#readDeadline;
  }

  /** @throws TypeError or RangeError for another time */
  set readDeadline(timeMs: number) {
    checkDelay(timeMs, 'readDeadline');
    this.#readDeadline = timeMs;
    if (this.#waitsFor === Wait.NOTHING || timeMs === 0) return;
    if (!this.arm(timeMs)) this.#fail(deadlineCame('readDeadline'));
  }

  /**
   * Reads what is there, or waits for what comes: at least one byte, and at most as many as have room in `into`.
   *
   * @param into where the bytes go; the connection's until the read is over
   * @returns how many; 0: the peer has ended. A number if bytes are there, else a promise
   * @throws what the wait throws, if it is known at once: SystemError of the connection, ETIMEDOUT; ERR_INVALID_STATE
   * if another read is under way, the connection is closed, or run() is; TypeError for a wrong argument. An AbortError
   */
  read(into: Uint8Array, options?: WaitOptions): number | Promise<number> {
    checkRoom(into);
    return this.#begin<number>(Wait.READ, into, 0, options);
  }

  /**
   * Waits until `tryRead()` has something to tell: bytes, the end, or an error. So all connections share one buffer:
   * a connection that waits has none.
   *
   * @returns nothing if that is so already, else a promise
   * @throws as read(), but for the errors of the connection, which `tryRead()` throws
   */
  readable(options?: WaitOptions): void | Promise<void> {
    return this.#begin<void>(Wait.READABLE, null, 0, options);
  }

  /**
   * Reads what is there, without a wait.
   *
   * @param into where the bytes go
   * @returns how many; 0: the peer has ended; `WOULD_BLOCK`: nothing is there
   * @throws as read()
   */
  tryRead(into: Uint8Array): number {
    checkRoom(into);
    this.#checkIdle();
    const count = this.#attempt(Wait.READ, into, 0);
    return count === PENDING ? WOULD_BLOCK : (count as number);
  }

  /**
   * Reads so many bytes. Where the wait ends early, by a signal or a deadline, all that has come is there for the next
   * read.
   *
   * @param count how many, 0 to 2^30
   * @returns the bytes, which are the caller's; null if the peer has ended before the first of them
   * @throws ERR_UNEXPECTED_END if the peer has ended in the middle: what has come can still be read; else as read()
   */
  readExactly(count: number, options?: WaitOptions): Buffer | null | Promise<Buffer | null> {
    checkInteger(count, 'count', 0, MOST);
    return this.#begin<Buffer | null>(Wait.EXACTLY, null, count, options);
  }

  /**
   * Reads up to a delimiter, such as the end of a line, which it takes as well.
   *
   * @param delimiter one byte or several; a string is encoded as UTF-8
   * @param limit how many bytes may stand before it, 0 to 2^30
   * @returns the bytes before it, which are the caller's; null if the peer has ended, and nothing is unread
   * @throws RangeError ERR_FRAME_TOO_LARGE as soon as there are more: they can still be read; ERR_UNEXPECTED_END if the
   * peer has ended before a delimiter: likewise; else as read()
   */
  readUntil(
    delimiter: string | Uint8Array,
    limit: number,
    options?: WaitOptions,
  ): Buffer | null | Promise<Buffer | null> {
    if (typeof delimiter !== 'string') checkBytes(delimiter, 'delimiter');
    if (delimiter.length === 0) throw outOfRange('delimiter', 'at least one byte', delimiter);
    checkInteger(limit, 'limit', 0, MOST);
    const bytes = typeof delimiter === 'string' ? Buffer.from(delimiter) : delimiter;
    this.#searched = 0;
    return this.#begin<Buffer | null>(Wait.UNTIL, bytes, limit, options);
  }

  /** @internal Waits until a connection that is being made is there. */
  whenOpen(options?: WaitOptions): Promise<void> {
    return this.#wait<void>(Wait.OPEN, null, 0, options);
  }

  /** @internal What next() of an iterator returns. */
  nextChunk(options?: WaitOptions): Promise<IteratorResult<Buffer, undefined>> {
    try {
      const result = this.#begin<IteratorResult<Buffer, undefined>>(Wait.CHUNK, null, 0, options);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal An iterator was left: its wait, if it has one, is over. */
  endChunks(): void {
    if (this.#waitsFor === Wait.CHUNK) this.#settle({ value: undefined, done: true });
  }

  /** @internal Has readDueAt() called at a time on the scale of performance.now(). Returns false if it has come. */
  protected abstract arm(timeMs: number): boolean;

  /** @internal */
  onOpen(): void {
    if (this.#waitsFor === Wait.OPEN) this.#settle(undefined);
  }

  /** @internal */
  onBytes(memory: ArrayBuffer, offset: number, length: number): void {
    if (this.#dropped >= 0) {
      this.#dropped += length;
      return;
    }
    const into = this.#target;
    let used = 0;
    if (this.#waitsFor === Wait.READ && this.unread === 0 && into !== null && into.length > 0) {
      used = Math.min(length, into.length);
      into.set(new Uint8Array(memory, offset, used));
      this.#settle(used);
    }
    if (used === length) return;
    this.keep(memory, offset + used, length - used, this.stream.kind.streams);
    this.#goOn();
    if (this.unread > this.kind.maxUnread && this.#waitsFor === Wait.NOTHING) this.stream.pause();
  }

  /** @internal The peer has ended. */
  onEnd(): void {
    this.#isEnded = true;
    this.#goOn();
  }

  /** @internal Nothing more comes. */
  protected failed(error: Error | null): void {
    this.#failure ??= error ?? connectionClosed();
    if (this.#waitsFor === Wait.OPEN) this.#fail(this.#failure);
    else this.#goOn();
  }

  /** @internal Why it is closed. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** @internal Whether a call of this connection has thrown the error: what the peer did, a time-out, an abort. */
  isOwn(error: unknown): boolean {
    return error === this.#failure || error === this.#lastError;
  }

  /** @internal Drops what is unread, and what comes. The wait, if there is one, fails. */
  protected discard(): void {
    this.skip(this.unread);
    this.#dropped = 0;
    if (this.#waitsFor !== Wait.NOTHING) this.#fail(connectionClosed());
    this.stream.resume();
  }

  /** @internal How many bytes it has dropped; -1 if it reads. */
  protected get dropped(): number {
    return this.#dropped;
  }

  /** @internal Ends the wait if its time has come. Returns when it will; 0: never. */
  protected readDueAt(nowMs: number): number {
    const deadline = this.#readDeadline;
    if (this.#waitsFor === Wait.NOTHING || deadline === 0) return 0;
    if (deadline > nowMs) return deadline;
    this.#fail(deadlineCame('readDeadline'));
    return 0;
  }

  /** Returns what is there, or waits for it. */
  #begin<R>(waitsFor: number, target: Uint8Array | null, count: number, options?: WaitOptions): R | Promise<R> {
    this.#checkIdle();
    if (options !== undefined) this.checkWait(options);
    const result = this.#attempt(waitsFor, target, count);
    if (result !== PENDING) return result as R;
    return this.#wait<R>(waitsFor, target, count, options);
  }

  #wait<R>(waitsFor: number, target: Uint8Array | null, count: number, options?: WaitOptions): Promise<R> {
    checkNotRunning(this.kind.reactor);
    if (this.#readDeadline !== 0 && !this.arm(this.#readDeadline)) throw this.blame(deadlineCame('readDeadline'));
    if (this.stream.paused) this.stream.resume();
    const promise = newPromise<R>();
    this.#resolve = lastResolve();
    this.#reject = lastReject();
    this.#waitsFor = waitsFor;
    this.#target = target;
    this.#count = count;
    const signal = options?.signal;
    if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.#fail(aborted(signal.reason)));
    return promise;
  }

  #checkIdle(): void {
    if (this.#waitsFor !== Wait.NOTHING) throw invalidState('another read of the connection is under way');
  }

  /** What a wait is for, if it is there; PENDING if not. @throws what ends the wait */
  #attempt(waitsFor: number, target: Uint8Array | null, count: number): unknown {
    const { unread } = this;
    const isOver = this.#isEnded || this.#failure !== null;
    switch (waitsFor) {
      case Wait.READABLE:
        return unread > 0 || isOver ? undefined : PENDING;
      case Wait.READ:
        if (unread > 0) return this.#taken(this.#takeInto(target as Uint8Array));
        return isOver ? this.#atEnd(0) : PENDING;
      case Wait.CHUNK:
        if (unread > 0) return { value: this.#taken(this.takeBuffer(unread)), done: false };
        return isOver ? this.#atEnd({ value: undefined, done: true }) : PENDING;
      case Wait.EXACTLY:
        if (count === 0) return NOTHING;
        if (unread >= count) return this.#taken(this.takeBuffer(count));
        return isOver ? this.#atEnd(null, unread) : PENDING;
      case Wait.UNTIL:
        return this.#attemptUntil(target as Uint8Array, count, isOver);
      default:
        return PENDING;
    }
  }

  #attemptUntil(delimiter: Uint8Array, limit: number, isOver: boolean): unknown {
    const { unread } = this;
    const at = this.find(delimiter, this.#searched);
    this.#searched = unread;
    if (at > limit || (at < 0 && unread >= limit + delimiter.length)) throw this.blame(frameTooLarge(limit));
    if (at < 0) return isOver ? this.#atEnd(null, unread) : PENDING;
    const bytes = at === 0 ? NOTHING : this.takeBuffer(at);
    this.skip(delimiter.length);
    return this.#taken(bytes);
  }

  /** @throws TypeError if `into` was detached while it was waited for */
  #takeInto(into: Uint8Array): number {
    checkRoom(into);
    return this.take(into);
  }

  /** Something was read: there is room for more. */
  #taken<V>(value: V): V {
    if (this.stream.paused && this.unread <= this.kind.maxUnread) this.stream.resume();
    return value;
  }

  /** Nothing more comes. @throws why, unless the peer has ended, and not in the middle */
  #atEnd<V>(value: V, unread = 0): V {
    if (!this.#isEnded) throw this.#failure;
    if (unread > 0) throw this.blame(unexpectedEnd(unread));
    return value;
  }

  /** Ends the wait if it can. */
  #goOn(): void {
    if (this.#waitsFor === Wait.NOTHING) return;
    let result: unknown;
    try {
      result = this.#attempt(this.#waitsFor, this.#target, this.#count);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (result !== PENDING) this.#settle(result);
  }

  #settle(value: unknown): void {
    const resolve = this.#resolve as (value: unknown) => void;
    this.#forget();
    resolve(value);
  }

  #fail(error: unknown): void {
    const reject = this.#reject as (error: unknown) => void;
    this.#forget();
    reject(this.blame(error));
  }

  /** @internal @throws as the function checkWait(); the AbortError is `isOwn()` */
  checkWait(options: unknown): void {
    const reason = abortOf(options);
    if (reason !== null) throw this.blame(reason);
  }

  /** @internal Returns the error, which is `isOwn()` from here on. */
  protected blame<E>(error: E): E {
    this.#lastError = error;
    return error;
  }

  #forget(): void {
    this.#waitsFor = Wait.NOTHING;
    this.#resolve = this.#reject = this.#target = null;
    if (this.#forgetSignal === null) return;
    this.#forgetSignal();
    this.#forgetSignal = null;
  }
}

/** Null, or the AbortError if the signal is aborted already. @throws TypeError for a wrong option */
function abortOf(options: unknown): Error | null {
  checkObject(options, 'options');
  const { signal } = options as WaitOptions;
  checkSignal(signal);
  return signal?.aborted === true ? aborted(signal.reason) : null;
}

/** @throws TypeError for a wrong option; AbortError if its signal is aborted already */
export function checkWait(options: unknown): void {
  const reason = abortOf(options);
  if (reason !== null) throw reason;
}

/** A buffer for at least one byte: 0 would be read as the end. */
function checkRoom(into: unknown): void {
  checkBytes(into, 'into');
  if (into.length === 0) throw outOfRange('into.length', '>= 1', 0);
}
