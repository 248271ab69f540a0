// Socket: a connection as a stream.Duplex, with the members of node:net's Socket.
//
// A chunk is copied once, out of the memory of the turn. A write is handed to the connection, which copies it or sends
// it at once; it is done when nothing of it waits for the kernel.
import type { DuplexOptions, Duplex as NodeDuplex } from 'node:stream';
import { SystemError } from '../base/errors.js';
import type { Chunk } from '../connection/chunk.js';
import type { Detached } from '../connection/connection.js';
import { os } from '../native/builtins.js';
import { isNormalized, type Normalized, normalizeArgs } from './arguments.js';
import { SocketBase } from './base.js';
import { connectSocket } from './connecting.js';
import { callError, endedByPeer, invalidArgValue, stateError } from './errors.js';
import { fdHandle } from './fd-handle.js';
import type { HandleOwner, SocketHandle } from './handle.js';
import { addAbortSignal, Duplex } from './modules.js';
import { blockListOf } from './newer-node.js';
import { type OnRead, onReadOf } from './on-read.js';
import { secondsOf, validateKeepAliveDelay } from './validate.js';

type Done = (error?: Error | null) => void;

/** Writes of more bytes go to the connection in parts, so that it copies no more of them than that. */
const LARGEST_PART = 256 * 1024;
const REFUSED = ['objectMode', 'readableObjectMode', 'writableObjectMode'] as const;

/** A range of a file among what is written. */
interface FilePart {
  readonly file: number;
  readonly start: number;
  readonly end: number | undefined;
}

const files = new WeakMap<object, FilePart>();

/** Options of node:net's Socket. */
export type SocketOptions = Record<string, unknown> & { keepAliveInitialDelay?: number; signal?: AbortSignal };

/** What of these a stream gets. */
export function streamOptions(options: SocketOptions): DuplexOptions {
  return {
    ...options,
    allowHalfOpen: Boolean(options.allowHalfOpen),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
    signal: undefined, // it would be destroyed before it is made
  } as DuplexOptions;
}

export class SocketImpl extends SocketBase implements HandleOwner {
  _onRead: OnRead | null = null;
  /** Of the write that is not done. */
  _writeDone: Done | null = null;
  _rest: Uint8Array | null = null;

  /** @param accepted a connection that a server has accepted, for which `options` are those of a stream */
  constructor(options?: SocketOptions | number, accepted?: SocketHandle) {
    const given = typeof options === 'number' ? { fd: options } : (options ?? {});
    if (accepted === undefined) checkOptions(given);
    super(accepted === undefined ? streamOptions(given) : (options as DuplexOptions));
    this.on('end', onEndOfReadable);
    if (accepted !== undefined) {
      this._handle = accepted;
      accepted.owner = this;
      return;
    }
    this._onRead = onReadOf(given.onread, this);
    this._noDelay = Boolean(given.noDelay);
    this._keepAlive = { isOn: Boolean(given.keepAlive), seconds: secondsOf(given.keepAliveInitialDelay) };
    const blockList = blockListOf(given.blockList);
    if (blockList !== undefined) this.blockList = blockList;
    if (given.fd !== undefined) this._handle = fdHandle(given.fd, this);
    if (given.handle) this._handle = given.handle as SocketHandle;
    if (this._handle !== null && given.readable !== false) this._begin(given.pauseOnCreate === true, given.manualStart);
    if (given.signal) addAbortSignal(given.signal, this);
  }

  /** Begins to read, or is paused. */
  _begin(isPaused: boolean, isManual: unknown = false): void {
    if (isPaused || isManual) this._handle?.readStop();
    if (isPaused) (this as { readableFlowing: boolean | null }).readableFlowing = false;
    else if (!isManual) this.read(0);
  }

  connect(...args: unknown[]): this {
    const normalized: Normalized = isNormalized(args[0]) ? args[0] : normalizeArgs(args);
    connectSocket(this, normalized);
    return this;
  }

  onBytes(bytes: Chunk): void {
    this._unrefTimer();
    if (this._onRead !== null) {
      this._onRead.receive(bytes);
      return;
    }
    const copy = Buffer.allocUnsafe(bytes.length);
    copy.set(bytes);
    if (!this.push(copy) && this._handle?.reading) this._handle.readStop();
  }

  onEnd(): void {
    if (this._onRead?.ends() === false) return; // what waits comes first
    this.push(null);
    this.read(0);
  }

