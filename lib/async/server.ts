// AsyncServer: a Listener by await. What it accepts goes to who takes the next connection, or to the handler of
// serve(). Where there is neither, or enough wait to be taken, it does not accept, and they wait in the kernel.
import { checkDelay, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { invalidState } from '../base/errors.js';
import type { Connection } from '../connection/connection.js';
import { Listener, type ListenerOptions } from '../connection/listener.js';
import { isRunning, type Reactor, whenClosed } from '../reactor/reactor.js';
import type { AddressInfo } from '../socket/address.js';
import { type AsyncConnectionOptions, AsyncKind } from './async-kind.js';
import { checkNotRunning, promisesRest } from './check-not-running.js';
import { AsyncConnection } from './connection.js';
import { Deferred } from './deferred.js';
import { reactorClosed } from './errors.js';

/** Options of `listen()`: where it listens (`host` and `port`, `path`, or `fd`), and those of its connections. */
export interface ListenOptions extends ListenerOptions, AsyncConnectionOptions {}

/** Options of `server.close()`. */
export interface CloseServerOptions {
  /**
   * Waits so many milliseconds, from 0, for the connections to close and the handlers of `serve()` to return, then
   * closes what is left. Without it the connections stay, and nothing is waited for.
   */
  graceMs?: number;
}

type Result = IteratorResult<AsyncConnection, undefined>;

/** What serve() tells the server. */
export interface Serving {
  /** Takes a connection. */
  take(connection: AsyncConnection): void;
  /** Whether it takes another one now. */
  readonly hasRoom: boolean;
  /** How many handlers run. */
  readonly size: number;
  /** The server is closed. */
  closed(): void;
}

/** So many that were accepted wait to be taken, and those of one turn. */
const MOST_WAITING = 64;
const over = (): Result => ({ value: undefined, done: true });

/**
 * A socket that listens. Take its connections by `for await (const connection of server)`, or hand them to `serve()`.
 * It accepts only while they are taken: others wait in the kernel, up to `backlog`.
 */
export class AsyncServer implements AsyncIterable<AsyncConnection> {
  readonly #reactor: Reactor;
  readonly #listener: Listener<AsyncConnection>;
  readonly #forgetReactor: () => void;
  readonly #closing = new AbortController();
  /** Accepted, and not taken. */
  readonly #waiting: AsyncConnection[] = [];
  #taker: Deferred<Result> | null = null;
  #serving: Serving | null = null;
  /** close() waits for the connections. */
  #drained: Deferred<void> | null = null;
  #grace: { cancel(): void } | null = null;
  #isGraceOver = false;
  #failure: Error | null = null;

  /** @internal */
  constructor(reactor: Reactor, options: ListenOptions) {
    checkObject(options, 'options');
    const kind = new AsyncKind(
      reactor,
      options,
      (stream) => this.#accept(stream),
      () => this.#lookIfDrained(),
    );
    this.#reactor = reactor;
    this.#listener = new Listener(reactor, options, kind);
    this.#listener.setAccepts(false);
    this.#forgetReactor = whenClosed(reactor, () => this.#onReactorClosed());
  }

  /** Where it listens; of port 0 with the port that the kernel chose. */
  get address(): AddressInfo {
    return this.#listener.address;
  }

  /** The port that it listens on, which the kernel chose for port 0; 0 for a Unix socket. */
  get port(): number {
    return this.#listener.port;
  }

  /** How many connections it has accepted. */
  get accepted(): number {
    return this.#listener.accepted;
  }

  /** How many of its connections are open. */
  get size(): number {
    return this.#listener.size;
  }

  /** Is aborted when the server closes: for what a handler waits for. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Its open connections, in no order. Looks at every connection of the reactor. */
  *connections(): IterableIterator<AsyncConnection> {
    for (const stream of this.#listener.connections()) yield stream.data;
  }

  /**
   * The next connection; over when the server is closed. When the loop is left before, the server is closed, and so are
   * connections that were not taken.
   *
   * @throws ERR_INVALID_STATE, of next(): another one is waiting, serve() takes them, or run() is under way
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<AsyncConnection> {
    const iterator = {
      next: (): Promise<Result> => this.#next(),
      return: (): Promise<Result> => {
        this.#stop();
        return Promise.resolve(over());
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Stops listening, and aborts `closing`. Connections that were not taken are closed. Idempotent; a later call may
   * still give `graceMs`.
   *
   * @returns resolves at once, or with `graceMs` when the connections are closed
   * @throws TypeError or RangeError for a wrong option
   */
  close(options: CloseServerOptions = NO_OPTIONS): Promise<void> {
    checkObject(options, 'options');
    const { graceMs } = options;
    if (graceMs !== undefined) checkDelay(graceMs, 'options.graceMs');
    this.#stop();
    if (graceMs === undefined || this.#isDrained || this.#reactor.closed) return Promise.resolve();
    checkNotRunning(this.#reactor);
    this.#drained ??= new Deferred();
    this.#grace?.cancel();
    this.#grace = this.#reactor.setTimer(graceMs, () => this.#closeAll());
    return this.#drained.promise;
  }

  /** close(), for `await using`: the connections stay. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal From here on `serving` gets the connections. */
  handTo(serving: Serving): void {
    if (this.#closing.signal.aborted) throw invalidState('the server is closed');
    if (this.#serving !== null || this.#taker !== null) throw invalidState('the connections are taken already');
    checkNotRunning(this.#reactor);
    this.#serving = serving;
    this.moreRoom();
  }

  /** @internal A handler has returned. */
  moreRoom(): void {
    const serving = this.#serving as Serving;
    while (serving.hasRoom && this.#waiting.length > 0) serving.take(this.#waiting.shift() as AsyncConnection);
    this.#listener.setAccepts(serving.hasRoom);
    this.#lookIfDrained();
  }

  /** @internal Whether the server was closed, and what connections end with is no news. */
  get isGraceOver(): boolean {
    return this.#isGraceOver;
  }

  #accept(stream: Connection<AsyncConnection>): void {
    const connection = new AsyncConnection(stream);
    if (isRunning(this.#reactor)) {
      connection.reset();
      stream.kind.streams.later.throw(promisesRest());
      return;
    }
    const taker = this.#taker;
    const serving = this.#serving;
    if (taker !== null) {
      this.#taker = null;
      taker.resolve({ value: connection, done: false });
    } else if (serving?.hasRoom === true) serving.take(connection);
    else this.#waiting.push(connection);
    this.#listener.setAccepts(serving === null ? this.#waiting.length < MOST_WAITING : serving.hasRoom);
  }

  #next(): Promise<Result> {
    try {
      if (this.#taker !== null || this.#serving !== null) throw invalidState('the connections are taken already');
      const value = this.#waiting.shift();
      if (value === undefined && this.#closing.signal.aborted) return this.#end();
      checkNotRunning(this.#reactor);
      this.#listener.setAccepts(true);
      if (value !== undefined) return Promise.resolve({ value, done: false });
      this.#taker = new Deferred();
      return this.#taker.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #end(): Promise<Result> {
    const failure = this.#failure;
    this.#failure = null;
    return failure === null ? Promise.resolve(over()) : Promise.reject(failure);
  }

  #stop(): void {
    if (this.#closing.signal.aborted) return;
    this.#listener.close();
    this.#forgetReactor();
    for (const connection of this.#waiting.splice(0)) connection.close();
    const taker = this.#taker;
    this.#taker = null;
    taker?.resolve(over());
    this.#closing.abort();
    this.#serving?.closed();
  }

  /** The time that close() gave is over. */
  #closeAll(): void {
    this.#isGraceOver = true;
    for (const connection of this.connections()) connection.close();
    this.#lookIfDrained();
  }

  get #isDrained(): boolean {
    return this.size === 0 && (this.#isGraceOver || this.#serving === null || this.#serving.size === 0);
  }

  #lookIfDrained(): void {
    if (this.#drained === null || !this.#isDrained) return;
    this.#grace?.cancel(); // or the timer would keep the process alive
    this.#drained.resolve();
    this.#drained = null;
  }

  #onReactorClosed(): void {
    this.#isGraceOver = true;
    const taker = this.#taker;
    this.#taker = null;
    if (taker !== null) taker.reject(reactorClosed());
    else this.#failure = reactorClosed();
    this.#waiting.length = 0;
    this.#closing.abort(reactorClosed());
    this.#serving?.closed();
    this.#drained?.resolve();
    this.#drained = null;
  }
}

/**
 * Listens. It accepts when its connections are taken.
 *
 * @param reactor whose turns serve it and its connections: let the host drive it by `attach()`, or call `poll()`
 * @param options where, and options of each connection
 * @throws as `new Listener()`
 */
export function listen(reactor: Reactor, options: ListenOptions): AsyncServer {
  return new AsyncServer(reactor, options);
}
