// Sender: the half of a connection that sends. Most of its work is two assignments a write: the bytes go into the send
// area of the turn, and a command says whose they are (streams.ts).
//
// What the kernel did not take, and files, are in #queue. While it is there everything goes through it, so that bytes
// keep their order.
import { isUint8Array } from 'node:util/types';
import {
  asPlain,
  checkBoolean,
  checkBytes,
  checkFd,
  checkFunction,
  checkObject,
  checkSize,
  copyBuffers,
  lengthOf,
  NO_OPTIONS,
} from '../base/arguments.js';
import {
  errorOf,
  failure,
  invalidState,
  invalidType,
  invalidValue,
  outOfRange,
  UnsupportedError,
  WOULD_BLOCK,
} from '../base/errors.js';
import { native } from '../native/table.js';
import { fileHasEnded, isFed } from './errors.js';
import { FileRange, SENT, type SendFileOptions, sizeOfFile } from './file-range.js';
import type { ConnectionKind } from './kind.js';
import { SendQueue } from './send-queue.js';
import { Call, type Commands, Op } from './stream-area.js';

const { send: sendNative } = native.socket;
const { write: writeNative } = native.fd;

/** Of a file in one turn, so that others have their share. */
const MOST_OF_FILE = 1024 * 1024;
const MOST_BUFFERS = 2 ** 20;
const NOT_A_SOCKET = failure(native.constants.error.ENOTSOCK as number);
const EMPTY = new Uint8Array(0);

/** The states of a connection, as bits. */
export const State = {
  CONNECTING: 1,
  /** `end()` was called. */
  ENDING: 2,
  CLOSED: 4,
  /** `write()` returned false. */
  NEEDS_DRAIN: 8,
  /** By the peer. */
  ENDED: 16,
  PAUSED: 32,
  /** A command sends a part of a file. */
  FILE_IS_ASKED: 64,
  /** A piping writes to it, and nothing else may. */
  FED: 128,
  /** `error` and `close` follow, or run. */
  FAILED: 256,
} as const;

const CANNOT_SEND = State.CONNECTING | State.ENDING | State.CLOSED | State.FED | State.FAILED;

/** What waits until all is sent: end(), the handler `drain`, a piping. */
const WAITS_FOR_DRAINED = State.ENDING | State.NEEDS_DRAIN | State.FED;

/** What a connection and its sending half share. */
export abstract class Sender<T> {
  /** Anything of the program's; undefined until the program sets it, in `open` for example. */
  data!: T;
  /** @internal */
  readonly kind: ConnectionKind<T>;
  /** Its fd; on Windows a SOCKET. Do not read, write or close it: `detach()` gives it to the program. */
  readonly fd: number;
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  /** @internal Bits of State. */
  state = 0;
  #queue: SendQueue | null = null;
  /** Where the last part of what it sends is among the commands, if it is still one of them. */
  #tail = 0;
  #bytesWritten = 0;

  /** @internal */
  constructor(kind: ConnectionKind<T>, fd: number, slot: number, generation: number) {
    this.kind = kind;
    this.fd = fd;
    this.slot = slot;
    this.generation = generation;
  }

  /**
   * How many bytes `write()`, `writev()` and `sendFile()` have taken, those that are queued included, and how many were
   * piped into it.
   */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /**
   * How many bytes are queued in memory because the kernel does not take them. Neither what this turn sends counts, nor
   * what the kernel holds, nor ranges of files.
   */
  get queued(): number {
    return this.#queue?.bytes ?? 0;
  }

  /**
   * Whether `write()` may go on: the connection is open, was not ended, is the target of no piping, and no more than
   * `highWaterMark` bytes are queued. Where only the queue is in the way, `drain` follows. A file of `sendFile()` that
   * waits does not count.
   */
  get hasRoom(): boolean {
    const isOpen = (this.state & (State.ENDING | State.CLOSED | State.FED | State.FAILED)) === 0;
    return isOpen && this.queued <= this.kind.highWaterMark;
  }