  onDrained(): void {
    this._lastQueued = 0;
    this._unrefTimer();
    const rest = this._rest;
    if (rest !== null) {
      this._rest = null;
      if (!this._send(rest)) return;
    }
    this._written(null);
  }

  onFailed(cause: Error): void {
    const error = callError(cause);
    if (this._writeDone !== null && (error as NodeJS.ErrnoException).syscall !== 'read') this._written(error);
    else this.destroy(error);
  }

  onClosed(): void {
    if (this.destroyed || this._handle?.connection?.closed !== true) return;
    this._written(stateError('ERR_SOCKET_CLOSED'));
    if (!this.readableEnded) this.push(null);
  }

  override _read(): void {
    if (this.connecting || !this._handle) this.once('connect', () => this._read());
    else if (!this._handle.reading) this._handle.readStart();
  }

  override _write(chunk: string | Uint8Array, encoding: BufferEncoding, done: Done): void {
    if (this.connecting) {
      this._writeLater(chunk, encoding, done, () => this._write(chunk, encoding, done));
      return;
    }
    if (!this._canWrite(done)) return;
    this._wait(this._give(chunk, encoding), done);
  }

  override _writev(chunks: { chunk: string | Uint8Array; encoding: BufferEncoding }[], done: Done): void {
    if (this.connecting) {
      this._writeLater(chunks, '', done, () => this._writev(chunks, done));
      return;
    }
    if (!this._canWrite(done)) return;
    const last = chunks.length - 1;
    for (let i = 0; i <= last; i++) {
      const { chunk, encoding } = chunks[i] as { chunk: string | Uint8Array; encoding: BufferEncoding };
      if (i === last) this._wait(this._give(chunk, encoding), done);
      else if (!this._give(chunk, encoding)) {
        // The others come behind it, when the kernel has taken it.
        this._wait(false, (error) => (error ? done(error) : this._writev(chunks.slice(i + 1), done)));
        return;
      }
    }
  }

  _canWrite(done: Done): boolean {
    const { connection } = this._handle ?? {};
    this._pendingData = null;
    this._pendingEncoding = '';
    if (connection == null || connection.closed) {
      const isGone = this._handle === null || connection === null;
      done(isGone ? stateError('ERR_SOCKET_CLOSED') : callError(new SystemError(EBADF, 'write')));
      return false;
    }
    this._unrefTimer();
    return true;
  }

