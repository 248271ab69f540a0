// toDuplex(): an fd as a stream.Duplex, whatever it is. It reads only while the stream wants bytes, and waits for
// room only while a write is under way; both with a registration of a reactor.
import type { DuplexOptions, Duplex as NodeDuplex } from 'node:stream';
import { checkSignal } from '../base/abort.js';
import { checkBoolean, checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import {
  BAD_ARGUMENT,
  errorOf,
  failure,
  invalidState,
  invalidType,
  SystemError,
  WOULD_BLOCK,
  withErrorCode,
} from '../base/errors.js';
import { ioctl } from '../linux/ioctl.js';
import { asyncHooks } from '../native/builtins.js';
import { native } from '../native/table.js';
import { Interest, Ready } from '../reactor/interest.js';
import { type AnyRegistration, Registration, watchAnew } from '../reactor/registration.js';
import { checkUnowned, isWatched } from '../socket/closing.js';
import { type FdKind, kindOfFd, unwatchable } from './fd-kind.js';
import { addAbortSignal, Duplex } from './modules.js';
import { ownedByDuplex, released } from './ownership.js';
import { sharedReactor } from './shared-reactor.js';

/** Options of `toDuplex()`. */
export interface ToDuplexOptions {
  /**
   * As of `stream.Duplex`: how many bytes wait in the stream before `write()` returns false, and before it stops
   * reading, from 0; 65,536 by default. Of records 16 wait to be read.
   */
  highWaterMark?: number;
  /** As of `stream.Duplex`: whether it stays open for writing when the other side has ended; true by default. */
  allowHalfOpen?: boolean;
  /** Whether the fd is closed with the stream; true by default. */
  close?: boolean;
  /** Destroys the stream with an AbortError. */
  signal?: AbortSignal;
  /**
   * How many bytes a call of read(2) takes at most, 1 to 2^24; 65,536 by default. It must be as large as the largest
   * record: one of SOCK_SEQPACKET that is larger is EMSGSIZE, and a device cuts it off without a word.
   */
  readBytes?: number;
}

/** A stream of `toDuplex()`. */
export interface FdDuplex extends NodeDuplex {
  /** The fd; -1 once the stream is destroyed. */
  readonly fd: number;
  /** How many bytes were read. */
  readonly bytesRead: number;
  /** How many bytes the kernel has taken. */
  readonly bytesWritten: number;
  /** As of `net.Socket`: while it reads, or a write is under way, it keeps the process alive. That is the default. */
  ref(): this;
  /** It does not keep the process alive. */
  unref(): this;
}

/** What one turn of the reactor moves of a stream at most, so that other streams have their share. */
const BYTES_A_TURN = 1 << 20;
const RECORDS_A_TURN = 16;
const READ_BYTES = 64 * 1024;
const READ_BITS = Ready.READABLE | Ready.READ_CLOSED | Ready.HANGUP | Ready.ERROR;
const WRITE_BITS = Ready.WRITABLE | Ready.WRITE_CLOSED | Ready.HANGUP | Ready.ERROR;
const { IOV_MAX, MSG_TRUNC = 0, SHUT_WR } = native.constants.socket;
const { EIO = 5, EMSGSIZE = 0, ENOTCONN = 0 } = native.constants.error;
const { read, write, writev } = native.fd;
const { recv, send } = native.socket;

/** What is read goes through it, and is copied: a small chunk then keeps little memory. */
let scratch: Buffer | undefined;

type Done = (error?: Error | null) => void;

/** What is under way to the kernel. */
interface Writing {
  readonly parts: readonly Uint8Array[];
  readonly done: Done;
  /** The part that comes next, and how many bytes of it are written. */
  place: number;
  offset: number;
  /** How many bytes are left of all. */
  left: number;
}

interface Plan {
  readonly kind: FdKind;
  readonly closes: boolean;
  readonly readBytes: number;
  readonly highWaterMark: number;
  readonly allowHalfOpen: boolean;
  readonly signal: AbortSignal | undefined;
}

class FdStream extends Duplex implements FdDuplex {
  #fd: number;
  readonly #kind: FdKind;
  readonly #closes: boolean;
  readonly #buffer: Buffer | undefined;
  readonly #readBytes: number;
  readonly #registration: Registration<undefined>;
  /** The listeners are called in the AsyncLocalStorage store that toDuplex() was called in, as those of net.Socket. */
  readonly #resource = new asyncHooks.AsyncResource('FdDuplex');
  #wantsBytes = false;
  #writing: Writing | null = null;
  #referenced = true;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(fd: number, plan: Plan, watch: (handler: (ready: number) => void) => Registration<undefined>) {
    const { kind, closes, readBytes, highWaterMark, allowHalfOpen } = plan;
    super({
      ...({ readable: kind.reads, writable: kind.writes } as DuplexOptions),
      allowHalfOpen,
      writableHighWaterMark: highWaterMark,
      ...(kind.hasRecords ? { readableObjectMode: true } : { readableHighWaterMark: highWaterMark }),
    });
    this.#fd = fd;
    this.#kind = kind;
    this.#closes = closes;
    this.#readBytes = readBytes;
    this.#buffer = readBytes > READ_BYTES ? Buffer.allocUnsafeSlow(readBytes) : undefined;
    if (!kind.hasRecords)
      this._writev = (entries, done) =>
        this.#begin(
          entries.map(({ chunk }) => chunk),
          done,
        );
    this.#registration = watch((ready) => this.#resource.runInAsyncScope(this.#onReady, this, ready));
    this.#registration.setReferenced(false);
    ownedByDuplex(fd, this);
    if (plan.signal !== undefined) addAbortSignal(plan.signal, this);
  }

  get fd(): number {
    return this.#fd;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  ref(): this {
    this.#referenced = true;
    this.#tellReactor();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#tellReactor();
    return this;
  }

  override _read(): void {
    this.#wantsBytes = true;
    this.#tellReactor();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#begin([chunk], done);
  }

  /** The end of what is written. A pipe is ended by the close, which follows; nothing else has a half-close. */
  override _final(done: Done): void {
    const result = this.#kind.isSocket ? native.socket.shutdown(this.#fd, SHUT_WR) : 0;
    const isTold = result >= 0 || errorOf(result) === ENOTCONN; // of a reset the next read tells
    done(isTold ? null : new SystemError(errorOf(result), 'shutdown', { fd: this.#fd }));
  }

  override _destroy(error: Error | null, done: Done): void {
    const writing = this.#writing;
    let failed = error;
    this.#writing = null;
    released(this.#fd);
    this.#fd = -1;
    try {
      if (this.#closes) this.#registration.close();
      else this.#registration.deregister();
    } catch (thrown) {
      failed ??= thrown as Error;
    }
    this.#resource.emitDestroy();
    done(failed);
    writing?.done(failed ?? withErrorCode(new Error('the stream was destroyed'), 'ERR_STREAM_DESTROYED'));
  }

  /** Tells the reactor what is waited for, if that has changed. */
  #tellReactor(): void {
    if (this.destroyed) return;
    const registration = this.#registration;
    const interest = (this.#wantsBytes ? Interest.READABLE : 0) | (this.#writing === null ? 0 : Interest.WRITABLE);
    try {
      if (interest !== registration.interest || !registration.active) registration.modify(interest);
      registration.setReferenced(this.#referenced && interest !== 0);
    } catch (error) {
      this.destroy(error as Error); // other code closed the fd, or the reactor is closed
    }
  }

  #onReady(ready: number): void {
    if (this.#wantsBytes && (ready & READ_BITS) !== 0) this.#receive(ready);
    if (this.#writing !== null && (ready & WRITE_BITS) !== 0) this.#send(ready);
    this.#tellReactor();
  }

  #receive(ready: number): void {
    let calls = this.#kind.hasRecords ? RECORDS_A_TURN : Math.max(1, Math.floor(BYTES_A_TURN / this.#readBytes));
    while (this.#wantsBytes && calls > 0 && this.#receiveOnce(ready)) calls--;
  }

  /** Returns whether there may be more. */
  #receiveOnce(ready: number): boolean {
    scratch ??= Buffer.allocUnsafeSlow(READ_BYTES);
    const buffer = this.#buffer ?? scratch;
    const count = this.#take(buffer);
    if (count > 0) return this.#deliver(buffer, count);
    if (count === 0 && this.#isEmptyRecord(ready)) return true;
    if (count === 0) this.#end(this.#kind.isTerminal);
    else if (count !== WOULD_BLOCK) this.#readFailed(count);
    return false;
  }

  #deliver(buffer: Buffer, count: number): boolean {
    this.#bytesRead += count;
    const chunk = Buffer.allocUnsafe(count);
    buffer.copy(chunk, 0, 0, count);
    this.#wantsBytes = this.push(chunk) && !this.destroyed;
    return this.#kind.hasRecords || count === this.#readBytes; // a shorter one was all, as a rule
  }

  /** Reads once. A record that is longer than the room for it is a failure. */
  #take(buffer: Buffer): number {
    const { isSocket, hasRecords } = this.#kind;
    if (!isSocket) return read(this.#fd, buffer, 0, this.#readBytes);
    if (!hasRecords) return recv(this.#fd, buffer, 0, this.#readBytes);
    const count = recv(this.#fd, buffer, 0, this.#readBytes, MSG_TRUNC);
    return count > this.#readBytes ? failure(EMSGSIZE) : count;
  }

  /** Both an empty record and the end are 0. */
  #isEmptyRecord(ready: number): boolean {
    if (!this.#kind.isSocket || !this.#kind.hasRecords) return false;
    if ((ready & (Ready.READ_CLOSED | Ready.HANGUP)) === 0) return true; // the next turn tells of an end
    try {
      return ioctl(this.#fd, 'FIONREAD') > 0;
    } catch {
      return false; // not a call of this system or of this kind of socket
    }
  }

  #readFailed(result: number): void {
    // The last user of the terminal is gone.
    if (this.#kind.isTerminal && errorOf(result) === EIO) this.#end(true);
    else this.destroy(new SystemError(errorOf(result), this.#kind.isSocket ? 'recv' : 'read', { fd: this.#fd }));
  }

  /** @param isHangup whether what is written reaches no one either */
  #end(isHangup: boolean): void {
    this.#wantsBytes = false;
    this.push(null);
    if (isHangup && this.#kind.writes) this.end();
  }

  #begin(chunks: readonly Uint8Array[], done: Done): void {
    const parts = chunks.filter(({ length }) => length > 0);
    let left = 0;
    for (const part of parts) left += part.length;
    this.#writing = { parts, done, place: 0, offset: 0, left };
    this.#send(0);
    if (this.#writing !== null) this.#tellReactor();
  }

  #send(ready: number): void {
    const writing = this.#writing as Writing;
    let count = 0;
    for (let budget = BYTES_A_TURN; writing.left > 0; budget -= count) {
      if (budget <= 0) return;
      count = this.#give(writing);
      if (count < 0) break;
      this.#bytesWritten += count;
      advance(writing, count);
    }
    if (count >= 0) this.#written(null);
    else if (count !== WOULD_BLOCK) this.#written(this.#writeFailed(count));
    // A terminal that hung up takes nothing any more, and says so of each wait.
    else if (this.#kind.isTerminal && (ready & Ready.HANGUP) !== 0) this.#written(this.#writeFailed(failure(EIO)));
  }

  #written(error: Error | null): void {
    const done = this.#writing?.done;
    this.#writing = null;
    done?.(error);
  }

  /** Writes once, as much as the kernel takes. */
  #give(writing: Writing): number {
    const { parts, place, offset } = writing;
    const first = parts[place];
    if (first === undefined || first.length <= offset) return BAD_ARGUMENT; // its memory went to another thread
    if (place === parts.length - 1) {
      return this.#kind.isSocket ? send(this.#fd, first, offset) : write(this.#fd, first, offset);
    }
    const some = parts.slice(place, place + IOV_MAX);
    if (offset > 0) some[0] = first.subarray(offset);
    return writev(this.#fd, some);
  }

  #writeFailed(result: number): Error {
    if (result === BAD_ARGUMENT) return invalidState('a chunk was transferred before it was written');
    return new SystemError(errorOf(result), this.#kind.isSocket ? 'send' : 'write', { fd: this.#fd });
  }
}

/** Notes that so many bytes of it are written. */
function advance(writing: Writing, count: number): void {
  const { parts } = writing;
  writing.left -= count;
  writing.offset += count;
  for (let part = parts[writing.place]; part !== undefined && writing.offset >= part.length; ) {
    writing.offset -= part.length;
    part = parts[++writing.place];
  }
}

/**
 * Makes a `stream.Duplex` of an fd: a terminal or a pseudo-terminal, a FIFO, a pipe, vsock,
 * TUN, SOCK_SEQPACKET, a socket pair, TCP, an eventfd, a timerfd, inotify, a device: whatever can be waited for, and is
 * read by read(2). `pipeline()`, `tls.connect({ socket })`, servers of Node by `emit('connection')`, `ws`, `readline`,
 * `for await` and `Duplex.toWeb()` take it. It waits with a reactor and needs nothing of libuv, so it works in Bun and
 * Deno as well; on Windows with sockets.
 *
 * It reads only while the stream wants bytes, so that the kernel's buffer fills and the other side stops. A write goes
 * to the kernel at once. What does not fit waits, and `write()` returns false above `highWaterMark`.
 *
 * - One end of a pipe, or a file that was opened for one direction: the stream is readable or writable alone.
 * - `end()` shuts a socket down for writing. A pipe ends when it is closed, which follows. Nothing else has a
 *   half-close: the other side of a terminal sees nothing.
 * - A terminal whose other side has hung up has ended, both ways.
 * - SOCK_SEQPACKET, and what is neither a socket, a pipe nor a terminal, has records: each `write()` is one call, and
 *   each read one chunk (`readableObjectMode`). An empty chunk sends nothing, and an empty record is passed over.
 * - A failed call destroys the stream with the SystemError: EPIPE, ECONNRESET, EIO, ...
 *
 * Until it is destroyed the fd is the stream's: `close()` of `fdreactor/socket` refuses it, as do `toSocket()` and
 * `new Connection()`. A blocking fd becomes non-blocking, for all who share its open file. A blocking terminal is
 * refused, since the shell shares it.
 *
 * @param from an fd, which waits with `sharedReactor()`; or an active registration of any mode, which waits with its
 * reactor. That registration ends, and its handler is called no more. Its reactor must be driven beside Node's event
 * loop: by `attach()`, or by `poll(0)` now and then
 * @throws ERR_INVALID_STATE for an fd that a reactor of this thread watches, or that a Connection (`detach()` first), a
 * socket of Node or another stream closes, and for a registration that is not active; TypeError ERR_INVALID_ARG_VALUE
 * for a file on disk and a device that cannot be polled (use node:fs), for a socket of datagrams or one that listens,
 * and for a blocking terminal; SystemError EBADF, ENOSPC, ENOMEM; UnsupportedError where a reactor cannot be attached;
 * TypeError and RangeError for wrong arguments. Then the fd is yours as before (after ENOSPC and ENOMEM without its
 * registration)
 */
export function toDuplex<T>(from: number | Registration<T>, options: ToDuplexOptions = NO_OPTIONS): FdDuplex {
  const given = from instanceof Registration ? (from as AnyRegistration) : undefined;
  if (given === undefined && typeof from !== 'number') throw invalidType('from', 'an fd or a Registration', from);
  const fd = given === undefined ? (from as number) : given.fd;
  checkFd(fd, 'from');
  const checked = checkOptions(options);
  if (given?.active === false) throw invalidState('toDuplex(): the registration is not active');
  checkUnowned(fd);
  if (given === undefined && isWatched(fd)) throw invalidState(`toDuplex(): a reactor watches fd ${fd}`);
  const kind = kindOfFd(fd);
  const reactor = given === undefined ? sharedReactor() : undefined;
  return new FdStream(fd, { ...checked, kind }, (handler) => {
    try {
      return reactor === undefined ? watchAnew(given as AnyRegistration, handler) : reactor.register(fd, 0, handler);
    } catch (error) {
      throw (error as { code?: unknown }).code === 'EPERM' ? unwatchable(fd) : error;
    }
  });
}

function checkOptions(options: ToDuplexOptions): Omit<Plan, 'kind'> {
  checkObject(options, 'options');
  const { highWaterMark = READ_BYTES, allowHalfOpen = true, close = true, signal, readBytes = READ_BYTES } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkBoolean(allowHalfOpen, 'options.allowHalfOpen');
  checkBoolean(close, 'options.close');
  checkSignal(signal);
  checkInteger(readBytes, 'options.readBytes', 1, 2 ** 24);
  return { highWaterMark, allowHalfOpen, closes: close, signal, readBytes };
}
