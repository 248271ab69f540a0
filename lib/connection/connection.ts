// Connection: a stream whose bytes come and go within the turns of a reactor. Its sending half is in sender.ts; here is
// its life: connecting -> open -> ending (end() was called) -> finished (all is sent) -> closed.
//
// A server has a million of these: a field costs it 8 MB.
import { checkDelay, checkFd } from '../base/arguments.js';
import { errorOf, invalidState, SystemError } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import { type AddressInfo, addressDetails, SocketAddress } from '../socket/address.js';
import { getpeername, getsockname } from '../socket/calls.js';
import { type Chunk, expire } from './chunk.js';
import { timedOut } from './errors.js';
import type { ConnectionHandlers } from './handlers.js';
import { type ConnectionKind, type ConnectionOptions, checkKind } from './kind.js';
import { streamsOf } from './of-reactor.js';
import { Sender, State } from './sender.js';
import { Op } from './stream-area.js';
import { Role, type StreamSink } from './streams.js';

const { takeError } = native.socket;
const errorPeer = new Uint8Array(native.address.bytes);

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
    const slot = kind.streams.add(fd, isConnecting ? Role.CONNECTING : Role.CONNECTED, false);
    return new Adopted(kind, fd, slot, kind.streams.addedGeneration, isConnecting);
  }
}

/** @internal Calls the handler `open`. */
export let opened: (connection: Connection<unknown>) => void;

/**
 * A stream that a reactor serves within its turns: TCP, a Unix socket, or any other fd with a stream of bytes (a pipe,
 * a terminal). `Listener`, `connect()` and `new Connection()` make them.
 */
export class Connection<T = undefined> extends Sender<T> implements StreamSink {
  #bytesRead = 0;

  /**
   * Makes a connection of an fd with a stream of bytes: a connected socket, the end of a pipe, a terminal. The fd is
   * the connection's from here on, and non-blocking.
   *
   * @throws SystemError of epoll_ctl(2): EEXIST (the reactor watches it), EPERM (a regular file), EBADF; TypeError or
   * RangeError for a wrong argument; UnsupportedError for a backend without streams; ERR_INVALID_STATE if the reactor
   * is closed
   */
  constructor(reactor: Reactor, fd: number, handlers: ConnectionHandlers<T>, options?: ConnectionOptions);
  /** @internal */
  constructor(adopted: Adopted<T>);
  constructor(from: Reactor | Adopted<T>, fd?: number, handlers?: ConnectionHandlers<T>, options?: ConnectionOptions) {
    const adopted = from instanceof Adopted ? from : adopt(from, fd, handlers as ConnectionHandlers<T>, options);
    const { kind } = adopted;
    super(kind, adopted.fd, adopted.slot, adopted.generation);
    if (adopted.isConnecting) this.state = State.CONNECTING;
    kind.open++;
    kind.streams.put(this);
    if (kind.idleTimeoutMs > 0) kind.streams.setIdleTimeout(this, kind.idleTimeoutMs);
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return (this.state & State.CLOSED) !== 0;
  }

  /** Whether the peer has ended. */
  get ended(): boolean {
    return (this.state & State.ENDED) !== 0;
  }

  /** Whether `end()` was called, by the program or by `listener.close({ graceMs })`: nothing more can be written. */
  get ending(): boolean {
    return (this.state & State.ENDING) !== 0;
  }

  /** Whether it is paused. */
  get paused(): boolean {
    return (this.state & State.PAUSED) !== 0;
  }

  /** How many bytes have come. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * The peer's address; known without a system call if the connection was accepted, and in the handler `close`. null
   * for a peer without one (a pipe), and once closed.
   */
  get remoteAddress(): AddressInfo | null {
    const address = new SocketAddress();
    this.kind.streams.peer(this, SocketAddress.bytesOf(address) as Uint8Array);
    if (address.domain !== 0) return address.toInfo();
    return this.closed ? null : addressOr(getpeername, this.fd);
  }

