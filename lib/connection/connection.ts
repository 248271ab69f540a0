// Connection: a stream whose bytes come and go within the turns of a reactor. Most of its work is two assignments a
// write: the bytes go into the send area of the turn, and a command says whose they are (streams.ts).
//
// Life: open -> (ending: end() was called) -> (failed: `error` runs) -> closed. What the kernel did not take is in
// #queue, and while it is there everything goes through it, so that bytes keep their order.
import { isUint8Array } from 'node:util/types';
import { checkBytes, checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { errorOf, failure, invalidState, invalidType, invalidValue, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import { SocketAddress } from '../socket/address.js';
import { type ConnectionHandlers, checkHandlers } from './handlers.js';
import { streamsOf } from './of-reactor.js';
import { SendQueue } from './send-queue.js';
import { type Commands, Op } from './stream-area.js';
import { Role, type StreamSink, type Streams } from './streams.js';

const { send: sendNative } = native.socket;
const { write: writeNative } = native.fd;

const NO_PART = -1;
const NOT_A_SOCKET = failure(native.constants.error.ENOTSOCK as number);

/** Options of a connection. */
export interface ConnectionOptions {
  /** `write()` returns false once so many bytes are queued; 64 KiB by default. */
  highWaterMark?: number;
  /** The connection ends with ERR_QUEUE_FULL if more bytes than that are queued; 16 MiB by default. */
  maxQueued?: number;
}

/** The options of all connections of a kind, checked once. */
export interface ConnectionKind<T> {
  readonly handlers: ConnectionHandlers<T>;
  readonly highWaterMark: number;
  readonly maxQueued: number;
  /** How many of them are open. */
  open: number;
  /** Called when none is open any more. */
  onEmpty: (() => void) | null;
}

export function kindOf<T>(handlers: ConnectionHandlers<T>, options: ConnectionOptions = NO_OPTIONS): ConnectionKind<T> {
  checkHandlers(handlers);
  checkObject(options, 'options');
  const { highWaterMark = 64 * 1024, maxQueued = 16 * 1024 * 1024 } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 1, Number.MAX_SAFE_INTEGER);
  return { handlers, highWaterMark, maxQueued, open: 0, onEmpty: null };
}

const State = { OPEN: 0, ENDING: 1, FAILED: 2, CLOSED: 3 } as const;

/** A stream that has its slot already, of which a connection is to be made. */
export class Adopted<T> {
  readonly streams: Streams;
  readonly kind: ConnectionKind<T>;
  readonly fd: number;
  readonly slot: number;
  readonly generation: number;
  readonly isConnecting: boolean;

  constructor(
    streams: Streams,
    kind: ConnectionKind<T>,
    fd: number,
    slot: number,
    generation: number,
    isConnecting: boolean,
  ) {
    this.streams = streams;
    this.kind = kind;
    this.fd = fd;
    this.slot = slot;
    this.generation = generation;
    this.isConnecting = isConnecting;
  }

  /** Takes over an fd. @throws SystemError of epoll_ctl(2) */
  static fd<T>(streams: Streams, kind: ConnectionKind<T>, fd: number, isConnecting: boolean): Adopted<T> {
    const slot = streams.add(fd, isConnecting ? Role.CONNECTING : Role.CONNECTED, false);
    return new Adopted(streams, kind, fd, slot, streams.addedGeneration, isConnecting);
  }
}

/** @internal Whether the connection is one of that kind. */
export let isOfKind: <T>(connection: Connection<unknown>, kind: ConnectionKind<T>) => boolean;

/** @internal Calls the handler `open`. */
export let opened: (connection: Connection<unknown>) => void;

/**
 * A stream that a reactor serves within its turns: TCP, a Unix socket, or any other fd with a stream of bytes (a pipe, a
 * terminal). `Listener`, `connect()` and `new Connection()` make them.
 */
export class Connection<T = undefined> implements StreamSink {
  /** Anything of the program's. */
  data!: T;
  readonly #streams: Streams;
  readonly #kind: ConnectionKind<T>;
  readonly #fd: number;
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  #state: number = State.OPEN;
  #isConnecting: boolean;
  #isPaused = false;
  #queue: SendQueue | null = null;
  /** The first and the last part of what this turn sends, if #epoch is that of the streams. */
  #head = NO_PART;
  #tail = NO_PART;
  #epoch = -1;
  #needsDrain = false;
  #ended = false;
  #bytesRead = 0;
  #bytesWritten = 0;

  /**
   * Makes a connection of an fd with a stream of bytes: a connected socket, the end of a pipe, a terminal. The fd is the
   * connection's from here on, and non-blocking.
   *
   * @throws SystemError of epoll_ctl(2): EEXIST (the reactor watches it), EPERM (a regular file), EBADF; TypeError or
   * RangeError for a wrong argument; UnsupportedError for a backend without streams; ERR_INVALID_STATE if the reactor is
   * closed
   */
  constructor(reactor: Reactor, fd: number, handlers: ConnectionHandlers<T>, options?: ConnectionOptions);
  /** @internal */
  constructor(adopted: Adopted<T>);
  constructor(from: Reactor | Adopted<T>, fd?: number, handlers?: ConnectionHandlers<T>, options?: ConnectionOptions) {
    const adopted = from instanceof Adopted ? from : adopt(from, fd, handlers as ConnectionHandlers<T>, options);
    this.#streams = adopted.streams;
    this.#kind = adopted.kind;
    this.#fd = adopted.fd;
    this.slot = adopted.slot;
    this.generation = adopted.generation;
    this.#isConnecting = adopted.isConnecting;
    this.#kind.open++;
    this.#streams.put(this);
  }

  /** Its fd. Do not read, write or close it: `detach()` gives it to the program. */
  get fd(): number {
    return this.#fd;
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return this.#state === State.CLOSED;
  }

  /** How many bytes have come. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** How many bytes `write()` has taken, those that are queued included. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** How many bytes are queued because the peer does not take them. */
  get queued(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** Whether the peer has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The peer's address; known without a system call if the connection was accepted. It holds no address for a peer
   * without one (a Unix socket, a pipe).
   */
  get remoteAddress(): SocketAddress {
    const address = new SocketAddress();
    const bytes = SocketAddress.bytesOf(address) as Uint8Array;
    if (this.#state === State.CLOSED) return address;
    this.#streams.peer(this, bytes);
    if (address.domain === 0) native.socket.getpeername(this.#fd, bytes);
    return address;
  }

  /**
   * Sends bytes. They are copied, or, above 16 KiB, sent at once; what the kernel does not take is copied and queued.
   * All writes of a turn leave in one call at its end.
   *
   * @param bytes a string is encoded
   * @param encoding of a string; 'utf8' by default
   * @returns whether there is room: false once more than `highWaterMark` bytes are queued, then wait for `drain`. On a
   * closed connection it does nothing and returns false
   * @throws TypeError for anything but a Uint8Array or a string; ERR_INVALID_STATE after `end()`
   */
  write(bytes: Uint8Array | string, encoding?: BufferEncoding): boolean {
    if (this.#state !== State.OPEN || this.#isConnecting) return this.#writeElsewhere(bytes, encoding);
    if (this.#queue !== null) return this.#enqueue(toBytes(bytes, encoding));
    if (typeof bytes === 'string') return this.#writeString(bytes, encoding);
    if (!isUint8Array(bytes)) checkBytes(bytes, 'bytes');
    const { length } = bytes;
    const streams = this.#streams;
    if (length > streams.largestCopy) return this.#writeLarge(bytes);
    if (length === 0) {
      checkBytes(bytes, 'bytes'); // it may be detached
      return true;
    }
    streams.reserve(length);
    if (this.#queue !== null) return this.#enqueue(bytes); // of what was sent to make room, some is left over
    streams.commands.sendArea.set(bytes, streams.commands.sendUsed);
    this.#sendReserved(length);
    return true;
  }

  /** Receives no more until resume(). A chunk that has come in this turn is still handed on. Idempotent. */
  pause(): void {
    this.#setPaused(true);
  }

  /** Ends pause(). */
  resume(): void {
    this.#setPaused(false);
  }

  /**
   * Sends what is queued, and then the end of the stream (SHUT_WR). The connection closes when the peer has ended as
   * well. Idempotent.
   */
  end(bytes?: Uint8Array | string, encoding?: BufferEncoding): void {
    if (this.#state !== State.OPEN) return;
    if (bytes !== undefined) this.write(bytes, encoding);
    if (this.closed) return;
    this.#state = State.ENDING;
    if (this.#queue === null && !this.#isConnecting) this.#finish();
  }

  /** Closes the connection now. What is queued is dropped; what this turn sends goes out if there is room. Idempotent. */
  close(): void {
    this.#close(Op.CLOSE);
  }

  /** Closes the connection with a reset: the peer gets ECONNRESET. Idempotent. */
  reset(): void {
    this.#close(Op.RESET);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Gives the fd to the program. No handler is called any more.
   *
   * @returns the fd, non-blocking; bytes that have come and were not handed on; and bytes that were written and that the
   * kernel did not take
   * @throws ERR_INVALID_STATE if it is closed
   */
  detach(): { fd: number; unread: Buffer; unsent: Buffer } {
    if (this.#state === State.CLOSED) throw invalidState('the connection is closed');
    const unread = this.#streams.takeUnread(this);
    this.#streams.command(Op.DETACH, this);
    this.#streams.flush();
    const unsent = this.#queue?.take() ?? Buffer.alloc(0);
    this.#leave();
    return { fd: this.#fd, unread, unsent };
  }

  /** @internal */
  onData(bytes: Buffer): void {
    this.#bytesRead += bytes.length;
    const { data } = this.#kind.handlers;
    if (data === undefined) return;
    try {
      data.call(this.#kind.handlers, this, bytes);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** @internal */
  onEnd(): void {
    this.#ended = true;
    const { handlers } = this.#kind;
    if (handlers.end !== undefined) this.#call(handlers.end);
    else this.end();
    if (this.#state === State.ENDING && this.#queue === null) this.#finish();
  }

  /** @internal */
  onRoom(): void {
    if (this.#isConnecting) {
      this.#connected(native.socket.takeError(this.#fd, errorPeer));
      return;
    }
    this.#drain();
  }

  /** @internal */
  onPartial(sent: number, commands: Commands): void {
    const queue = new SendQueue();
    let skip = sent;
    for (let place = this.#head; place !== NO_PART; place = commands.nextOf(place)) {
      const part = commands.bytesOf(place);
      if (skip < part.length) queue.push(Buffer.from(part.subarray(skip)));
      skip = Math.max(0, skip - part.length);
    }
    // Bytes that were written after a flush within the turn are behind these already.
    this.#queue = queue;
  }

  /** @internal */
  onFailed(error: number, isSend: boolean): void {
    const call = isSend ? 'send' : 'recv';
    this.#fail(new SystemError(error, this.#isConnecting ? 'connect' : call, { fd: this.#fd }));
  }

  /** @internal */
  onAccepted(): void {}

  /** @internal */
  onAcceptFailed(): void {}

  /** @internal */
  onReactorClosed(): void {
    this.#forget();
  }

  #writeString(text: string, encoding: BufferEncoding | undefined): boolean {
    if (encoding !== undefined) checkEncoding(encoding);
    const most = text.length * 3; // of UTF-8, which takes the most
    const streams = this.#streams;
    if (most > streams.largestCopy) return this.#writeLarge(Buffer.from(text, encoding));
    streams.reserve(most);
    if (this.#queue !== null) return this.#enqueue(Buffer.from(text, encoding));
    const length = streams.commands.sendArea.write(text, streams.commands.sendUsed, most, encoding);
    if (length > 0) this.#sendReserved(length);
    return true;
  }

  #sendReserved(length: number): void {
    const streams = this.#streams;
    const { epoch } = streams;
    const isFirst = this.#epoch !== epoch;
    this.#tail = streams.send(this, isFirst ? NO_PART : this.#tail, length);
    if (isFirst) this.#head = this.#tail;
    this.#epoch = epoch;
    this.#bytesWritten += length;
  }

  /** From the caller's memory, after what this turn has to send. */
  #writeLarge(bytes: Uint8Array): boolean {
    if (this.#epoch === this.#streams.epoch) this.#streams.flush();
    if (this.#queue !== null) return this.#enqueue(bytes);
    let sent = sendNative(this.#fd, bytes);
    if (sent === NOT_A_SOCKET) sent = writeNative(this.#fd, bytes);
    if (sent < WOULD_BLOCK) {
      this.#failLater(errorOf(sent));
      return false;
    }
    const taken = Math.max(0, sent);
    this.#bytesWritten += taken;
    if (taken === bytes.length) return true;
    this.#queue = new SendQueue();
    this.#streams.command(Op.AWAIT_ROOM, this);
    return this.#enqueue(bytes.subarray(taken));
  }

  #enqueue(bytes: Uint8Array): boolean {
    const queue = this.#queue as SendQueue;
    const { highWaterMark, maxQueued } = this.#kind;
    if (queue.bytes + bytes.length > maxQueued) {
      this.#fail(queueFull(maxQueued));
      return false;
    }
    queue.push(Buffer.from(bytes));
    this.#bytesWritten += bytes.length;
    this.#needsDrain ||= queue.bytes > highWaterMark;
    return queue.bytes <= highWaterMark;
  }

  /** A write that is not to an open connection. */
  #writeElsewhere(bytes: unknown, encoding: BufferEncoding | undefined): boolean {
    if (this.#state === State.ENDING) throw invalidState('write() after end()');
    const taken = toBytes(bytes, encoding);
    if (this.#state !== State.OPEN) return false;
    if (taken.length === 0) return this.queued <= this.#kind.highWaterMark;
    this.#queue ??= new SendQueue(); // until it is connected
    return this.#enqueue(taken);
  }

  /** There is room: sends what is queued. */
  #drain(): void {
    const queue = this.#queue;
    if (queue === null) return;
    const error = queue.send(this.#fd);
    if (error !== 0) {
      this.onFailed(error, true);
      return;
    }
    if (queue.bytes > 0) this.#streams.command(Op.AWAIT_ROOM, this);
    else this.#queue = null;
    if (this.#state === State.ENDING) {
      if (this.#queue === null) this.#finish();
      return; // nothing may be written: `drain` is not called
    }
    if (!this.#needsDrain || queue.bytes > this.#kind.highWaterMark) return;
    this.#needsDrain = false;
    const { drain } = this.#kind.handlers;
    if (drain !== undefined) this.#call(drain);
  }

  #connected(error: number): void {
    if (error !== 0) {
      this.#fail(new SystemError(error > 0 ? error : errorOf(error), 'connect', { fd: this.#fd }));
      return;
    }
    this.#isConnecting = false;
    if (!this.#isPaused) this.resume();
    if (this.#queue === null && this.#state === State.ENDING) this.#finish();
    opened(this as Connection<unknown>);
    this.#drain();
  }

  /** All is given to the kernel, or to this turn: ends, and closes if the peer has ended as well. */
  #finish(): void {
    if (!this.#ended) {
      this.#streams.command(Op.SHUTDOWN, this);
      return;
    }
    if (this.#epoch === this.#streams.epoch) this.#streams.flush();
    if (this.#queue === null) this.close();
  }

  #setPaused(isPaused: boolean): void {
    if (this.#state === State.CLOSED) return;
    this.#isPaused = isPaused;
    if (!this.#isConnecting) this.#streams.command(isPaused ? Op.PAUSE : Op.RESUME, this);
  }

  #close(op: number): void {
    if (this.#state === State.CLOSED) return;
    this.#streams.command(op, this);
    this.#leave();
    const { handlers } = this.#kind;
    try {
      handlers.close?.(this);
    } catch (error) {
      this.#streams.throwLater(error);
    }
  }

  #leave(): void {
    this.#streams.remove(this);
    this.#forget();
  }

  #forget(): void {
    const kind = this.#kind;
    this.#state = State.CLOSED;
    this.#queue = null;
    kind.open--;
    if (kind.open === 0) kind.onEmpty?.();
  }

  #call(handler: (connection: Connection<T>) => void): void {
    try {
      handler.call(this.#kind.handlers, this);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** An error of a call within write(): the handlers are called in a later turn. */
  #failLater(error: number): void {
    this.#streams.failLater(this, error);
  }

  /** A handler threw: the connection ends, the others of the turn are served. */
  #threw(error: unknown): void {
    const isTaken = error instanceof Error && this.#kind.handlers.error !== undefined;
    if (isTaken && this.#state !== State.CLOSED) {
      this.#fail(error);
      return;
    }
    this.#streams.throwLater(error);
    this.close();
  }

  #fail(error: Error): void {
    this.#state = State.FAILED;
    try {
      this.#kind.handlers.error?.(this, error);
    } catch (thrown) {
      this.#streams.throwLater(thrown);
    }
    this.close();
  }

  static {
    isOfKind = (connection, kind) => (connection.#kind as object) === kind;
    opened = (connection) => {
      const { open } = connection.#kind.handlers;
      if (open !== undefined) connection.#call(open);
    };
  }
}

function adopt<T>(
  reactor: Reactor,
  fd: unknown,
  handlers: ConnectionHandlers<T>,
  options?: ConnectionOptions,
): Adopted<T> {
  checkFd(fd);
  return Adopted.fd(streamsOf(reactor), kindOf(handlers, options), fd, false);
}

const errorPeer = new Uint8Array(native.address.bytes);

function queueFull(maxQueued: number): Error {
  const error = invalidState(`more than ${maxQueued} bytes are queued: the peer does not read`);
  return Object.assign(error, { code: 'ERR_QUEUE_FULL' });
}

function checkEncoding(encoding: unknown): void {
  if (typeof encoding !== 'string') throw invalidType('encoding', 'a string', encoding);
  if (!Buffer.isEncoding(encoding)) throw invalidValue('encoding', 'an encoding of Buffer', encoding);
}

function toBytes(bytes: unknown, encoding: BufferEncoding | undefined): Uint8Array {
  if (typeof bytes === 'string') {
    if (encoding !== undefined) checkEncoding(encoding);
    return Buffer.from(bytes, encoding);
  }
  checkBytes(bytes, 'bytes');
  return bytes;
}
