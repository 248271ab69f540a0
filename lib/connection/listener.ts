// Listener: accepts connections within the turns of a reactor, and makes a Connection of each.
//
// Where accept(2) fails, the native side stops accepting. Out of fds the connection stays in the queue, and the
// listener tries again after a while; after an error of the one connection (accept-errors.ts) it goes on at once.
import { checkBoolean, checkDelay, checkFd, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { SystemError } from '../base/errors.js';
import { checkListens, MAX_FAILURES_IN_A_ROW, OF_ONE_CONNECTION, OUT_OF_RESOURCES } from '../reactor/accept-errors.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Timer } from '../reactor/timers.js';
import type { AddressInfo } from '../socket/address.js';
import { close, getsockname } from '../socket/calls.js';
import { checkUnowned } from '../socket/closing.js';
import { type ListenTcpOptions, listenTcp, listenUnix } from '../socket/open.js';
import { Adopted, Connection, opened } from './connection.js';
import type { ConnectionHandlers } from './handlers.js';
import { type ConnectionKind, type ConnectionOptions, kindOf } from './kind.js';
import { SocketFile } from './socket-file.js';
import { Op } from './stream-area.js';
import { Role, type Streams } from './streams.js';

const RETRY_MS = 100;

/** Options of `new Listener()`: where it listens (`host` and `port`, `path`, or `fd`), and those of its connections. */
export interface ListenerOptions extends ConnectionOptions, Partial<ListenTcpOptions> {
  /**
   * The path of a Unix socket, in place of `host` and `port`; one that begins with NUL is an abstract name (Linux). The
   * file is removed when the listener closes. Windows 10 1803 or newer.
   */
  path?: string;
  /**
   * A socket that listens already, in place of the others: of systemd, of another process. The listener's from here on.
   */
  fd?: number;
  /** TCP_NODELAY for each connection, so that small segments are not held back (tcp(7)); true by default. */
  noDelay?: boolean;
}

/** Options of `listener.close()`. */
export interface CloseOptions {
  /**
   * Ends each connection (`connection.end()`), gives their peers so many milliseconds, from 0, to end as well, then
   * closes what is left. A connection that something is piped into is not ended, since its piping does that. Without
   * it the connections stay, and nothing is ended.
   */
  graceMs?: number;
}

/**
 * A socket that listens (listen(2)), whose connections share their handlers and options. It accepts in batches within
 * the turns of the reactor (accept4(2)). Where the process has no room for another connection (EMFILE, ENFILE, ENOBUFS,
 * ENOMEM), the connection stays in the queue, and the listener pauses for 100 ms.
 */
export class Listener<T = undefined> {
  /** Where it listens; of port 0 with the port that the kernel chose. */
  readonly address: AddressInfo;
  /** @internal */
  readonly fd: number;
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  readonly #reactor: Reactor;
  readonly #kind: ConnectionKind<T>;
  readonly #file: SocketFile | null;
  #accepted = 0;
  #failedInARow = 0;
  #pauses = 0;
  #retry: Timer | null = null;
  #grace: Timer | null = null;
  #accepts = true;
  #closed = false;

  /**
   * Listens, and accepts from the next turn of the reactor on.
   *
   * @param reactor whose turns serve it and its connections
   * @param options where, and options of each connection
   * @param handlers of each connection; they are read anew for each event
   * @throws SystemError of the call that failed: EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE; TypeError or RangeError for
   * a wrong option, and for an `fd` that does not listen, which then stays the program's; UnsupportedError for an
   * option that the platform does not have, or a backend without streams; ERR_INVALID_STATE if the reactor is closed,
   * and for an `fd` that a listener of another reactor or a server of Node closes
   */
  constructor(reactor: Reactor, options: ListenerOptions, handlers: ConnectionHandlers<T>) {
    checkObject(options, 'options');
    const { noDelay = true, path } = options;
    checkBoolean(noDelay, 'options.noDelay');
    this.#reactor = reactor;
    this.#kind = kindOf(reactor, handlers, options);
    const { streams } = this.#kind;
    this.fd = openListener(options, streams);
    try {
      this.address = getsockname(this.fd);
      this.slot = streams.add(this.fd, Role.LISTENER, noDelay);
    } catch (error) {
      if (options.fd === undefined) close(this.fd);
      throw error;
    }
    this.#file = options.fd === undefined && path !== undefined ? SocketFile.at(path) : null;
    this.generation = streams.addedGeneration;
    streams.put(this);
  }

  /** The port that it listens on, which the kernel chose for port 0; 0 for a Unix socket. */
  get port(): number {
    return 'port' in this.address ? this.address.port : 0;
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

  /** Its open connections, in no order. Looks at every connection of the reactor. */
  *connections(): IterableIterator<Connection<T>> {
    for (const sink of this.#kind.streams) if (sink instanceof Connection && sink.kind === this.#kind) yield sink;
  }

  /**
   * Stops listening; the kernel resets connections that wait to be accepted. Idempotent; a later call may still give
   * `graceMs`.
   *
   * @throws TypeError or RangeError for a wrong option
   */
  close(options: CloseOptions = NO_OPTIONS): void {
    checkObject(options, 'options');
    const { graceMs } = options;
    if (graceMs !== undefined) checkDelay(graceMs, 'options.graceMs');
    if (!this.#closed) {
      this.#closed = true;
      this.#retry?.cancel();
      this.#kind.streams.command(Op.CLOSE, this);
      this.#kind.streams.remove(this);
      this.#file?.remove(); // may throw, and leave only the file behind
    }
    if (graceMs === undefined || this.size === 0) return;
    // Others are ended by what is piped into them.
    for (const connection of [...this.connections()]) if (connection.canBeFed) connection.end();
    if (this.size === 0) return;
    this.#grace?.cancel();
    this.#kind.onEmpty = () => this.#grace?.cancel(); // or the timer would keep run() waiting
    this.#grace = this.#reactor.setTimer(graceMs, () => {
      for (const connection of [...this.connections()]) connection.close();
    });
  }

  /** @internal Whether it accepts from the next turn on; it does until told otherwise. */
  setAccepts(accepts: boolean): void {
    if (this.#closed || accepts === this.#accepts) return;
    this.#accepts = accepts;
    if (this.#retry === null) this.#kind.streams.command(accepts ? Op.RESUME : Op.PAUSE, this);
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal Whether it keeps the process of an attached reactor alive. */
  setReferenced(referenced: boolean): void {
    this.#kind.streams.setReferenced(this, referenced);
  }

  /** @internal */
  onAccepted(slot: number, generation: number, fd: number): void {
    this.#accepted++;
    this.#failedInARow = 0;
    const connection = new Connection(new Adopted(this.#kind, fd, slot, generation, false));
    opened(connection as Connection<unknown>);
  }

  /** @internal */
  onAcceptFailed(number: number, syscall: string): void {
    const error = new SystemError(number, syscall, { fd: this.fd });
    const isOfOneConnection = OF_ONE_CONNECTION.has(error.code);
    if (isOfOneConnection && ++this.#failedInARow < MAX_FAILURES_IN_A_ROW) {
      if (this.#accepts) this.#kind.streams.command(Op.RESUME, this);
      return;
    }
    this.#failedInARow = 0;
    this.#pauses++;
    this.#retry = this.#reactor.setTimer(RETRY_MS, () => {
      this.#retry = null;
      if (this.#accepts) this.#kind.streams.command(Op.RESUME, this);
    });
    if (!isOfOneConnection && !OUT_OF_RESOURCES.has(error.code)) throw error;
  }

  /** @internal */
  onFailed(error: number, syscall: string): void {
    this.close();
    throw new SystemError(error, syscall, { fd: this.fd });
  }

  /** @internal */
  onReactorClosed(): void {
    this.#closed = true;
    this.#file?.remove();
  }

  /** @internal */
  onData(): void {}
  /** @internal */
  onEnd(): void {}
  /** @internal */
  onRoom(): void {}
  /** @internal */
  onPartial(): void {}
  /** @internal */
  onFileSent(): void {}
  /** @internal */
  onTimedOut(): void {}
  /** @internal */
  onNoHalves(): void {}
  /** @internal */
  onQueueFull(): void {}
}

function openListener(options: ListenerOptions, streams: Streams): number {
  const { host, port, path, fd, backlog } = options;
  if (fd !== undefined) {
    checkFd(fd, 'options.fd');
    checkUnowned(fd, streams); // of its own the kernel says EEXIST
    checkListens(fd, 'options.fd');
    return fd;
  }
  if (path !== undefined) return listenUnix(backlog === undefined ? { path } : { path, backlog });
  return listenTcp({ ...options, host: host as string, port: port as number });
}