  /**
   * Sends bytes. They are copied, or, above 16 KiB, sent at once; what the kernel does not take is copied and queued.
   * So the memory is the program's again when this returns. All writes of a turn leave in one call at its end
   * (writev(2)). Before the connection is there they are queued.
   *
   * A write that would queue more than `maxQueued` bytes ends the connection with ERR_QUEUE_FULL. What is queued is
   * dropped, and this returns false; `error` and `close` are called in the next turn. So are they after an error of the
   * kernel. Until then `closed` is false, and each further write does nothing and returns false.
   *
   * @param bytes a string is encoded
   * @param encoding of a string; 'utf8' by default
   * @returns whether there is room: false while more than `highWaterMark` bytes are queued. The bytes are taken all the
   * same; write the next ones after `drain`. On a closed connection it does nothing and returns false
   * @throws TypeError for anything but a Uint8Array or a string; ERR_INVALID_STATE after `end()`, and while something
   * is piped into the connection
   */
  write(bytes: Uint8Array | string, encoding?: BufferEncoding): boolean {
    if ((this.state & CANNOT_SEND) !== 0 || this.#queue !== null) {
      return this.#writeToQueue(bytes, encoding);
    }
    if (typeof bytes === 'string') return this.#writeString(bytes, encoding);
    if (!isUint8Array(bytes)) checkBytes(bytes, 'bytes');
    const length = lengthOf(bytes);
    if (length > this.kind.streams.largestCopy) return this.#writeLarge(asPlain(bytes));
    if (length === 0) {
      checkBytes(bytes, 'bytes'); // it may be detached
      return true;
    }
    return this.#writeSmall(bytes, length);
  }

  /**
   * Sends several buffers, one after the other, as `write()` does.
   *
   * @param buffers at most 1,048,576
   * @returns whether there is room, as `write()` says it
   * @throws as write(), before any of them is sent
   */
  writev(buffers: readonly Uint8Array[]): boolean {
    const list = copyBuffers(buffers, MOST_BUFFERS);
    let hasRoom = this.write(EMPTY);
    for (const bytes of list) hasRoom = this.write(bytes);
    return hasRoom;
  }

  /**
   * Sends a part of a file, after what was written before, inside the kernel (sendfile(2); TransmitFile on Windows).
   * What is written afterwards follows it. At most 1 MiB of it goes in a turn, so that others have their share. A file
   * that has ended before `end` ends the connection with ERR_FILE_ENDED, since the peer was promised more; one that is
   * changed meanwhile may be sent half old, half new. `capabilities().sendfile` says whether the system has such a
   * call: Linux, macOS, FreeBSD and Windows have one.
   *
   * @param file an fd of `node:fs`, which must stay open until it is sent; see `options`
   * @param start where to begin, from 0; 0 by default
   * @param end the place behind the last byte, from `start`; the file's size by default
   * @param options whether to close the file, and whom to tell that it is sent
   * @returns whether there is room: false if something is queued before it, then wait for `drain`. On a closed
   * connection it does nothing and returns false
   * @throws TypeError or RangeError for a wrong argument; SystemError of fstat(2); ERR_INVALID_STATE after `end()`, and
   * while something is piped into the connection; UnsupportedError where the system has no such call. The file stays
   * open then. An error of sendfile(2) itself ends the connection: EINVAL for a file that cannot be mapped
   */
  sendFile(file: number, start = 0, end?: number, options: SendFileOptions = NO_OPTIONS): boolean {
    checkFd(file, 'file');
    checkSize(start, 'start');
    checkObject(options, 'options');
    const { close = false, done, [SENT]: sent } = options;
    checkBoolean(close, 'options.close');
    if (done !== undefined) checkFunction(done, 'options.done');
    const stop = end === undefined ? Math.max(start, sizeOfFile(file)) : end;
    checkSize(stop, 'end');
    if (stop < start) throw outOfRange('end', `>= start, ${start}`, stop);
    this.#checkNotEnding('sendFile');
    if (native.sendfile === undefined) throw new UnsupportedError('sendfile');
    const length = stop - start;
    const range = new FileRange(file, start, length, { close, done, [SENT]: sent });
    const isClosed = (this.state & (State.CLOSED | State.FAILED)) !== 0;
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
  get isDrained(): boolean {
    return this.#queue === null;
  }

  /** @internal */
  onPartial(first: number, sent: number, commands: Commands): void {
    const parts: Uint8Array[] = [];
    let skip = sent;
    for (let place = first; place >= 0; place = commands.nextOf(place)) {
      const part = commands.bytesOf(place);
      if (skip < part.length) parts.push(part.subarray(skip));
      skip = Math.max(0, skip - part.length);
    }
    this.#queue ??= new SendQueue();
    this.#queue.unshift(Buffer.concat(parts)); // before a file that was to follow
    if (this.queued > this.kind.highWaterMark) this.state |= State.NEEDS_DRAIN;
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
    if (queue.isEmpty && (this.state & WAITS_FOR_DRAINED) === 0) this.#queue = null;
    else if (isWhole || hasEnded) this.kind.streams.roomLater(this);
  }

  /** @internal */
  onFed(length: number): void {
    this.#bytesWritten += length;
  }

  /** @internal Writes for a piping. */
  feed(bytes: Uint8Array): void {
    if (this.#queue !== null || (this.state & State.CONNECTING) !== 0) this.#enqueue(bytes);
    else if (bytes.length > this.kind.streams.largestCopy) this.#writeLarge(bytes);
    else this.#writeSmall(bytes, bytes.length);
  }

  #writeSmall(bytes: Uint8Array, length: number): boolean {
    const { streams } = this.kind;
    streams.reserve(length);
    if (this.#queue !== null) return this.#enqueue(asPlain(bytes)); // what was sent for the room met a full socket
    streams.commands.sendArea.set(bytes, streams.commands.sendUsed);
    this.#sendReserved(length);
    return true;
  }

  #writeString(text: string, encoding: BufferEncoding | undefined): boolean {
    if (encoding !== undefined) checkEncoding(encoding);
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
    this.#tail = this.kind.streams.send(this, this.#tail, length);
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
    if (taken > 0) streams.timeOuts.touchNow(this.slot);
    this.#bytesWritten += taken;
    if (taken === bytes.length) return true;
    streams.command(Op.AWAIT_ROOM, this);
    return this.#enqueue(bytes.subarray(taken));
  }

  /** A write that cannot be sent in this turn. */
  #writeToQueue(bytes: unknown, encoding: BufferEncoding | undefined): boolean {
    this.#checkNotEnding('write');
    if (typeof bytes !== 'string') checkBytes(bytes, 'bytes');
    else if (encoding !== undefined) checkEncoding(encoding);
    if ((this.state & (State.CLOSED | State.FAILED)) !== 0) return false;
    return this.#enqueue(typeof bytes === 'string' ? Buffer.from(bytes, encoding) : asPlain(bytes));
  }

