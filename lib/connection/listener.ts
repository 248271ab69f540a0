// Listener: accepts connections within the turns of a reactor, and makes a Connection of each.
//
// Out of fds, accept(2) fails and the connection stays in the queue. The native side then stops accepting; the listener
// tries again after a while.
import { checkBoolean, checkDelay, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { SystemError } from '../base/errors.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Timer } from '../reactor/timers.js';
import type { AddressInfo } from '../socket/address.js';
import { getsockname } from '../socket/calls.js';
import { listenTcp, listenUnix } from '../socket/open.js';
import {
  Adopted,
  Connection,
  type ConnectionKind,
  type ConnectionOptions,
  isOfKind,
  kindOf,
  opened,
} from './connection.js';
import type { ConnectionHandlers } from './handlers.js';
import { Op } from './stream-area.js';
import { Role, type StreamSink, type Streams } from './streams.js';

const RETRY_MS = 100;

/** Options of `new Listener()`: where it listens, and those of its connections. */
export interface ListenerOptions extends ConnectionOptions {
  /** A numeric address; with `port`. */
  host?: string;
  /** 0 for any free one: see `address`. */
  port?: number;
  /** The path of a Unix socket, in place of `host` and `port`. */
  path?: string;
  /** A socket that listens already, in place of the others. The listener's from here on. */
  fd?: number;
  /** How many connections may wait to be accepted; 511 by default. */
  backlog?: number;
  /** TCP_NODELAY for each connection; true by default. */
  noDelay?: boolean;
  /** As in `listenTcp()`. */
  reusePort?: boolean;
}

/** Options of `listener.close()`. */
export interface CloseOptions {
  /** Gives the connections so long to end by themselves, then closes them. Without it they stay. */
  graceMs?: number;
}

/** A socket that listens, whose connections share their handlers. */
export class Listener<T = undefined> implements StreamSink {
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  readonly #reactor: Reactor;
  readonly #streams: Streams;
  readonly #kind: ConnectionKind<T>;
  readonly #fd: number;
  #accepted = 0;
  #pauses = 0;
  #retry: Timer | null = null;
  #grace: Timer | null = null;
  #closed = false;

  /**
   * Listens, and accepts from the next turn of the reactor on.
   *
   * @throws SystemError of the call that failed (EADDRINUSE ...); TypeError or RangeError for a wrong option;
   * UnsupportedError for a backend without streams; ERR_INVALID_STATE if the reactor is closed
   */
  constructor(reactor: Reactor, options: ListenerOptions, handlers: ConnectionHandlers<T>) {
    checkObject(options, 'options');
    this.#kind = kindOf(reactor, handlers, options);
    const { noDelay = true } = options;
    checkBoolean(noDelay, 'options.noDelay');
    this.#reactor = reactor;
    this.#streams = this.#kind.streams;
    this.#fd = openListener(options);
    this.slot = this.#streams.add(this.#fd, Role.LISTENER, noDelay);
    this.generation = this.#streams.addedGeneration;
    this.#streams.put(this);
  }

  /** Where it listens. */
  get address(): AddressInfo {
    return getsockname(this.#fd);
  }

  /** How many connections it has accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How often it has paused because the process had no room for another connection. */
  get pauses(): number {
    return this.#pauses;
  }

  /** How many of its connections are open. */
  get size(): number {
    return this.#kind.open;
  }

  /** Its open connections. */
  *connections(): IterableIterator<Connection<T>> {
    for (const sink of this.#streams) if (sink instanceof Connection && isOfKind(sink, this.#kind)) yield sink;
  }

  /** Stops listening. Idempotent. */
  close(options: CloseOptions = NO_OPTIONS): void {
    checkObject(options, 'options');
    const { graceMs } = options;
    if (graceMs !== undefined) checkDelay(graceMs, 'options.graceMs');
    if (!this.#closed) {
      this.#closed = true;
      this.#retry?.cancel();
      this.#streams.command(Op.CLOSE, this);
      this.#streams.remove(this);
    }
    if (graceMs === undefined || this.size === 0) return;
    for (const connection of [...this.connections()]) connection.end();
    this.#grace?.cancel();
    this.#grace = this.#reactor.setTimer(graceMs, () => {
      for (const connection of [...this.connections()]) connection.close();
    });
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  onAccepted(slot: number, generation: number, fd: number): void {
    this.#accepted++;
    const connection = new Connection(new Adopted(this.#kind, fd, slot, generation, false));
    opened(connection as Connection<unknown>);
  }

  /** @internal */
  onAcceptFailed(): void {
    this.#pauses++;
    this.#retry = this.#reactor.setTimer(RETRY_MS, () => {
      this.#retry = null;
      this.#streams.command(Op.RESUME, this);
    });
  }

  /** @internal */
  onFailed(error: number): void {
    this.close();
    throw new SystemError(error, 'accept4', { fd: this.#fd });
  }

  /** @internal */
  onReactorClosed(): void {
    this.#closed = true;
  }

  /** @internal */
  onData(): void {}
  /** @internal */
  onEnd(): void {}
  /** @internal */
  onRoom(): void {}
  /** @internal */
  onPartial(): void {}
}

function openListener(options: ListenerOptions): number {
  const { host, port, path, fd, backlog, reusePort } = options;
  if (fd !== undefined) return fd;
  const shared = { ...(backlog === undefined ? {} : { backlog }) };
  if (path !== undefined) return listenUnix({ path, ...shared });
  return listenTcp({
    host: host as string,
    port: port as number,
    ...shared,
    ...(reusePort === undefined ? {} : { reusePort }),
  });
}
