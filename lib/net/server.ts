// Server: the members of node:net's Server, over a Listener.
import { EventEmitter as NodeEmitter } from 'node:events';
import type { BlockList } from 'node:net';
import { invalidArgType, stateError } from './errors.js';
import type { NetAddress } from './handle.js';
import { type ListeningServer, listen } from './listening.js';
import { EventEmitter, getDefaultHighWaterMark } from './modules.js';
import { blockListOf } from './newer-node.js';
import type { ServerHandle } from './server-handle.js';
import type { SocketImpl } from './socket.js';
import { secondsOf, validateKeepAliveDelay, validateNumber } from './validate.js';

type Listener = (...args: unknown[]) => void;

/** Options of `createServer()` and of `new Server()`. */
export interface ServerImplOptions {
  allowHalfOpen?: boolean;
  pauseOnConnect?: boolean;
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
  blockList?: BlockList;
}

export class ServerImpl extends EventEmitter implements ListeningServer {
  _handle: ServerHandle | null = null;
  _connections = 0;
  _unref = false;
  _listeningId = 1;
  declare _pipeName?: string;
  declare _connectionKey?: string;
  declare maxConnections?: number;
  declare blockList?: BlockList;
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  keepAliveInitialDelay: number;
  highWaterMark: number;

  constructor(options?: ServerImplOptions | Listener | null, listener?: Listener) {
    super();
    const onConnection = typeof options === 'function' ? options : listener;
    if (typeof onConnection === 'function') this.on('connection', onConnection);
    if (options != null && typeof options !== 'object' && typeof options !== 'function') {
      throw invalidArgType('options', ['object'], options);
    }
    const given: ServerImplOptions = typeof options === 'object' ? { ...options } : {};
    validateKeepAliveDelay(given);
    const { highWaterMark } = given;
    if (highWaterMark !== undefined) validateNumber(highWaterMark, 'options.highWaterMark');
    const standard = getDefaultHighWaterMark(false);
    this.allowHalfOpen = given.allowHalfOpen || false;
    this.pauseOnConnect = Boolean(given.pauseOnConnect);
    this.noDelay = Boolean(given.noDelay);
    this.keepAlive = Boolean(given.keepAlive);
    this.keepAliveInitialDelay = secondsOf(given.keepAliveInitialDelay);
    const blockList = blockListOf(given.blockList);
    if (blockList !== undefined) this.blockList = blockList;
    this.highWaterMark = highWaterMark !== undefined && highWaterMark >= 0 ? highWaterMark : standard;
  }

  get listening(): boolean {
    return this._handle !== null;
  }

  listen(...args: unknown[]): this {
    listen(this, args);
    return this;
  }

  address(): NetAddress | string | null {
    const handle = this._handle;
    if (handle?.getsockname === undefined) return handle === null ? null : (this._pipeName ?? null);
    const address: NetAddress = {};
    handle.getsockname(address);
    return address;
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    const count = this._connections;
    process.nextTick(callback, null, count);
    return this;
  }

  close(callback?: (error?: Error) => void): this {
    this._listeningId++;
    if (typeof callback === 'function') {
      if (this._handle) this.once('close', callback as Listener);
      else this.once('close', () => callback(stateError('ERR_SERVER_NOT_RUNNING')));
    }
    this._handle?.close();
    this._handle = null;
    this._emitCloseIfDrained();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this._handle) return;
    await new Promise<void>((resolve, reject) => {
      this.close((error) => (error ? reject(error) : resolve()));
    });
  }

  _emitCloseIfDrained(): void {
    if (this._handle || this._connections) return;
    process.nextTick(emitClose, this);
  }

  ref(): this {
    this._unref = false;
    this._handle?.ref();
    return this;
  }

  unref(): this {
    this._unref = true;
    this._handle?.unref();
    return this;
  }

  override [NodeEmitter.captureRejectionSymbol](error: Error, event: string, socket: SocketImpl): void {
    if (event === 'connection') socket.destroy(error);
    else this.emit('error', error);
  }
}

function emitClose(server: ServerImpl): void {
  server.emit('close');
}