  /** Its own address. null for an fd without one (a pipe), and once closed. */
  get localAddress(): AddressInfo | null {
    return this.closed ? null : addressOr(getsockname, this.fd);
  }

  /** Receives no more until resume(). A chunk that has come in this turn is still handed on. Idempotent. */
  pause(): void {
    if ((this.state & (State.CLOSED | State.PAUSED)) !== 0) return;
    this.state |= State.PAUSED;
    if ((this.state & State.CONNECTING) === 0) this.kind.streams.command(Op.PAUSE, this);
  }

  /** Ends pause(). Idempotent. */
  resume(): void {
    if ((this.state & (State.CLOSED | State.PAUSED)) !== State.PAUSED) return;
    this.state &= ~State.PAUSED;
    if ((this.state & State.CONNECTING) === 0) this.kind.streams.command(Op.RESUME, this);
  }

  /**
   * Sets how long no byte may come or go, in place of the option `idleTimeoutMs`.
   *
   * @param idleMs milliseconds, from 0; 0: for ever
   */
  setIdleTimeout(idleMs: number): void {
    checkDelay(idleMs, 'idleMs');
    if (!this.closed) this.kind.streams.setIdleTimeout(this, idleMs);
  }

  /**
   * Calls the handler `timeout` at a time, whatever comes or goes until then. Another call replaces it.
   *
   * @param delayMs milliseconds from now on, from 0; never earlier, and some ten milliseconds later at most. null: none
   */
  setDeadline(delayMs: number | null): void {
    if (delayMs !== null) checkDelay(delayMs, 'delayMs');
    if (!this.closed) this.kind.streams.setDeadline(this, delayMs);
  }

  /**
   * Sends what is queued, and then the end of the stream (SHUT_WR). The connection closes when the peer has ended as
   * well; that of a pipe or a terminal at once. Idempotent.
   *
   * @param bytes are written before
   */
  end(bytes?: Uint8Array | string, encoding?: BufferEncoding): void {
    if ((this.state & (State.ENDING | State.CLOSED)) !== 0) return;
    if (bytes !== undefined) this.write(bytes, encoding);
    if (this.closed) return;
    this.state |= State.ENDING;
    if (this.isDrained) this.#finish();
  }

  /**
   * Closes the connection now. What is queued is dropped; what this turn sends goes out if there is room. Idempotent.
   */
  close(): void {
    this.#close(Op.CLOSE, null);
  }

