// Connection: a stream whose bytes come and go within the turns of a reactor. Its sending half is in sender.ts; here is
// its life: connecting -> open -> ending (end() was called) -> failed (`error` runs) -> closed.
//
// A server has a million of these: a field costs it 8 MB.
import { checkDelay, checkFd } from '../base/arguments.js';
import { errorOf, invalidState, isOfPeer, SystemError } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import { type AddressInfo, addressDetails, SocketAddress } from '../socket/address.js';
import { getpeername, getsockname } from '../socket/calls.js';
import { checkUnowned } from '../socket/closing.js';
import { chunkOf, expire } from './chunk.js';
import { isFed, queueIsFull, timedOut } from './errors.js';
import type { ConnectionHandlers } from './handlers.js';
import { type ConnectionKind, type ConnectionOptions, kindOf } from './kind.js';
import { type Pipes, type PipeToOptions, Piping } from './piping.js';
import { Sender, State } from './sender.js';
import { Op } from './stream-area.js';
import { Role } from './streams.js';

const { takeError } = native.socket;
/** What ends the connection of which `error` runs: that handler may close it, and `close` is told all the same. */
let failing: { readonly connection: unknown; readonly error: Error } | null = null;
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

/** What `connection.detach()` returns. */
export interface Detached {
  /** The fd, non-blocking: close it by `socket.close()`. */
  fd: number;
  /** A copy of the bytes that have come and were not handed on; empty for none. */
  unread: Buffer;
  /** A copy of the bytes that were written and that the kernel did not take; empty for none. */
  unsent: Buffer;
}

/**
 * A stream that a reactor serves within its turns: TCP, a Unix socket, or any other fd with a stream of bytes (a pipe,
 * a terminal, vsock). `Listener`, `connect()` and `new Connection()` make them. `T` is the type of `data`.
 *
 * It closes by itself when both directions have ended and all is sent, or at an error. A connection whose peer neither
 * sends nor ends stays for ever, unless `idleTimeoutMs` or `setDeadline()` ends it. Open connections keep `run()`
 * running, and a process with an attached reactor alive.
 */
export class Connection<T = undefined> extends Sender<T> {
  /** @internal The pipings from it and into it; null until there is one. */
  pipes: Pipes | null = null;
  #bytesRead = 0;

  /**
   * Makes a connection of an fd with a stream of bytes: a connected socket, the end of a pipe, a terminal. The fd is
   * the connection's from here on, and non-blocking; after an error it is still the program's. Sockets only on Windows.
   *
   * @param reactor whose turns serve it
   * @param fd of a stream, which the reactor does not watch yet
   * @param handlers `open` is not called: it is there
   * @param options its limits
   * @throws SystemError of epoll_ctl(2): EEXIST (the reactor watches it), EPERM (a regular file), EBADF; TypeError or
   * RangeError for a wrong argument; ERR_INVALID_ARG_VALUE for a socket of datagrams; UnsupportedError for a backend
   * without streams; ERR_INVALID_STATE if the reactor is closed, and for an fd that a connection of another reactor, a
   * socket of Node or a Duplex closes
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
    if (kind.idleTimeoutMs > 0) kind.streams.timeOuts.setIdle(this.slot, kind.idleTimeoutMs);
  }

  /** Whether it is closed, or detached. */
  get closed(): boolean {
    return (this.state & State.CLOSED) !== 0;
  }

  /** Whether the peer has ended: it sends no more. */
  get ended(): boolean {
    return (this.state & State.ENDED) !== 0;
  }

  /**
   * Whether `end()` was called: by the program, by `listener.close({ graceMs })`, by a piping, or because the peer has
   * ended and there is no handler `end`. Nothing more can be written: ask before an answer that comes later.
   */
  get ending(): boolean {
    return (this.state & State.ENDING) !== 0;
  }

  /** Whether it is paused: pause() was called, and resume() was not. */
  get paused(): boolean {
    return (this.state & State.PAUSED) !== 0;
  }

  /** How many bytes have come: those that were handed to `data`, and those that a piping has moved. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * The peer's address, as a new object each time. Known without a system call if the connection was accepted, and then
   * also in the handlers `error` and `close`; else by getpeername(2). null for a peer without one (a pipe), and once
   * closed.
   */
  get remoteAddress(): AddressInfo | null {
    const address = new SocketAddress();
    this.kind.streams.peer(this, SocketAddress.bytesOf(address) as Uint8Array);
    if (address.domain !== 0) return address.toInfo();
    return this.closed ? null : addressOr(getpeername, this.fd);
  }

  /**
   * Its own address (getsockname(2)), as a new object each time. null for an fd without one (a pipe), and once closed.
   */
  get localAddress(): AddressInfo | null {
    return this.closed ? null : addressOr(getsockname, this.fd);
  }

