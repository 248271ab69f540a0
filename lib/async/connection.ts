// AsyncConnection: a Connection by await. Its reading half is in reader.ts; here is what it writes, and its life.
//
// A server has a hundred thousand of these: a field costs it 0.8 MB.
import { onAbort } from '../base/abort.js';
import { checkDelay, NO_OPTIONS } from '../base/arguments.js';
import { aborted, SystemError } from '../base/errors.js';
import { Connection, type Detached } from '../connection/connection.js';
import { SENT, type SendFileOptions } from '../connection/file-range.js';
import { State } from '../connection/sender.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import type { AddressInfo } from '../socket/address.js';
import { type AsyncConnectionOptions, AsyncKind } from './async-kind.js';
import { checkNotRunning } from './check-not-running.js';
import { Chunks } from './chunks.js';
import { Deferred } from './deferred.js';
import { connectionDetached, deadlineCame, reactorClosed } from './errors.js';
import { type ChunkObservable, observableOf } from './observable.js';
import { type ChunksOptions, Reader, type WaitOptions } from './reader.js';
import { type ConnectionStreams, streamsOf } from './web-streams.js';

/** Options of `connection.write()`. */
export interface AsyncWriteOptions extends WaitOptions {
  /** Of a string; 'utf8' by default. */
  encoding?: BufferEncoding | undefined;
}

/** Options of `connection.sendFile()`. */
export interface AsyncSendFileOptions extends WaitOptions {
  /** Closes the file when it is sent, or when the connection has closed before; false by default. */
  close?: boolean;
}

/** Of what a peer sends when its connection was ended so much is dropped before it is closed. */
const MOST_DROPPED = 1024 * 1024;
const ENOMEM = native.constants.error.ENOMEM as number;

/**
 * A connection whose calls return what is there at once, and a promise where they wait. `listen()`, `connect()` and
 * `adopt()` make them. One read at a time may wait; writes may wait beside it.
 *
 * Reads return what has come before they tell of an end or of an error, and an error that is known when a call is made
 * is thrown by it. Inside `reactor.run()` no promise goes on: calls that would wait throw ERR_INVALID_STATE there. When
 * the reactor is closed all waits fail with ERR_INVALID_STATE.
 *
 * It closes by itself when both directions have ended and all is sent, or at an error.
 */
export class AsyncConnection extends Reader implements AsyncIterable<Buffer> {
  /** What waits for room, or until all is sent. */
  #room: Deferred<void> | null = null;
  #files: Set<Deferred<void>> | null = null;
  #writeDeadline = 0;
  /** When the time-out that is set comes, on the scale of performance.now(); 0: none is set. */
  #armedAt = 0;
  /** It has failed, or close() or reset() was called. */
  #isCut = false;

  /** @internal */
  constructor(stream: Connection<AsyncConnection>) {
    super(stream as unknown as Connection<Reader>);
    stream.data = this;
  }

  /** Its fd; on Windows a SOCKET. Do not read, write or close it: `detach()` gives it to the program. */
  get fd(): number {
    return this.stream.fd;
  }

  /** Whether it is closed, or detached. What has come before can still be read. */
  get closed(): boolean {
    return this.stream.closed;
  }

  /** Whether the peer has ended: it sends no more. Bytes of it may be unread. */
  get ended(): boolean {
    return this.stream.ended;
  }

  /** Whether `end()` was called: nothing more can be written. */
  get ending(): boolean {
    return this.stream.ending;
  }

  /** How many bytes have come, those that are unread included. */
  get bytesRead(): number {
    return this.stream.bytesRead;
  }

  /** How many bytes `write()` and `sendFile()` have taken, those that are queued included. */
  get bytesWritten(): number {
    return this.stream.bytesWritten;
  }

  /** How many bytes are queued in memory because the kernel does not take them. */
  get queued(): number {
    return this.stream.queued;
  }

  /** The peer's address, as a new object each time; null for a peer without one (a pipe), and once closed. */
  get remoteAddress(): AddressInfo | null {
    return this.stream.remoteAddress;
  }

