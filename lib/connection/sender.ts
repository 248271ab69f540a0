// Sender: the half of a connection that sends. Most of its work is two assignments a write: the bytes go into the send
// area of the turn, and a command says whose they are (streams.ts).
//
// What the kernel did not take, and files, are in #queue. While it is there everything goes through it, so that bytes
// keep their order.
import { isUint8Array } from 'node:util/types';
import {
  checkBytes,
  checkFd,
  checkFunction,
  checkObject,
  checkSize,
  copyBuffers,
  NO_OPTIONS,
} from '../base/arguments.js';
import { errorOf, failure, invalidState, outOfRange, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { fileHasEnded, queueIsFull } from './errors.js';
import { FileRange, type SendFileOptions, sizeOfFile } from './file-range.js';
import type { ConnectionKind } from './kind.js';
import { SendQueue } from './send-queue.js';
import { Call, type Commands, Op } from './stream-area.js';
import type { Slotted } from './streams.js';

const { send: sendNative } = native.socket;
const { write: writeNative } = native.fd;

/** Of a file in one turn, so that others have their share. */
const MOST_OF_FILE = 1024 * 1024;
const MOST_BUFFERS = 2 ** 20;
const NO_PART = -1;
const NOT_A_SOCKET = failure(native.constants.error.ENOTSOCK as number);
const EMPTY = new Uint8Array(0);

/** The states of a connection, as bits. */
export const State = {
  CONNECTING: 1,
  /** `end()` was called. */
  ENDING: 2,
  CLOSED: 8,
  /** `write()` returned false. */
  NEEDS_DRAIN: 16,
  /** By the peer. */
  ENDED: 32,
  PAUSED: 64,
  /** A command sends a part of a file. */
  FILE_IS_ASKED: 128,
} as const;

/** What a connection and its sending half share. */
export abstract class Sender<T> implements Slotted {
  /** Anything of the program's. */
  data!: T;
  /** @internal */
  readonly kind: ConnectionKind<T>;
  /** Its fd. Do not read, write or close it: `detach()` gives it to the program. */
  readonly fd: number;
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  /** @internal Bits of State. */
  state = 0;
  #queue: SendQueue | null = null;
  /** The first and the last part of what this turn sends, if #epoch is that of the streams. */
  #head = NO_PART;
  #tail = NO_PART;
  #epoch = -1;
  #bytesWritten = 0;

  /** @internal */
  constructor(kind: ConnectionKind<T>, fd: number, slot: number, generation: number) {
    this.kind = kind;
    this.fd = fd;
    this.slot = slot;
    this.generation = generation;
  }

  /** How many bytes `write()` and `sendFile()` have taken, those that are queued included. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** How many bytes are queued in memory because the peer does not take them. */
  get queued(): number {
    return this.#queue?.bytes ?? 0;
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
    if ((this.state & (State.CONNECTING | State.ENDING | State.CLOSED)) !== 0 || this.#queue !== null) {
      return this.#writeToQueue(bytes, encoding);
    }
    if (typeof bytes === 'string') return this.#writeString(bytes, encoding);
    if (!isUint8Array(bytes)) checkBytes(bytes, 'bytes');
    const { length } = bytes;
    if (length > this.kind.streams.largestCopy) return this.#writeLarge(bytes);
    if (length === 0) {
      checkBytes(bytes, 'bytes'); // it may be detached
      return true;
    }
    const { streams } = this.kind;
    streams.reserve(length);
    if (this.#queue !== null) return this.#enqueue(bytes); // what was sent for the room met a full socket
    streams.commands.sendArea.set(bytes, streams.commands.sendUsed);
    this.#sendReserved(length);
    return true;
  }

  /**
   * Sends several buffers, one after the other, as `write()` does.
   *
   * @returns whether there is room
   * @throws as write(), before any of them is sent
   */
  writev(buffers: readonly Uint8Array[]): boolean {
    const list = copyBuffers(buffers, MOST_BUFFERS);
    let hasRoom = this.write(EMPTY);
    for (const bytes of list) hasRoom = this.write(bytes);
    return hasRoom;
  }

  /**
   * Sends a part of a file, after what was written before, inside the kernel (sendfile(2)). What is written afterwards
   * follows it. A file that has ended before `end` ends the connection with ERR_FILE_ENDED, since the peer was promised
   * more; one that is changed meanwhile may be sent half old, half new.
   *
   * @param file an fd, which must stay open until it is sent; see `options.close` and `options.done`
   * @param start where to begin; 0 by default
   * @param end the place behind the last byte; the file's size by default
   * @returns whether there is room: false if something is queued before it, then wait for `drain`. On a closed
   * connection it does nothing and returns false
   * @throws TypeError or RangeError for a wrong argument; SystemError of fstat(2); ERR_INVALID_STATE after `end()`
   */
  sendFile(file: number, start = 0, end?: number, options: SendFileOptions = NO_OPTIONS): boolean {
    checkFd(file, 'file');
    checkSize(start, 'start');
    checkObject(options, 'options');
    if (options.done !== undefined) checkFunction(options.done, 'options.done');
    const stop = end === undefined ? Math.max(start, sizeOfFile(file)) : end;
    checkSize(stop, 'end');
    if (stop < start) throw outOfRange('end', `>= start, ${start}`, stop);
    this.#checkNotEnding('sendFile');
    const length = stop - start;
    const range = new FileRange(file, start, length, options);
    const isClosed = (this.state & State.CLOSED) !== 0;
    if (isClosed || length === 0) {
      range.end(this.kind.streams);
      return !isClosed;
    }
    this.#bytesWritten += length;
    const isFirst = this.#queue === null;
    this.#queue ??= new SendQueue();
    this.#queue.pushFile(range);
    if (!isFirst) this.state |= State.NEEDS_DRAIN;
    else if ((this.state & State.CONNECTING) === 0) this.#sendFile(range);
    return isFirst;
  }

  /** @internal Ends the connection with an error. */
  protected abstract fail(error: Error): void;
  /** @internal Ends it with the error of a system call. */
  abstract onFailed(error: number, syscall: string): void;
  /** @internal All that was queued is handed to the kernel. */
  protected abstract drained(): void;

  /** @internal Whether nothing is queued. */
  protected get isDrained(): boolean {
    return this.#queue === null;
  }

  /** @internal */
  onPartial(sent: number, commands: Commands): void {
    const parts: Uint8Array[] = [];
    let skip = sent;
    for (let place = this.#head; place !== NO_PART; place = commands.nextOf(place)) {
      const part = commands.bytesOf(place);
      if (skip < part.length) parts.push(part.subarray(skip));
      skip = Math.max(0, skip - part.length);
    }
    this.#queue ??= new SendQueue();
    this.#queue.unshift(Buffer.concat(parts)); // before a file that was to follow
  }

  /** @internal */
  onFileSent(sent: number, hasEnded: boolean): void {
    this.state &= ~State.FILE_IS_ASKED;
    const queue = this.#queue;
    const range = queue?.file;
    if (queue == null || range == null) return; // bytes before it are queued: room is awaited
    const isWhole = sent === Math.min(range.left, MOST_OF_FILE);
    queue.fileSent(sent, this.kind.streams);
    range.hasEnded = hasEnded;
    if (queue.isEmpty && (this.state & (State.ENDING | State.NEEDS_DRAIN)) === 0) this.#queue = null;
    else if (isWhole || hasEnded) this.kind.streams.roomLater(this);
  }

  #writeString(text: string, encoding: BufferEncoding | undefined): boolean {
    const most = text.length * 3; // of UTF-8, which takes the most
    const { streams } = this.kind;
    if (most > streams.largestCopy) return this.#writeLarge(Buffer.from(text, encoding));
    streams.reserve(most);
    if (this.#queue !== null) return this.#enqueue(Buffer.from(text, encoding));
    const length = streams.commands.sendArea.write(text, streams.commands.sendUsed, most, encoding);
    if (length > 0) this.#sendReserved(length);
    return true;
  }

  #sendReserved(length: number): void {
    const { streams } = this.kind;
    const { epoch } = streams;
    const isFirst = this.#epoch !== epoch;
    this.#tail = streams.send(this, isFirst ? NO_PART : this.#tail, length);
    if (isFirst) this.#head = this.#tail;
    this.#epoch = epoch;
    this.#bytesWritten += length;
  }

  /** From the caller's memory, after what this turn has to send. */
  #writeLarge(bytes: Uint8Array): boolean {
    const { streams } = this.kind;
    this.flush();
    if (this.#queue !== null) return this.#enqueue(bytes);
    let sent = sendNative(this.fd, bytes);
    if (sent === NOT_A_SOCKET) sent = writeNative(this.fd, bytes);
    if (sent < WOULD_BLOCK) {
      checkBytes(bytes, 'bytes');
      streams.failLater(this, errorOf(sent), Call.SEND);
      return false;
    }
    const taken = Math.max(0, sent);
    this.#bytesWritten += taken;
    if (taken === bytes.length) return true;
    this.#queue = new SendQueue();
    streams.command(Op.AWAIT_ROOM, this);
    return this.#enqueue(bytes.subarray(taken));
  }

  /** A write that cannot be sent in this turn. */
  #writeToQueue(bytes: unknown, encoding: BufferEncoding | undefined): boolean {
    this.#checkNotEnding('write');
    if (typeof bytes !== 'string') checkBytes(bytes, 'bytes');
    if ((this.state & State.CLOSED) !== 0) return false;
    this.#queue ??= new SendQueue(); // until it is connected
    return this.#enqueue(typeof bytes === 'string' ? Buffer.from(bytes, encoding) : bytes);
  }

  #enqueue(bytes: Uint8Array): boolean {
    const queue = this.#queue as SendQueue;
    const { highWaterMark, maxQueued } = this.kind;
    if (queue.bytes + bytes.length > maxQueued) {
      this.fail(queueIsFull(maxQueued));
      return false;
    }
    if (bytes.length > 0) queue.push(bytes);
    this.#bytesWritten += bytes.length;
    if (queue.bytes > highWaterMark) this.state |= State.NEEDS_DRAIN;
    return queue.bytes <= highWaterMark;
  }

  #checkNotEnding(call: string): void {
    if ((this.state & (State.ENDING | State.CLOSED)) === State.ENDING) throw invalidState(`${call}() after end()`);
  }

  #sendFile(range: FileRange): void {
    const { streams } = this.kind;
    this.state |= State.FILE_IS_ASKED;
    const head = this.#epoch === streams.epoch ? this.#head : NO_PART;
    streams.sendFile(this, head, range.file, range.start, Math.min(range.left, MOST_OF_FILE));
  }

  /** @internal There is room: sends what is queued. */
  protected drain(): void {
    const queue = this.#queue;
    if (queue === null || (this.state & State.FILE_IS_ASKED) !== 0) return;
    if (queue.file?.hasEnded) {
      this.fail(fileHasEnded(queue.file));
      return;
    }
    const result = queue.send(this.fd);
    if (result < WOULD_BLOCK) {
      this.onFailed(errorOf(result), 'writev');
      return;
    }
    if (queue.isEmpty) {
      this.#queue = null;
      this.drained();
    } else if (queue.file === null) this.kind.streams.command(Op.AWAIT_ROOM, this);
    else this.#sendFile(queue.file);
  }

  /** @internal Sends now what this turn has to send. */
  protected flush(): void {
    const { streams } = this.kind;
    if (this.#epoch === streams.epoch) streams.flush();
  }

  /** @internal Forgets what is queued. */
  protected dropQueue(): void {
    const queue = this.#queue;
    this.#queue = null;
    queue?.clear(this.kind.streams);
  }
}