  /**
   * From here on the bytes of this connection go to another one of its reactor, behind what that has queued, and not to
   * `data`. Where the kernel can (splice(2) of Linux; see `via`), it moves them: they never cross into JavaScript. A
   * target that takes no more pauses this connection. A `pause()` from before is over.
   *
   * - The end of this connection ends the target behind the last byte (`end: false` leaves it open). `end` is called as
   *   always; without that handler the connection ends as always, unless something is piped into it, which ends it
   *   then.
   * - If this connection fails, or is closed before it has ended, the target is reset: its peer must not take the bytes
   *   for all of them. If the target fails or is closed, this connection is closed.
   * - Into a target nothing else is written: `write()` and `end()` throw ERR_INVALID_STATE, and `drain` is not called.
   *   `detach()` throws of both connections: `stop()` first.
   * - For a proxy pipe both ways: `a.pipeTo(b); b.pipeTo(a)`. Each half is closed by itself.
   *
   * A child that gets the socket of a side as its stdio makes it blocking, and the kernel would wait: see
   * `setNonBlocking()`.
   *
   * @param target gets the bytes; a connection of the same reactor, which may still be connecting
   * @param options whether the end of this connection ends the target
   * @returns what counts the bytes and can stop() it
   * @throws TypeError for a target or an option of the wrong type; ERR_INVALID_ARG_VALUE for this connection itself, or
   * one of another reactor; ERR_INVALID_STATE if either is closed, the target was ended or is a target already, or this
   * connection is piped already
   */
  pipeTo<U>(target: Connection<U>, options?: PipeToOptions): Piping<T, U> {
    return Piping.begin(this, target, options);
  }

  /**
   * Receives no more until resume(): the peer's end is not told either, but a reset is. A chunk that has come in this
   * turn is still handed on. Time-outs go on. Does nothing once closed. Idempotent.
   */
  pause(): void {
    if ((this.state & (State.CLOSED | State.PAUSED)) !== 0) return;
    this.state |= State.PAUSED;
    if ((this.state & State.CONNECTING) === 0) this.kind.streams.command(Op.PAUSE, this);
  }

  /** Ends pause(). Does nothing once closed. Idempotent. */
  resume(): void {
    if ((this.state & (State.CLOSED | State.PAUSED)) !== State.PAUSED) return;
    this.state &= ~State.PAUSED;
    if ((this.state & State.CONNECTING) === 0 && this.pipes?.from?.isBlocked !== true)
      this.kind.streams.command(Op.RESUME, this);
  }

  /**
   * Sets how long no byte may come or go, from now on, in place of the option `idleTimeoutMs`. Does nothing once
   * closed.
   *
   * @param idleMs milliseconds, from 0; 0: for ever
   * @throws TypeError or RangeError for another time
   */
  setIdleTimeout(idleMs: number): void {
    checkDelay(idleMs, 'idleMs');
    if (!this.closed) this.kind.streams.timeOuts.setIdle(this.slot, idleMs);
  }

  /**
   * Calls the handler `timeout` at a time, whatever comes or goes until then. Another call replaces it.
   *
   * @param delayMs milliseconds from now on, from 0; never earlier, and at most some ticks of 16 ms later. null: none
   * @throws TypeError or RangeError for another time
   */
  setDeadline(delayMs: number | null): void {
    if (delayMs !== null) checkDelay(delayMs, 'delayMs');
    if (!this.closed) this.kind.streams.timeOuts.setDeadline(this.slot, delayMs);
  }

  /**
   * Sends what is queued, and then the end of the stream (shutdown(2) with SHUT_WR). What the peer still sends goes to
   * `data`. The connection closes when the peer has ended as well; the writing end of a pipe when all is sent. The peer
   * of a terminal is told nothing before it closes. Does nothing once closed. Idempotent.
   *
   * @param bytes are written before
   * @param encoding of a string; 'utf8' by default
   * @throws as write(), for the bytes; ERR_INVALID_STATE while something is piped into the connection
   */
  end(bytes?: Uint8Array | string, encoding?: BufferEncoding): void {
    if ((this.state & State.FED) !== 0) throw isFed();
    if ((this.state & (State.ENDING | State.CLOSED | State.FAILED)) !== 0) return;
    if (bytes !== undefined) this.write(bytes, encoding);
    if (this.closed) return;
    this.state |= State.ENDING;
    if (this.isDrained) this.#finish();
  }

  /**
   * Closes the connection now (close(2)). What is queued is dropped; what this turn sends goes out if there is room.
   * The handler `close` is called before this returns. Where bytes of the peer are unread, the kernel closes with a
   * reset: use `end()` for a peer that is to get everything. Idempotent.
   */
  close(): void {
    this.#close(Op.CLOSE, null);
  }