  /** Its own address, as a new object each time; null for an fd without one (a pipe), and once closed. */
  get localAddress(): AddressInfo | null {
    return this.stream.localAddress;
  }

  /**
   * When a wait of `write()`, `flush()` or `sendFile()` ends with ETIMEDOUT, on the scale of `performance.now()`; 0,
   * the default: never. What was written stays queued: `reset()` drops it. As `readDeadline` else.
   */
  get writeDeadline(): number {
    return this.#writeDeadline;
  }

  /** @throws TypeError or RangeError for another time */
  set writeDeadline(timeMs: number) {
    checkDelay(timeMs, 'writeDeadline');
    this.#writeDeadline = timeMs;
    if (timeMs === 0 || !this.#hasWrites) return;
    if (!this.arm(timeMs)) this.#failWrites(deadlineCame('writeDeadline'));
  }

  /**
   * Sends bytes, as `write()` of a Connection: they are taken when it returns, and leave with all others of the turn.
   * Wait for what it returns before the next ones, or a peer that does not read fills the memory of the process, up to
   * `maxQueued`.
   *
   * @param bytes a string is encoded
   * @param options the encoding of a string, or options. A signal that is aborted already takes nothing; later it ends
   * the wait, and the bytes stay queued: `reset()` drops them
   * @returns nothing if there is room for more; else a promise that resolves when the kernel has all
   * @throws what the promise rejects with, if it is known at once: the SystemError of the connection, ETIMEDOUT;
   * ERR_INVALID_STATE if it is closed or was ended, and inside `run()`; TypeError for a wrong argument. An AbortError
   */
  write(bytes: Uint8Array | string, options?: BufferEncoding | AsyncWriteOptions): void | Promise<void> {
    if (typeof options !== 'object') {
      if (!this.stream.write(bytes, options)) return this.#waitForRoom(NO_OPTIONS);
      return;
    }
    this.checkWait(options);
    if (!this.stream.write(bytes, options.encoding)) return this.#waitForRoom(options);
  }

  /** Sends several buffers, one after the other, as `write()` does. */
  writev(buffers: readonly Uint8Array[], options: WaitOptions = NO_OPTIONS): void | Promise<void> {
    if (options !== NO_OPTIONS) this.checkWait(options);
    if (!this.stream.writev(buffers)) return this.#waitForRoom(options);
  }

  /**
   * Sends what was written, now, and waits until the kernel has all of it; after `end()` as well.
   *
   * @returns nothing if the kernel has all of it, else a promise
   * @throws as write(), but nothing after `end()`
   */
  flush(options: WaitOptions = NO_OPTIONS): void | Promise<void> {
    this.checkWait(options);
    if (this.closed) {
      if (this.#wasAllSent) return;
      throw this.failure;
    }
    this.stream.kind.streams.flush();
    if (this.stream.isDrained) return;
    if (!this.ending) this.stream.state |= State.NEEDS_DRAIN;
    return this.#waitForRoom(options);
  }

  /**
   * Sends a part of a file, after what was written before, inside the kernel; see `sendFile()` of a Connection.
   *
   * @param file an fd of `node:fs`, which must stay open until it is sent
   * @param start where to begin, from 0; 0 by default
   * @param end the place behind the last byte, from `start`; the file's size by default
   * @returns resolves when the kernel has the last byte. A signal or a deadline ends the wait; the file is sent on
   * @throws as write(); SystemError of fstat(2); UnsupportedError where the system has no such call
   */
  sendFile(file: number, start = 0, end?: number, options: AsyncSendFileOptions = NO_OPTIONS): Promise<void> {
    this.checkWait(options);
    const { signal, close } = options;
    checkNotRunning(this.kind.reactor);
    if (this.closed) throw this.failure;
    this.#checkWriteDeadline();
    const sent = new Deferred<void>();
    this.#files ??= new Set();
    const files = this.#files;
    files.add(sent);
    const isSent = (): void => {
      files.delete(sent);
      sent.resolve();
    };
    try {
      const inCore: SendFileOptions = { [SENT]: isSent };
      if (close !== undefined) inCore.close = close;
      this.stream.sendFile(file, start, end, inCore);
    } catch (error) {
      files.delete(sent);
      throw error;
    }
    return this.#untilAborted(sent.promise, signal);
  }

  /**
   * Sends what is queued, and then the end of the stream. What the peer still sends can be read. The connection closes
   * when the peer has ended as well. `flush()` waits until all is sent. Idempotent.
   *
   * @param bytes are written before
   * @throws as write(), for the bytes
   */
  end(bytes?: Uint8Array | string, encoding?: BufferEncoding): void {
    this.stream.end(bytes, encoding);
  }

  /**
   * Closes the connection now. What is queued is dropped, and all waits fail with ERR_INVALID_STATE. What has come can
   * still be read. Where bytes are left in the kernel, it closes with a reset: use `end()` for a peer that is to get
   * everything. Idempotent.
   */
  close(): void {
    this.#isCut ||= !this.closed;
    this.stream.close();
  }

  /** close() with a reset: the peer gets ECONNRESET. Idempotent. */
  reset(): void {
    this.#isCut ||= !this.closed;
    this.stream.reset();
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** For `await using`: ends the connection, waits until the kernel has all that was written, and closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    this.end();
    try {
      await this.flush();
    } finally {
      this.close();
    }
  }

  /**
   * Gives the fd to the program, with what is unread and what could not be sent yet. All waits fail with
   * ERR_INVALID_STATE.
   *
   * @throws ERR_INVALID_STATE if it is closed, or a part of a file is still to be sent
   */
  detach(): Detached {
    const { fd, unread, unsent } = this.stream.detach();
    const kept = this.unread > 0 ? this.takeBuffer(this.unread) : unread;
    this.#isOver(connectionDetached());
    this.kind.gone();
    return { fd, unread: kept === unread ? unread : Buffer.concat([kept, unread]), unsent };
  }

  /**
   * What arrives, chunk by chunk; each is the caller's. It is over when the peer has ended. When the loop is left
   * before, by `break`, `return` or `throw`, the connection is closed; with `keepOpen` it goes on, and what has come
   * meanwhile is there for the next read.
   *
   * @throws TypeError for a wrong option
   */
  chunks(options: ChunksOptions = NO_OPTIONS): AsyncIterableIterator<Buffer> {
    return new Chunks(this, options);
  }

  /** chunks(), for `for await`: a loop that is left early closes the connection. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this, NO_OPTIONS);
  }

  /**
   * Both directions as streams of the web: `const { readable, writable } = connection.streams()`, also for
   * `pipeThrough(connection.streams())`. The reader is one of bytes: with `getReader({ mode: 'byob' })` they go into
   * the reader's own buffer. Read and write by nothing else from then on.
   */
  streams(): ConnectionStreams {
    return streamsOf(this);
  }

  /** `Symbol.observable`: what arrives, for `from()` of RxJS. */
  '@@observable'(): ChunkObservable {
    return observableOf(this);
  }

  /** @internal There is room, or all is sent. */
  onRoom(): void {
    const room = this.#room;
    this.#room = null;
    room?.resolve();
  }

  /** @internal The time-out has come. */
  onDeadline(): void {
    const nowMs = performance.now();
    this.#armedAt = 0;
    const readAt = this.readDueAt(nowMs);
    const writeAt = this.#writeDueAt(nowMs);
    const next = readAt === 0 || (writeAt !== 0 && writeAt < readAt) ? writeAt : readAt;
    if (next !== 0) this.arm(next);
  }

  /** @internal No byte has come or gone for as long as was said. Returns whether it ends without an error. */
  onIdle(): boolean {
    if (this.dropped < 0) return false;
    this.close();
    return true;
  }

  /** @internal The stream is closed. */
  onClosed(error: unknown): void {
    this.#isCut ||= error !== null;
    this.#isOver(error instanceof Error ? error : null);
  }

  /** @internal The reactor is closed. */
  onReactorClosed(): void {
    this.#isCut = true;
    this.#isOver(reactorClosed());
  }

  /**
   * @internal The program is done with it: sends the rest and the end, and drops what the peer still sends. A close
   * with unread bytes would be a reset, which may take from the peer what was sent before.
   *
   * @param lingerMs closes it when for so long nothing has come or gone
   */
  finish(lingerMs: number): void {
    if (this.closed) return;
    this.end();
    if (this.closed) return;
    this.discard();
    this.stream.setIdleTimeout(lingerMs);
  }

  /** @internal Has a turn of the reactor throw it; or Node, once the reactor is closed. */
  throwLater(error: unknown): void {
    if (this.kind.reactor.closed)
      queueMicrotask(() => {
        throw error;
      });
    else this.stream.kind.streams.later.throw(error);
  }

  /** @internal */
  override onBytes(memory: ArrayBuffer, offset: number, length: number): void {
    super.onBytes(memory, offset, length);
    if (this.dropped > MOST_DROPPED) this.close();
  }

  /** @internal */
  protected override arm(timeMs: number): boolean {
    if (this.#armedAt !== 0 && this.#armedAt <= timeMs) return true;
    const delayMs = timeMs - performance.now();
    if (delayMs <= 0) return false;
    this.#armedAt = timeMs;
    this.stream.setDeadline(delayMs);
    return true;
  }

  /** @internal */
  protected override lost(): Error {
    const error = new SystemError(ENOMEM, 'recv', { fd: this.fd });
    this.failed(error);
    this.close();
    return error;
  }

  get #hasWrites(): boolean {
    return this.#room !== null || (this.#files !== null && this.#files.size > 0);
  }

  /** It has closed by itself, without an error. */
  get #wasAllSent(): boolean {
    return !this.#isCut && this.ending;
  }

  #waitForRoom({ signal }: WaitOptions): Promise<void> {
    if (this.closed) throw this.failure;
    checkNotRunning(this.kind.reactor);
    this.#checkWriteDeadline();
    this.#room ??= new Deferred<void>();
    return this.#untilAborted(this.#room.promise, signal);
  }

