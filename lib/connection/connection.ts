// Connection: a stream whose bytes come and go within the turns of a reactor. Most of its work is two assignments a
// write: the bytes go into the send area of the turn, and a command says whose they are (streams.ts).
//
// Life: open -> (ending: end() was called) -> closed. What the kernel did not take is in #queue, and while it is there
// everything goes through it, so that bytes keep their order.
import { isUint8Array } from 'node:util/types';
import { checkBytes, checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { BAD_ARGUMENT, errorOf, invalidState, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import { SocketAddress } from '../socket/address.js';
import type { ConnectionHandlers } from './handlers.js';
import { streamsOf } from './of-reactor.js';
import { SendQueue } from './send-queue.js';
import { type Commands, Op } from './stream-area.js';
import { Role, type StreamSink, type Streams } from './streams.js';

const { send: sendNative } = native.socket;
const { write: writeNative } = native.fd;

/** Larger writes are sent from the caller's memory: to copy them would cost more than a call. */
const LARGEST_COPY = 16 * 1024;
const NO_PART = -1;

/** Options of a connection. */
export interface ConnectionOptions {
  /** `write()` returns false once so many bytes are queued; 64 KiB by default. */
  highWaterMark?: number;
  /** The connection ends with ERR_QUEUE_FULL if more bytes than that are queued; 16 MiB by default. */
  maxQueued?: number;
}

/** What all connections of a kind have in common; its options are checked once. */
export interface ConnectionKind<T> {
  readonly streams: Streams;
  readonly handlers: ConnectionHandlers<T>;
  readonly highWaterMark: number;
  readonly maxQueued: number;
  /** How many of them are open. */
  open: number;
}

/** Checks the arguments. @throws what `streamsOf()` throws; TypeError or RangeError for a wrong argument */
export function kindOf<T>(
  reactor: Reactor,
  handlers: ConnectionHandlers<T>,
  options: ConnectionOptions = NO_OPTIONS,
): ConnectionKind<T> {
  checkObject(handlers, 'handlers');
  checkObject(options, 'options');
  const { highWaterMark = 64 * 1024, maxQueued = 16 * 1024 * 1024 } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 1, Number.MAX_SAFE_INTEGER);
  return { streams: streamsOf(reactor), handlers, highWaterMark, maxQueued, open: 0 };
}

const State = { OPEN: 0, ENDING: 1, CLOSED: 2 } as const;

/** Bits of what else is true of a connection: one field in place of three, for there are many connections. */
const Mark = { CONNECTING: 1, NEEDS_DRAIN: 2, ENDED: 4 } as const;

/** A stream that has its slot already, of which a connection is to be made. */
export class Adopted<T> {
  readonly kind: ConnectionKind<T>;
  readonly fd: number;
  readonly slot: number;
  readonly generation: number;
  readonly isConnecting: boolean;

  constructor(kind: ConnectionKind<T>, fd: number, slot: number, generation: number, isConnecting: boolean) {
    this.kind = kind;
    this.fd = fd;
    this.slot = slot;
    this.generation = generation;
    this.isConnecting = isConnecting;
  }

  /** Takes over an fd. @throws SystemError of epoll_ctl(2) */
  static fd<T>(kind: ConnectionKind<T>, fd: number, isConnecting: boolean): Adopted<T> {
    const { streams } = kind;
    const slot = streams.add(fd, isConnecting ? Role.CONNECTING : Role.CONNECTED, false);
    return new Adopted(kind, fd, slot, streams.addedGeneration, isConnecting);
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
  readonly #kind: ConnectionKind<T>;
  readonly #fd: number;
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  #state: number = State.OPEN;
  #marks: number;
  #queue: SendQueue | null = null;
  /** Where the last part of what it sends is among the commands, if it is still one of them. */
  #tail = 0;
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
    this.#kind = adopted.kind;
    this.#fd = adopted.fd;
    this.slot = adopted.slot;
    this.generation = adopted.generation;
    this.#marks = adopted.isConnecting ? Mark.CONNECTING : 0;
    this.#kind.open++;
    this.#kind.streams.put(this);
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
    return this.#has(Mark.ENDED);
  }

  /**
   * The peer's address; known without a system call if the connection was accepted. It holds no address for a peer
   * without one (a Unix socket, a pipe).
   */
  get remoteAddress(): SocketAddress {
    const address = new SocketAddress();
    const bytes = SocketAddress.bytesOf(address) as Uint8Array;
    if (this.#state === State.CLOSED) return address;
    this.#kind.streams.peer(this, bytes);
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
    if (this.#state !== State.OPEN || this.#has(Mark.CONNECTING)) return this.#writeElsewhere(bytes, encoding);
    if (this.#queue !== null) return this.#enqueue(toBytes(bytes, encoding));
    if (typeof bytes === 'string') return this.#writeString(bytes, encoding);
    if (!isUint8Array(bytes)) checkBytes(bytes, 'bytes');
    const { length } = bytes;
    if (length > LARGEST_COPY) return this.#writeLarge(bytes);
    if (length === 0) {
      checkBytes(bytes, 'bytes'); // it may be detached
      return true;
    }
    const streams = this.#kind.streams;
    streams.reserve(length);
    streams.commands.sendArea.set(bytes, streams.commands.sendUsed);
    this.#sendReserved(length);
    return true;
  }

  /** Receives no more until resume(). A chunk that has come in this turn is still handed on. Idempotent. */
  pause(): void {
    if (this.#state !== State.CLOSED) this.#kind.streams.command(Op.PAUSE, this);
  }

  /** Ends pause(). */
  resume(): void {
    if (this.#state !== State.CLOSED) this.#kind.streams.command(Op.RESUME, this);
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
    if (this.#queue === null && !this.#has(Mark.CONNECTING)) this.#finish();
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
   * @returns the fd, non-blocking, and bytes that have come and were not handed on. Bytes that are queued to be sent are
   * dropped: detach when `queued` is 0
   * @throws ERR_INVALID_STATE if it is closed
   */
  detach(): { fd: number; unread: Buffer } {
    if (this.#state === State.CLOSED) throw invalidState('the connection is closed');
    const unread = this.#kind.streams.takeUnread(this);
    this.#kind.streams.command(Op.DETACH, this);
    this.#kind.streams.flush();
    this.#leave();
    return { fd: this.#fd, unread };
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
    this.#marks |= Mark.ENDED;
    const { handlers } = this.#kind;
    if (handlers.end !== undefined) this.#call(handlers.end);
    else this.end();
    if (this.#state === State.ENDING && this.#queue === null) this.close();
  }

  /** @internal */
  onRoom(): void {
    if (this.#has(Mark.CONNECTING)) {
      this.#connected(native.socket.takeError(this.#fd, errorPeer));
      return;
    }
    this.#drain();
  }

  /** @internal */
  onPartial(first: number, sent: number, commands: Commands): void {
    const queue = new SendQueue();
    let skip = sent;
    for (let place = first; place !== NO_PART; place = commands.nextOf(place)) {
      const part = commands.bytesOf(place);
      if (skip < part.length) queue.push(part.subarray(skip));
      skip = Math.max(0, skip - part.length);
    }
    // Bytes that were written after a flush within the turn are behind these already.
    this.#queue = queue;
  }

  /** @internal */
  onFailed(error: number): void {
    this.#fail(new SystemError(error, this.#has(Mark.CONNECTING) ? 'connect' : 'recv', { fd: this.#fd }));
  }

  /** @internal */
  onAccepted(): void {}

  /** @internal */
  onAcceptFailed(): void {}

  /** @internal */
  onReactorClosed(): void {
    this.#kind.open--;
    this.#state = State.CLOSED;
    this.#queue = null;
  }

  #has(mark: number): boolean {
    return (this.#marks & mark) !== 0;
  }

  #writeString(text: string, encoding: BufferEncoding | undefined): boolean {
    const most = text.length * 3; // of UTF-8, which takes the most
    if (most > LARGEST_COPY) return this.#writeLarge(Buffer.from(text, encoding));
    const streams = this.#kind.streams;
    streams.reserve(most);
    const length = streams.commands.sendArea.write(text, streams.commands.sendUsed, most, encoding);
    if (length > 0) this.#sendReserved(length);
    return true;
  }

  #sendReserved(length: number): void {
    const streams = this.#kind.streams;
    this.#tail = streams.send(this, this.#tail, length);
    this.#bytesWritten += length;
  }

  /** From the caller's memory, after what this turn has to send. */
  #writeLarge(bytes: Uint8Array): boolean {
    const { commands } = this.#kind.streams;
    if (commands.isPart(this.#tail, this.slot, this.generation)) this.#kind.streams.flush();
    if (this.#queue !== null) return this.#enqueue(bytes);
    let sent = sendNative(this.#fd, bytes);
    if (sent < WOULD_BLOCK && sent !== BAD_ARGUMENT) sent = writeNative(this.#fd, bytes);
    if (sent < WOULD_BLOCK) {
      this.#failLater(errorOf(sent));
      return false;
    }
    const taken = Math.max(0, sent);
    this.#bytesWritten += taken;
    if (taken === bytes.length) return true;
    this.#queue = new SendQueue();
    this.#kind.streams.command(Op.AWAIT_ROOM, this);
    return this.#enqueue(bytes.subarray(taken));
  }

  #enqueue(bytes: Uint8Array): boolean {
    const queue = this.#queue as SendQueue;
    queue.push(bytes);
    this.#bytesWritten += bytes.length;
    const { highWaterMark, maxQueued } = this.#kind;
    if (queue.bytes > maxQueued) {
      this.#fail(queueFull(maxQueued));
      return false;
    }
    if (queue.bytes > highWaterMark) this.#marks |= Mark.NEEDS_DRAIN;
    return queue.bytes <= highWaterMark;
  }

  /** A write that is not to an open connection. */
  #writeElsewhere(bytes: unknown, encoding: BufferEncoding | undefined): boolean {
    if (this.#state === State.ENDING) throw invalidState('write() after end()');
    const checked = toBytes(bytes, encoding);
    if (this.#state === State.CLOSED) return false;
    this.#queue ??= new SendQueue(); // until it is connected
    return this.#enqueue(checked);
  }

  /** There is room: sends what is queued. */
  #drain(): void {
    const queue = this.#queue;
    if (queue === null) return;
    const error = queue.send(this.#fd);
    if (error !== 0) {
      this.onFailed(error);
      return;
    }
    if (queue.bytes > 0) this.#kind.streams.command(Op.AWAIT_ROOM, this);
    else this.#queue = null;
    if (this.#queue === null && this.#state === State.ENDING) {
      this.#finish();
      if (this.#has(Mark.ENDED)) this.close();
      return;
    }
    if (!this.#has(Mark.NEEDS_DRAIN) || queue.bytes > this.#kind.highWaterMark) return;
    this.#marks &= ~Mark.NEEDS_DRAIN;
    const { drain } = this.#kind.handlers;
    if (drain !== undefined) this.#call(drain);
  }

  #connected(error: number): void {
    if (error !== 0) {
      this.#fail(new SystemError(error > 0 ? error : errorOf(error), 'connect', { fd: this.#fd }));
      return;
    }
    this.#marks &= ~Mark.CONNECTING;
    this.resume();
    opened(this as Connection<unknown>);
    if (this.#queue !== null) this.#drain();
    else if (this.#state === State.ENDING) this.#finish();
  }

  #finish(): void {
    this.#kind.streams.command(Op.SHUTDOWN, this);
    if (this.#has(Mark.ENDED)) this.close();
  }

  #close(op: number): void {
    if (this.#state === State.CLOSED) return;
    this.#kind.streams.command(op, this);
    this.#leave();
    const { close } = this.#kind.handlers;
    if (close !== undefined) close.call(this.#kind.handlers, this);
  }

  #leave(): void {
    this.#kind.open--;
    this.#state = State.CLOSED;
    this.#queue = null;
    this.#kind.streams.remove(this);
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
    this.#kind.streams.failLater(this, error);
  }

  /** A handler threw: the connection ends, the others of the turn are served. */
  #threw(error: unknown): void {
    const { handlers } = this.#kind;
    try {
      if (handlers.error === undefined || !(error instanceof Error)) throw error;
      if (this.#state !== State.CLOSED) handlers.error.call(handlers, this, error);
      else throw error;
    } finally {
      this.close();
    }
  }

  #fail(error: Error): void {
    const { handlers } = this.#kind;
    try {
      handlers.error?.call(handlers, this, error);
    } finally {
      this.close();
    }
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
  return Adopted.fd(kindOf(reactor, handlers, options), fd, false);
}

const errorPeer = new Uint8Array(native.address.bytes);

function queueFull(maxQueued: number): Error {
  const error = invalidState(`more than ${maxQueued} bytes are queued: the peer does not read`);
  return Object.assign(error, { code: 'ERR_QUEUE_FULL' });
}

function toBytes(bytes: unknown, encoding: BufferEncoding | undefined): Uint8Array {
  if (typeof bytes === 'string') return Buffer.from(bytes, encoding);
  checkBytes(bytes, 'bytes');
  if (bytes.length === 0) return Buffer.alloc(0);
  return bytes;
}
