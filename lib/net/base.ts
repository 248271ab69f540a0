// SocketBase: what a Socket knows of its handle: addresses, counts, options, its timer. How it moves bytes is in
// socket.ts.
//
// Fields are not private to the class: programs read some getters of the prototype itself, which must not throw.
import type { BlockList } from 'node:net';
import { invalidHandleType, stateError } from './errors.js';
import type { NetAddress, SocketHandle } from './handle.js';
import { Duplex } from './modules.js';
import { differs, keepAliveOf, NO_KEEP_ALIVE, tellKeepAlive } from './newer-node.js';
import { timerMs, validateFunction } from './validate.js';

/** What a write that waits for the connection has. */
export type Pending = string | Uint8Array | readonly { chunk: string | Uint8Array; encoding: BufferEncoding }[];

export abstract class SocketBase extends Duplex {
  /** Whether connect() is under way. */
  connecting = false;
  /** What setTimeout() was given. */
  declare timeout?: number;
  declare autoSelectFamilyAttemptedAddresses?: string[];
  declare blockList?: BlockList;
  server: unknown = null;
  _server: { _connections: number; _emitCloseIfDrained?(): void } | null = null;
  _handle: SocketHandle | null = null;
  _parent: SocketBase | null = null;
  _host: string | null = null;
  _pendingData: Pending | null = null;
  _pendingEncoding = '';
  _peername: NetAddress | null = null;
  _sockname: NetAddress | null = null;
  _timer: NodeJS.Timeout | null = null;
  _timerMs = 0;
  _lastQueued = 0;
  _bytesReadBefore = 0;
  _bytesWrittenBefore = 0;
  _noDelay = false;
  _keepAlive = NO_KEEP_ALIVE;
  _resets = false;
  _closeAfterHandlingError = false;

  get fd(): number {
    return this._handle?.fd ?? -1;
  }

  get _connecting(): boolean {
    return this.connecting;
  }

  get pending(): boolean {
    return !this._handle || this.connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number | undefined {
    return this._handle ? this.writableLength : undefined;
  }

  get bytesRead(): number {
    return this._handle ? this._handle.bytesRead : this._bytesReadBefore;
  }

  get _bytesDispatched(): number {
    return this._handle ? this._handle.bytesWritten : this._bytesWrittenBefore;
  }

  get bytesWritten(): number | undefined {
    const waiting = (this as { writableBuffer?: { chunk: string | Uint8Array; encoding: BufferEncoding }[] })
      .writableBuffer;
    if (!waiting) return undefined;
    let bytes = this._bytesDispatched + this._unwritten();
    for (const { chunk, encoding } of waiting) bytes += sizeOf(chunk, encoding);
    const pending = this._pendingData;
    if (Array.isArray(pending)) {
      for (const one of pending) bytes += one.chunk === undefined ? one.length : sizeOf(one.chunk, one.encoding);
    } else if (pending !== null) bytes += sizeOf(pending as Uint8Array, this._pendingEncoding as BufferEncoding);
    return bytes;
  }

  /** How many bytes of the write under way were not handed to the connection. */
  abstract _unwritten(): number;

  get remoteAddress(): string | undefined {
    return this._getpeername().address;
  }

  get remoteFamily(): string | undefined {
    return this._getpeername().family;
  }

  get remotePort(): number | undefined {
    return this._getpeername().port;
  }

  get localAddress(): string | undefined {
    return this._getsockname().address;
  }

  get localFamily(): string | undefined {
    return this._getsockname().family;
  }

  get localPort(): number | undefined {
    return this._getsockname().port;
  }

  _getpeername(): NetAddress {
    if (!this._handle || this.connecting) return this._peername ?? {};
    if (this._peername) return this._peername;
    const address: NetAddress = {};
    if (this._handle.getpeername(address) === 0) this._peername = address;
    return address;
  }

  _getsockname(): NetAddress {
    if (!this._handle) return {};
    if (this._sockname) return this._sockname;
    const address: NetAddress = {};
    this._handle.getsockname(address);
    this._sockname = address;
    return address;
  }

  address(): NetAddress {
    return this._getsockname();
  }

  setNoDelay(enable?: boolean): this {
    const noDelay = enable === undefined || Boolean(enable);
    if (this._handle && noDelay !== this._noDelay) this._handle.setNoDelay?.(noDelay);
    this._noDelay = noDelay;
    return this;
  }

  setKeepAlive(...args: unknown[]): this {
    const before = this._keepAlive;
    this._keepAlive = keepAliveOf(args);
    if (this._handle && differs(before, this._keepAlive)) tellKeepAlive(this._handle, this._keepAlive);
    return this;
  }

  ref(): this {
    if (this._handle) this._handle.ref();
    else this.once('connect', this.ref);
    return this;
  }

  unref(): this {
    if (this._handle) this._handle.unref();
    else this.once('connect', this.unref);
    return this;
  }

  setTimeout(delayMs: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = delayMs;
    const ms = timerMs(delayMs, 'msecs');
    if (callback !== undefined) validateFunction(callback, 'callback');
    if (ms > 0) {
      this._startTimer(ms);
      if (callback !== undefined) this.once('timeout', callback);
    } else if (callback !== undefined) this.removeListener('timeout', callback);
    return this;
  }

  /**
   * A server of node:http sets the same time anew for each request, and 0 in between: its timer stays. That of a client
   * is made anew, since each request has an AsyncLocalStorage store of its own.
   */
  _startTimer(ms: number): void {
    if (this._timer !== null && this._timerMs === ms && this._server !== null) {
      this._timer.refresh();
      return;
    }
    if (this._timer !== null) clearTimeout(this._timer);
    this._timer = setTimeout(timedOut, ms, this).unref();
    this._timerMs = ms;
  }

  /** Bytes came or go: the time begins anew. */
  _unrefTimer(): void {
    for (let one: SocketBase | null = this; one != null; one = one._parent) {
      if (one.timeout) one._timer?.refresh();
    }
  }

  _onTimeout(): void {
    const queued = this._handle?.writeQueueSize ?? 0;
    if (this._lastQueued > 0 && this._handle && this._lastQueued !== queued) {
      this._lastQueued = queued; // what was written is on its way
      this._unrefTimer();
      return;
    }
    this.emit('timeout');
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    if (!this._handle) return this.destroy(stateError('ERR_SOCKET_CLOSED'));
    if (!this._handle.isTcp) throw invalidHandleType();
    if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  }

  _reset(): this {
    this._resets = true;
    return this.destroy();
  }
}

function timedOut(socket: SocketBase): void {
  if (socket.timeout) socket._onTimeout();
}

function sizeOf(chunk: string | Uint8Array, encoding: BufferEncoding): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
}
