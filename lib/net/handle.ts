// SocketHandle: a connection as a Socket holds it: what its `_handle` is. It is the async resource of the socket, as
// TCPWRAP is in Node, so that AsyncLocalStorage keeps the store in which the socket was made.
//
// libuv keeps the process alive for a socket that reads, connects or has bytes to send, and not for one that is paused.
// So does this one.
import type { Chunk } from '../connection/chunk.js';
import { Adopted, Connection } from '../connection/connection.js';
import type { ConnectionHandlers } from '../connection/handlers.js';
import { type ConnectionKind, type InternalOptions, kindOf } from '../connection/kind.js';
import { streamsOf } from '../connection/of-reactor.js';
import { asyncHooks } from '../native/builtins.js';
import { native } from '../native/table.js';
import { sharedReactor } from '../node/shared-reactor.js';
import type { AddressInfo } from '../socket/address.js';

/** Whom a handle tells. All is called in the handle's async scope. */
export interface HandleOwner {
  /** The bytes are valid until it returns. */
  onBytes(bytes: Chunk): void;
  onEnd(): void;
  /** The kernel has taken all that was written. */
  onDrained(): void;
  onFailed(error: Error): void;
  /** It is closed, and the owner has not done it. */
  onClosed(): void;
}

/** Whom it tells while it connects. */
export interface Attempt {
  opened(): void;
  failed(error: Error): void;
}

/** Addresses as node:net has them. */
export interface NetAddress {
  address?: string;
  family?: string;
  port?: number;
}

const RESOURCE_OPTIONS = { requireManualDestroy: true };
const { SOL_SOCKET, SO_KEEPALIVE, IPPROTO_TCP, TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT } =
  native.constants.socket;
const value = new Int32Array(1);
const valueBytes = new Uint8Array(value.buffer);

export class SocketHandle extends asyncHooks.AsyncResource {
  /** null until it connects. */
  connection: Connection<SocketHandle> | null = null;
  owner!: HandleOwner;
  attempt: Attempt | null = null;
  readonly isTcp: boolean;
  /** Whether it receives. */
  reading = false;
  /** Whether it connects, or has bytes to send. */
  #busy = false;
  #referenced = true;

  /** @param owner of an accepted connection it is set later */
  constructor(isTcp: boolean, owner?: HandleOwner) {
    super(isTcp ? 'TCPWRAP' : 'PIPEWRAP', RESOURCE_OPTIONS);
    if (owner !== undefined) this.owner = owner;
    this.isTcp = isTcp;
  }

  /** Takes over the fd of a stream. It does not receive yet. */
  adopt(fd: number, kind: ConnectionKind<SocketHandle>, isConnecting: boolean): void {
    const connection = new Connection<SocketHandle>(Adopted.fd(kind, fd, isConnecting));
    this.take(connection);
    if (isConnecting) this.busy = true;
  }

  take(connection: Connection<SocketHandle>): void {
    this.connection = connection;
    connection.data = this;
    if (!this.#referenced) this.#tellReferenced();
  }

  /** As libuv's: of what is closed, and before it connects, -1. */
  get fd(): number {
    const { connection } = this;
    return connection === null || connection.closed ? -1 : connection.fd;
  }

  get bytesRead(): number {
    return this.connection?.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    return this.connection?.bytesWritten ?? 0;
  }

  /** How many bytes wait for the kernel. */
  get writeQueueSize(): number {
    return this.connection?.queued ?? 0;
  }

  get busy(): boolean {
    return this.#busy;
  }

  set busy(busy: boolean) {
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#tellReferenced();
  }

  /** What async_hooks calls it by; node:http asks for it. */
  getAsyncId(): number {
    return this.asyncId();
  }

  readStart(): number {
    this.reading = true;
    this.connection?.resume();
    this.#tellReferenced();
    return 0;
  }

  readStop(): number {
    this.reading = false;
    this.connection?.pause();
    this.#tellReferenced();
    return 0;
  }

  ref(): void {
    this.#referenced = true;
    this.#tellReferenced();
  }

  unref(): void {
    this.#referenced = false;
    this.#tellReferenced();
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  /** Reads are over by themselves. */
  hasEnded(): void {
    this.reading = false;
    this.#tellReferenced();
  }

  close(): void {
    this.connection?.close();
  }

  reset(): void {
    this.connection?.reset();
  }

  /** close(), and tells no more of it. */
  abandon(): void {
    this.attempt = null;
    this.owner = DISCARDED;
    this.connection?.close();
    this.emitDestroy();
  }

  /** Writes the peer's address into `target`, as libuv does; a Unix socket has none. */
  getpeername(target: NetAddress): number {
    return fill(target, this.connection?.remoteAddress);
  }

  getsockname(target: NetAddress): number {
    return fill(target, this.connection?.localAddress);
  }

  setNoDelay(enable: boolean): void {
    this.#set(IPPROTO_TCP, TCP_NODELAY, enable ? 1 : 0);
  }

  setKeepAlive(isOn: boolean, seconds: number, interval?: number, count?: unknown): void {
    this.#set(SOL_SOCKET, SO_KEEPALIVE, isOn ? 1 : 0);
    if (!isOn || seconds <= 0) return;
    this.#setTime(TCP_KEEPIDLE, seconds);
    this.#setTime(TCP_KEEPINTVL, interval);
    this.#setTime(TCP_KEEPCNT, count);
  }

  #setTime(name: number | undefined, number: unknown): void {
    if (name !== undefined && Number.isInteger(number) && (number as number) > 0) {
      this.#set(IPPROTO_TCP, name, number as number);
    }
  }

  /** Of a connection that the peer has reset meanwhile it fails, and the next read tells. */
  #set(level: number, name: number, number: number): void {
    const { fd } = this;
    if (fd < 0 || !this.isTcp) return;
    value[0] = number;
    native.socket.setsockopt(fd, level, name, valueBytes);
  }