  /** When the connection is there. */
  _writeLater(data: typeof this._pendingData, encoding: string, done: Done, write: () => void): void {
    const onClose = (): void => done(stateError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION'));
    this._pendingData = data;
    this._pendingEncoding = encoding;
    this.once('connect', () => {
      this.off('close', onClose);
      write();
    });
    this.once('close', onClose);
  }

  /** Hands it to the connection. Returns whether the kernel has all, as far as is known. */
  _give(chunk: string | Uint8Array, encoding: BufferEncoding): boolean {
    if (typeof chunk !== 'string') return this._send(chunk);
    return (this._handle as SocketHandle).connection?.write(chunk, encoding) === true;
  }

  _send(bytes: Uint8Array): boolean {
    const { connection } = this._handle as SocketHandle;
    if (connection === null) return false;
    if (bytes.length === 0 && files.has(bytes)) return this._sendFile(files.get(bytes) as FilePart);
    let from = 0;
    while (bytes.length - from > LARGEST_PART) {
      const hasRoom = connection.write(bytes.subarray(from, from + LARGEST_PART));
      from += LARGEST_PART;
      if (hasRoom) continue;
      this._rest = bytes.subarray(from);
      return false;
    }
    return connection.write(from === 0 ? bytes : bytes.subarray(from));
  }

  _sendFile({ file, start, end }: FilePart): boolean {
    try {
      this._handle?.connection?.sendFile(file, start, end, { done: () => this._fileIsSent() });
    } catch (error) {
      process.nextTick(() => this._written(error as Error)); // it waits by then
    }
    return false;
  }

  /** A turn of its own tells it. */
  _fileIsSent(): void {
    const handle = this._handle;
    if (handle !== null) handle.runInAsyncScope(this.onDrained, this);
  }

  _wait(isDone: boolean, done: Done): void {
    if (isDone) {
      done();
      return;
    }
    const handle = this._handle as SocketHandle;
    this._writeDone = done;
    this._lastQueued = handle.writeQueueSize;
    handle.busy = true;
  }

  /** The write that waits is done. */
  _written(error: Error | null): void {
    const done = this._writeDone;
    if (done === null) return;
    this._writeDone = null;
    this._rest = null;
    if (this._handle) this._handle.busy = false;
    done(error);
  }

  override _unwritten(): number {
    return this._rest?.length ?? 0;
  }

  override _final(done: Done): void {
    if (this.pending) {
      this.once('connect', () => this._final(done));
      return;
    }
    const { connection } = this._handle as SocketHandle;
    if (connection === null || connection.closed) {
      done();
      return;
    }
    connection.flush();
    if (connection.isDrained) this._shutDown(done);
    else this._wait(connection.write(''), (error) => (error ? done(error) : this._shutDown(done)));
  }

  _shutDown(done: Done): void {
    this._handle?.connection?.end();
    done();
  }

  override pause(): this {
    if (!this.connecting) this._onRead?.stop();
    return super.pause();
  }

  override resume(): this {
    this._onRead?.start();
    return super.resume();
  }

  override read(size?: number): unknown {
    this._onRead?.start();
    return super.read(size);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false;
    for (let one: SocketBase | null = this; one != null; one = one._parent) {
      if (one._timer !== null) clearTimeout(one._timer);
      one._timer = null;
    }
    const handle = this._handle;
    const writeDone = this._writeDone;
    this._writeDone = null;
    if (handle === null) {
      done(error);
      process.nextTick(emitClose, this, false);
    } else {
      this._bytesReadBefore = handle.bytesRead;
      this._bytesWrittenBefore = handle.bytesWritten;
      if (this._closeAfterHandlingError) queueMicrotask(() => this._leave(handle, error !== null, writeDone));
      else this._leave(handle, error !== null, writeDone);
      done(error);
    }
    const server = this._server;
    if (server === null) return;
    server._connections--;
    server._emitCloseIfDrained?.();
  }

  /** Closes the handle; 'close' comes behind what the loop has yet to tell, as with libuv. */
  _leave(handle: SocketHandle, hadError: boolean, writeDone: Done | null): void {
    handle.attempt = null;
    if (this._resets) handle.reset();
    else handle.close();
    this._resets = false;
    if (this._handle === handle) this._handle = null;
    this._sockname = null;
    setImmediate(closed, this, handle, hadError, writeDone);
  }

  sendFile(file: number, start = 0, end?: number, done?: Done): boolean {
    const part = Buffer.alloc(0);
    files.set(part, { file, start, end });
    return this.write(part, done);
  }

  detach(): Detached {
    const connection = this._handle?.connection;
    if (connection == null || this.connecting || connection.closed) throw stateError('ERR_SOCKET_CLOSED');
    const buffered: Buffer[] = [];
    this.pause();
    const { fd, unread, unsent } = connection.detach();
    for (let chunk = super.read(); chunk !== null; chunk = super.read()) buffered.push(Buffer.from(chunk));
    this.destroy();
    return { fd, unread: Buffer.concat([...buffered, unread]), unsent };
  }
}

function checkOptions(options: SocketOptions): void {
  for (const name of REFUSED) {
    if (options[name]) throw invalidArgValue(`options.${name}`, options[name], 'is not supported');
  }
  validateKeepAliveDelay(options);
}

function emitClose(socket: SocketImpl, hadError: boolean): void {
  socket.emit('close', hadError);
}

const { EBADF, ECANCELED } = os.constants.errno;

function closed(socket: SocketImpl, handle: SocketHandle, hadError: boolean, writeDone: Done | null): void {
  if (writeDone !== null) {
    const error = callError(new SystemError(ECANCELED, 'write'));
    handle.runInAsyncScope(writeDone, undefined, error);
  }
  handle.runInAsyncScope(emitClose, undefined, socket, hadError);
  handle.emitDestroy();
}

/** A socket that may not stay half open takes no write behind the peer's end. */
function onEndOfReadable(this: SocketImpl): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd as NodeDuplex['write'];
}

function writeAfterEnd(this: SocketImpl, chunk: unknown, encoding?: unknown, done?: unknown): boolean {
  if (!this.writableEnded) {
    return Duplex.prototype.write.call(this, chunk, encoding as BufferEncoding, done as (error: unknown) => void);
  }
  const callback = typeof encoding === 'function' ? encoding : done;
  const error = endedByPeer();
  if (typeof callback === 'function') process.nextTick(callback as () => void, error);
  this.destroy(error);
  return false;
}
