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
import { type Pipes, type PipeToOptions, Piping } from './piping.js';
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

/** The options of all connections of a kind, checked once. */
export interface ConnectionKind<T> {
  readonly handlers: ConnectionHandlers<T>;
  readonly highWaterMark: number;
  readonly maxQueued: number;
  /** How many of them are open. */
  open: number;
}

export function kindOf<T>(handlers: ConnectionHandlers<T>, options: ConnectionOptions = NO_OPTIONS): ConnectionKind<T> {
  checkObject(handlers, 'handlers');
  checkObject(options, 'options');
  const { highWaterMark = 64 * 1024, maxQueued = 16 * 1024 * 1024 } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 1, Number.MAX_SAFE_INTEGER);
  return { handlers, highWaterMark, maxQueued, open: 0 };
}

/** FED: open, and a piping writes to it. */
const State = { OPEN: 0, ENDING: 1, CLOSED: 2, FED: 3 } as const;

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
  /** @internal The pipings from it and into it; null until there is one. */
  pipes: Pipes | null = null;
  #state: number = State.OPEN;
  #isConnecting: boolean;
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
    if (length > LARGEST_COPY) return this.#writeLarge(bytes);
    if (length === 0)
      checkBytes(bytes, 'bytes'); // it may be detached
    else this.#writeSmall(bytes);
    return true;
  }

  #writeSmall(bytes: Uint8Array): void {
    const { length } = bytes;
    const streams = this.#streams;
    streams.reserve(length);
    streams.commands.sendArea.set(bytes, streams.commands.sendUsed);
    this.#sendReserved(length);
  }

  /**
   * From here on the bytes of this connection go to another one of its reactor, behind what that has queued, and not to
   * `data`. Where the kernel can (`via` of what it returns), it moves them: they never cross into JavaScript. A target
   * that takes no more pauses this connection. A `pause()` from before is over.
   *
   * - The end of this connection ends the target behind the last byte (`end: false` leaves it open). `end` is called as
   *   always; without that handler the connection ends as always, unless something is piped into it, which ends it then.
   * - If this connection fails, or is closed before it has ended, the target is reset: its peer must not take the bytes
   *   for all of them. If the target fails or is closed, this connection is closed.
   * - Into a target nothing else is written: `write()` and `end()` throw ERR_INVALID_STATE, and `drain` is not called.
   *   `detach()` throws of both connections: `stop()` first.
   * - For a proxy pipe both ways: `a.pipeTo(b); b.pipeTo(a)`. Each half is closed by itself.
   *
   * A child that gets the socket of a side as its stdio makes it blocking, and the kernel would wait: see
   * `setNonBlocking()`.
   *
   * @throws TypeError for a target or an option of the wrong type; ERR_INVALID_ARG_VALUE for this connection itself, or
   * one of another reactor; ERR_INVALID_STATE if either is closed, the target was ended or is a target already, or this
   * connection is piped already
   */
  pipeTo<U>(target: Connection<U>, options?: PipeToOptions): Piping<T, U> {
    return Piping.begin(this, target, options);
  }

  /** Receives no more until resume(). A chunk that has come in this turn is still handed on. Idempotent. */
  pause(): void {
    if (this.pipes !== null) this.pipes.isHeld = true;
    if (this.#state !== State.CLOSED) this.#streams.command(Op.PAUSE, this);
  }

  /** Ends pause(). */
  resume(): void {
    if (this.pipes !== null) this.pipes.isHeld = false;
    if (this.#state === State.CLOSED || this.pipes?.from?.isBlocked === true) return;
    this.#streams.command(Op.RESUME, this);
  }

  /**
   * Sends what is queued, and then the end of the stream (SHUT_WR). The connection closes when the peer has ended as
   * well. Idempotent.
   */
  end(bytes?: Uint8Array | string, encoding?: BufferEncoding): void {
    if (this.#state === State.FED) throw invalidState(FED);
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
   * @returns the fd, non-blocking, and bytes that have come and were not handed on. Bytes that are queued to be sent are
   * dropped: detach when `queued` is 0
   * @throws ERR_INVALID_STATE if it is closed, or piped
   */
  detach(): { fd: number; unread: Buffer } {
    if (this.#state === State.CLOSED) throw invalidState('the connection is closed');
    if (this.pipes?.from != null || this.#state === State.FED) throw invalidState('stop() its piping first');
    const unread = this.#streams.takeUnread(this);
    this.#streams.command(Op.DETACH, this);
    this.#streams.flush();
    this.#leave();
    return { fd: this.#fd, unread };
  }

  /** @internal */
  onData(bytes: Buffer): void {
    this.#bytesRead += bytes.length;
    if (this.pipes?.from != null) {
      this.pipes.from.copy(bytes);
      return;
    }
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
    try {
      if (handlers.end !== undefined) this.#call(handlers.end);
      else if (this.#state !== State.FED) this.end();
      if (this.#state === State.ENDING && this.#queue === null) this.close();
    } finally {
      this.pipes?.ended();
    }
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
  onFailed(error: number): void {
    this.#fail(new SystemError(error, this.#isConnecting ? 'connect' : 'recv', { fd: this.#fd }));
  }

  /** @internal */
  onAccepted(): void {}

  /** @internal */
  onAcceptFailed(): void {}

  /** @internal */
  onReactorClosed(): void {
    this.pipes?.forget();
    this.#kind.open--;
    this.#state = State.CLOSED;
    this.#queue = null;
  }

  /** @internal */
  onPiped(length: number): void {
    this.#bytesRead += length;
    this.pipes?.from?.count(length);
  }

  /** @internal */
  onFed(length: number): void {
    this.#bytesWritten += length;
  }

  /** @internal */
  onUnpiped(error: number): void {
    this.pipes?.from?.refused(error);
  }

  /** @internal */
  get streams(): Streams {
    return this.#streams;
  }

  /** @internal */
  get isConnecting(): boolean {
    return this.#isConnecting;
  }

  /** @internal Whether something may be piped into it. */
  get canBeFed(): boolean {
    return this.#state === State.OPEN;
  }

  /** @internal Whether all that was written is sent, as of the last flush. */
  get isIdle(): boolean {
    return this.#queue === null && !this.#isConnecting;
  }

  /** @internal Nothing but a piping may write from here on, or anyone again. */
  setFed(isFed: boolean): void {
    if (isFed) this.#state = State.FED;
    else if (this.#state === State.FED) this.#state = State.OPEN;
  }

  /** @internal Writes for a piping. */
  feed(bytes: Buffer): void {
    if (this.#queue !== null || this.#isConnecting) this.#enqueue(Buffer.from(bytes));
    else if (bytes.length > LARGEST_COPY) this.#writeLarge(bytes);
    else this.#writeSmall(bytes);
  }

  #writeString(text: string, encoding: BufferEncoding | undefined): boolean {
    const most = text.length * 3; // of UTF-8, which takes the most
    if (most > LARGEST_COPY) return this.#writeLarge(Buffer.from(text, encoding));
    const streams = this.#streams;
    streams.reserve(most);
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
    if (this.#queue !== null) return this.#enqueue(Buffer.from(bytes));
    let sent = sendNative(this.#fd, bytes);
    if (sent < WOULD_BLOCK && sent !== BAD_ARGUMENT) sent = writeNative(this.#fd, bytes);
    if (sent < WOULD_BLOCK) {
      this.#failLater(errorOf(sent));
      return false;
    }
    const taken = Math.max(0, sent);
    this.#bytesWritten += taken;
    if (taken === bytes.length) return true;
    this.#streams.command(Op.AWAIT_ROOM, this);
    return this.#enqueue(Buffer.from(bytes.subarray(taken)));
  }

  #enqueue(bytes: Uint8Array): boolean {
    this.#queue ??= new SendQueue();
    const queue = this.#queue;
    queue.push(bytes);
    this.#bytesWritten += bytes.length;
    const { highWaterMark, maxQueued } = this.#kind;
    if (queue.bytes > maxQueued && this.#state !== State.FED) {
      this.#fail(queueFull(maxQueued));
      return false;
    }
    this.#needsDrain ||= queue.bytes > highWaterMark;
    return queue.bytes <= highWaterMark;
  }

  /** A write that is not to an open connection. */
  #writeElsewhere(bytes: unknown, encoding: BufferEncoding | undefined): boolean {
    if (this.#state === State.ENDING) throw invalidState('write() after end()');
    if (this.#state === State.FED) throw invalidState(FED);
    const copy = toBytes(bytes, encoding);
    if (this.#state === State.CLOSED) return false;
    return this.#enqueue(copy); // until it is connected
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
    if (queue.bytes > 0) this.#streams.command(Op.AWAIT_ROOM, this);
    else this.#queue = null;
    if (this.#queue === null && this.#state === State.ENDING) {
      this.#finish();
      if (this.#ended) this.close();
      return;
    }
    if (this.#state === State.FED) {
      if (this.#queue === null) this.pipes?.into?.drained();
      return;
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
    this.resume();
    opened(this as Connection<unknown>);
    if (this.#queue !== null) this.#drain();
    else if (this.#state === State.ENDING) this.#finish();
  }

  #finish(): void {
    this.#streams.command(Op.SHUTDOWN, this);
    if (this.#ended) this.close();
  }

  #close(op: number): void {
    if (this.#state === State.CLOSED) return;
    this.#streams.command(op, this);
    this.#leave();
    const { close } = this.#kind.handlers;
    try {
      if (close !== undefined) close.call(this.#kind.handlers, this);
    } finally {
      this.pipes?.left();
    }
  }

  #leave(): void {
    this.#kind.open--;
    this.#state = State.CLOSED;
    this.#queue = null;
    this.#streams.remove(this);
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
  return Adopted.fd(streamsOf(reactor), kindOf(handlers, options), fd, false);
}

const FED = 'something is piped into the connection';
const errorPeer = new Uint8Array(native.address.bytes);

function queueFull(maxQueued: number): Error {
  const error = invalidState(`more than ${maxQueued} bytes are queued: the peer does not read`);
  return Object.assign(error, { code: 'ERR_QUEUE_FULL' });
}

function toBytes(bytes: unknown, encoding: BufferEncoding | undefined): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes, encoding);
  checkBytes(bytes, 'bytes');
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.from(bytes);
}