  /** @throws ETIMEDOUT if it has come */
  #checkWriteDeadline(): void {
    if (this.#writeDeadline !== 0 && !this.arm(this.#writeDeadline)) throw this.blame(deadlineCame('writeDeadline'));
  }

  #writeDueAt(nowMs: number): number {
    const deadline = this.#writeDeadline;
    if (deadline === 0 || !this.#hasWrites) return 0;
    if (deadline > nowMs) return deadline;
    this.#failWrites(deadlineCame('writeDeadline'));
    return 0;
  }

  #failWrites(error: Error): void {
    this.blame(error);
    const room = this.#room;
    const files = this.#files;
    this.#room = this.#files = null;
    room?.reject(error);
    if (files !== null) for (const file of files) file.reject(error);
  }

  /** The same promise, or one that is rejected with an AbortError before. */
  #untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    if (signal === undefined) return promise;
    return new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => reject(this.blame(aborted(signal.reason))));
      promise.finally(forget).then(resolve, reject);
    });
  }

  #isOver(error: Error | null): void {
    this.failed(error);
    this.#failWrites(this.failure as Error);
  }
}

/**
 * Makes an AsyncConnection of an fd with a stream of bytes: a connected socket, the end of a pipe, a terminal. See `new
 * Connection()`: the fd is the connection's from here on.
 *
 * @param reactor whose turns serve it
 * @throws as `new Connection()`
 */
export function adopt(reactor: Reactor, fd: number, options?: AsyncConnectionOptions): AsyncConnection {
  const kind = new AsyncKind(reactor, options);
  return new AsyncConnection(new Connection<AsyncConnection>(reactor, fd, kind, options));
}