  /** Closes the connection with a reset: the peer gets ECONNRESET. Idempotent. */
  reset(): void {
    this.#close(Op.RESET, null);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Gives the fd to the program. No handler is called any more.
   *
   * @returns the fd, non-blocking, and bytes that have come and were not handed on. Bytes that are queued to be sent
   * are dropped: detach when `queued` is 0
   * @throws ERR_INVALID_STATE if it is closed
   */
  detach(): { fd: number; unread: Buffer<ArrayBuffer> } {
    if (this.closed) throw invalidState('the connection is closed');
    const { streams } = this.kind;
    const unread = streams.takeUnread(this);
    streams.command(Op.DETACH, this);
    streams.flush();
    this.#leave();
    return { fd: this.fd, unread };
  }

  /** @internal */
  onData(bytes: Chunk): void {
    this.#bytesRead += bytes.length;
    const { data } = this.kind.handlers;
    if (data === undefined) return;
    try {
      data.call(this.kind.handlers, this, bytes);
    } catch (error) {
      this.#threw(error);
    }
    expire(bytes);
  }

  /** @internal */
  onEnd(): void {
    this.state |= State.ENDED;
    const { handlers } = this.kind;
    if (handlers.end !== undefined) this.#call(handlers.end);
    else this.end();
    if ((this.state & State.ENDING) !== 0 && this.isDrained) this.#finish();
  }

  /** @internal */
  onRoom(): void {
    if ((this.state & State.CONNECTING) !== 0) this.#connected(takeError(this.fd, errorPeer));
    else this.drain();
  }

  /** @internal */
  onFailed(error: number, syscall: string): void {
    const isConnecting = (this.state & State.CONNECTING) !== 0;
    this.fail(new SystemError(error, isConnecting ? 'connect' : syscall, { fd: this.fd }));
  }

  /** @internal */
  onTimedOut(isDeadline: boolean): void {
    const { timeout } = this.kind.handlers;
    if (timeout === undefined) {
      this.fail(timedOut(isDeadline));
      return;
    }
    try {
      timeout.call(this.kind.handlers, this, isDeadline ? 'deadline' : 'idle');
    } catch (error) {
      this.#threw(error);
    }
  }

  /** @internal The fd has no halves that could be shut down. */
  onNoHalves(): void {
    this.close();
  }

  /** @internal */
  onAccepted(): void {}

  /** @internal */
  onAcceptFailed(): void {}

  /** @internal */
  onReactorClosed(): void {
    this.#forget();
  }

  /** @internal */
  protected drained(): void {
    if ((this.state & State.ENDING) !== 0) {
      this.#finish();
      return;
    }
    if ((this.state & State.NEEDS_DRAIN) === 0) return;
    this.state &= ~State.NEEDS_DRAIN;
    const { drain } = this.kind.handlers;
    if (drain !== undefined) this.#call(drain);
  }

  #connected(error: number): void {
    if (error !== 0) {
      const number = error > 0 ? error : errorOf(error);
      this.fail(new SystemError(number, 'connect', { fd: this.fd, ...addressDetails(errorPeer) }));
      return;
    }
    this.state &= ~State.CONNECTING;
    if (!this.paused) this.kind.streams.command(Op.RESUME, this);
    opened(this as Connection<unknown>);
    if (!this.isDrained) this.drain();
    else if ((this.state & State.ENDING) !== 0) this.#finish();
  }

  /** All is given to the kernel, or to this turn: ends, and closes if the peer has ended as well. */
  #finish(): void {
    if ((this.state & (State.CONNECTING | State.CLOSED)) !== 0) return;
    if (this.ended) {
      this.flush();
      if (this.isDrained) this.close();
    } else this.kind.streams.command(Op.SHUTDOWN, this);
  }

  #close(op: number, error: unknown): void {
    if (this.closed) return;
    this.kind.streams.command(op, this);
    this.#leave();
    const { handlers } = this.kind;
    try {
      handlers.close?.(this, error);
    } catch (thrown) {
      this.kind.streams.throwLater(thrown);
    }
  }

  #leave(): void {
    this.kind.streams.remove(this);
    this.#forget();
  }

  #forget(): void {
    const { kind } = this;
    this.state |= State.CLOSED;
    if (--kind.open === 0) kind.onEmpty?.();
    this.dropQueue();
  }

  #call(handler: (connection: Connection<T>) => void): void {
    try {
      handler.call(this.kind.handlers, this);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** A handler threw: the connection ends, the others of the turn are served. */
  #threw(error: unknown): void {
    if (error instanceof Error && this.kind.handlers.error !== undefined && !this.closed) {
      this.fail(error);
      return;
    }
    this.kind.streams.throwLater(error);
    this.#close(Op.CLOSE, error);
  }

  /** @internal */
  protected fail(error: Error): void {
    try {
      this.kind.handlers.error?.(this, error);
    } catch (thrown) {
      this.kind.streams.throwLater(thrown);
    }
    this.#close(Op.CLOSE, error);
  }

  static {
    opened = (connection) => {
      const { open } = connection.kind.handlers;
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
  const kind = checkKind(handlers, options);
  return Adopted.fd({ ...kind, streams: streamsOf(reactor) }, fd, false);
}

/** null for an fd that is not a socket, or has no peer any more. */
function addressOr(call: (fd: number) => AddressInfo, fd: number): AddressInfo | null {
  try {
    return call(fd);
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}