  #tellReferenced(): void {
    const { connection } = this;
    if (connection === null) return;
    connection.kind.streams.setReferenced(connection, this.#referenced && (this.reading || this.#busy));
  }
}

function fill(target: NetAddress, info: AddressInfo | null | undefined): number {
  if (info == null || !('port' in info)) return -1;
  if (info.family !== 'IPv4' && info.family !== 'IPv6') return -1;
  target.address = info.address;
  target.family = info.family;
  target.port = info.port;
  return 0;
}

/** Of a connection that has no socket. */
const DISCARDED: HandleOwner = { onBytes() {}, onEnd() {}, onDrained() {}, onFailed() {}, onClosed() {} };

/**
 * Calls in the scope of a handle. What a listener throws is an uncaught exception, as in Node, and the connection goes
 * on: it leaves the turn, whose other events come all the same.
 */
function tell<T, A>(handle: SocketHandle, call: (this: T, argument: A) => void, target: T, argument: A): void {
  try {
    handle.runInAsyncScope(call as (this: T, argument: A) => void, target, argument);
  } catch (error) {
    handle.connection?.kind.streams.later.throw(error);
  }
}

/** What a connection tells its handle. */
export const HANDLERS: ConnectionHandlers<SocketHandle> = {
  open({ data }) {
    data.busy = false;
    if (data.attempt !== null) tell(data, data.attempt.opened, data.attempt, undefined);
  },
  data({ data }, bytes) {
    tell(data, data.owner.onBytes, data.owner, bytes);
  },
  drain({ data }) {
    tell(data, data.owner.onDrained, data.owner, undefined);
  },
  end({ data }) {
    data.hasEnded();
    tell(data, data.owner.onEnd, data.owner, undefined);
  },
  error({ data }, error) {
    if (data.attempt !== null) tell(data, data.attempt.failed, data.attempt, error);
    else tell(data, data.owner.onFailed, data.owner, error);
  },
  close({ data }) {
    if (data.attempt === null) tell(data, data.owner.onClosed, data.owner, undefined);
  },
};

/**
 * A write is done when the kernel has it all: so its connection has no room from the first byte that waits. How much
 * waits is the stream's to bound. Nor does a connection end by itself: the stream is destroyed.
 */
export const CONNECTION_OPTIONS: InternalOptions = {
  highWaterMark: 0,
  maxQueued: Number.MAX_SAFE_INTEGER,
  staysOpen: true,
};

let shared: ConnectionKind<SocketHandle> | undefined;

/** Of all sockets that were not accepted. */
export function connectionKind(): ConnectionKind<SocketHandle> {
  shared ??= kindOf(flushedReactor(), HANDLERS, CONNECTION_OPTIONS);
  return shared;
}

let reactor: ReturnType<typeof sharedReactor> | undefined;

/**
 * The reactor of all sockets. What they write leaves when the running code is over, and with node:net at once: so it
 * leaves before process.exit() as well.
 */
export function flushedReactor(): ReturnType<typeof sharedReactor> {
  if (reactor === undefined) {
    reactor = sharedReactor();
    const streams = streamsOf(reactor);
    process.on('exit', () => streams.flush());
  }
  return reactor;
}