  /** close() with a reset (SO_LINGER with 0, socket(7)): the peer gets ECONNRESET. Idempotent. */
  reset(): void {
    this.#close(Op.RESET, null);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Gives the fd to the program. No handler is called any more, `close` included. What this turn sends goes out if
   * there is room; the rest of it, and what is queued, comes back as `unsent`.
   *
   * @returns the fd, and copies of the bytes that are under way in either direction
   * @throws ERR_INVALID_STATE if it is closed, or piped from or into, or a part of a file is still to be sent
   */
  detach(): Detached {
    if (this.closed) throw invalidState('the connection is closed');
    if (this.pipes?.from != null || (this.state & State.FED) !== 0) throw invalidState('stop() its piping first');
    const { streams } = this.kind;
    streams.flush();
    if (this.hasFile) throw invalidState('a part of a file is still to be sent');
    if ((this.state & State.ENDING) !== 0 && this.wasSent) streams.command(Op.SHUTDOWN, this);
    const unread = streams.takeUnread(this);
    streams.command(Op.DETACH, this);
    streams.flush();
    const unsent = this.takeQueue();
    this.#leave();
    return { fd: this.fd, unread, unsent };
  }

  /** @internal */
  onData(memory: ArrayBuffer, offset: number, length: number): void {
    this.#bytesRead += length;
    if (this.pipes?.from != null) {
      this.pipes.from.copy(chunkOf(memory, offset, length));
      return;
    }
    const { handlers, inside } = this.kind;
    if (inside === null && handlers.data === undefined) return;
    const bytes = inside === null ? chunkOf(memory, offset, length) : null;
    try {
      if (bytes === null) inside?.onBytes(this, memory, offset, length);
      else handlers.data?.(this, bytes);
    } catch (error) {
      this.#threw(error);
    }
    if (bytes !== null) expire(bytes);
  }

  /** @internal */
  onEnd(): void {
    this.state |= State.ENDED;
    const { handlers } = this.kind;
    if (handlers.end !== undefined) this.#call(handlers.end);
    else if ((this.state & State.FED) === 0) this.end();
    if ((this.state & State.ENDING) !== 0 && this.isDrained && !this.kind.staysOpen) this.#finish();
    this.pipes?.ended();
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

  /** @internal */
  onQueueFull(): void {
    this.fail(queueIsFull(this.kind.maxQueued));
  }

  /** @internal Nothing can be received either. */
  onNoHalves(): void {
    this.close();
  }

  /** @internal */
  onAccepted(): void {}

  /** @internal */
  onAcceptFailed(): void {}

  /** @internal */
  onPiped(length: number): void {
    this.#bytesRead += length;
    this.pipes?.from?.count(length);
  }

  /** @internal */
  onUnpiped(error: number): void {
    this.pipes?.from?.refused(error);
  }

  /** @internal Whether something may be piped into it. */
  get canBeFed(): boolean {
    return (this.state & (State.ENDING | State.CLOSED | State.FED | State.FAILED)) === 0;
  }

  /** @internal */
  onReactorClosed(): void {
    this.pipes?.forget();
    this.#forget();
    this.kind.inside?.onReactorClosed(this);
  }

  /** @internal */
  protected drained(): void {
    if ((this.state & State.ENDING) !== 0) {
      this.kind.inside?.onSent(this);
      this.#finish();
      return;
    }
    if ((this.state & State.FED) !== 0) {
      this.pipes?.into?.drained();
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
    if (!this.paused && this.pipes?.from?.isBlocked !== true) this.kind.streams.command(Op.RESUME, this);
    if (this.isDrained && (this.state & State.ENDING) !== 0) this.#finish();
    const isQueued = !this.isDrained;
    opened(this as Connection<unknown>);
    if (isQueued) this.drain(); // what a handler had to queue awaits room: a shutdown in between is not carried out
  }

  /** All is given to the kernel, or to this turn: ends, and closes if the peer has ended as well. */
  #finish(): void {
    if ((this.state & (State.CONNECTING | State.CLOSED)) !== 0) return;
    if (this.ended && !this.kind.staysOpen) {
      this.flush();
      if (this.isDrained) this.close();
    } else this.kind.streams.command(Op.SHUTDOWN, this);
  }

  #close(op: number, cause: unknown): void {
    if (this.closed) return;
    const error = cause ?? (failing?.connection === this ? failing.error : null);
    this.kind.streams.command(op, this);
    this.#leave();
    const { handlers } = this.kind;
    try {
      handlers.close?.(this, error);
    } catch (thrown) {
      this.kind.streams.later.throw(thrown);
    }
    this.pipes?.left();
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
    const isTaken = error instanceof Error && (this.kind.handlers.error !== undefined || isOfPeer(error));
    if (isTaken && !this.closed) {
      this.fail(error);
      return;
    }
    this.kind.streams.later.throw(error);
    this.#close(Op.CLOSE, error);
  }

  /** @internal */
  protected fail(error: Error): void {
    this.state |= State.FAILED;
    const outer = failing;
    failing = { connection: this, error };
    try {
      this.kind.handlers.error?.(this, error);
    } catch (thrown) {
      this.kind.streams.later.throw(thrown);
    }
    failing = outer;
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
  const kind = kindOf(reactor, handlers, options);
  checkUnowned(fd, kind.streams); // of its own the kernel says EEXIST
  return Adopted.fd(kind, fd, false);
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