  #enqueue(bytes: Uint8Array): boolean {
    const { highWaterMark, maxQueued } = this.kind;
    if (bytes.length > 0) {
      if (this.queued + bytes.length > maxQueued && (this.state & State.FED) === 0) {
        this.state |= State.FAILED;
        this.dropQueue();
        this.kind.streams.fullLater(this);
        return false;
      }
      this.#queue ??= new SendQueue();
      this.#queue.push(bytes);
      this.#bytesWritten += bytes.length;
    }
    const hasRoom = this.queued <= highWaterMark;
    if (!hasRoom) this.state |= State.NEEDS_DRAIN;
    return hasRoom;
  }

  #checkNotEnding(call: string): void {
    if ((this.state & State.FED) !== 0) throw isFed();
    if ((this.state & (State.ENDING | State.CLOSED | State.FAILED)) === State.ENDING)
      throw invalidState(`${call}() after end()`);
  }

  #sendFile(range: FileRange): void {
    const { streams } = this.kind;
    this.state |= State.FILE_IS_ASKED;
    streams.sendFile(this, this.#tail, range.file, range.start, Math.min(range.left, MOST_OF_FILE));
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
  flush(): void {
    const { streams } = this.kind;
    if (streams.commands.isPart(this.#tail, this.slot, this.generation)) streams.flush();
  }

  /** @internal Takes the bytes that are queued. */
  protected takeQueue(): Buffer {
    const bytes = this.#queue?.take(this.kind.streams);
    this.#queue = null;
    return bytes ?? Buffer.alloc(0);
  }

  /** @internal Whether all that was queued is sent, and that is still to be told. */
  protected get wasSent(): boolean {
    return this.#queue?.isEmpty === true;
  }

  /** @internal Whether a part of a file is still to be sent. */
  protected get hasFile(): boolean {
    return this.#queue?.hasFile === true;
  }

  /** @internal Forgets what is queued. */
  protected dropQueue(): void {
    // Of a file that is closed now another one may have the number when the command is carried out.
    if ((this.state & State.FILE_IS_ASKED) !== 0) this.kind.streams.flush();
    const queue = this.#queue;
    this.#queue = null;
    queue?.clear(this.kind.streams);
  }
}

function checkEncoding(encoding: unknown): void {
  if (typeof encoding !== 'string') throw invalidType('encoding', 'a string', encoding);
  if (!Buffer.isEncoding(encoding)) throw invalidValue('encoding', 'an encoding of Buffer', encoding);
}
