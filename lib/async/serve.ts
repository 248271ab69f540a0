// serve(): a handler for each connection, which does one thing after the other, as in Go. What it fails with ends its
// connection and no other.
import { checkDelay, checkFunction, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { invalidType } from '../base/errors.js';
import { asyncHooks } from '../native/builtins.js';
import type { AsyncConnection } from './connection.js';
import { Deferred } from './deferred.js';
import { AsyncServer, type Serving } from './server.js';

/**
 * Serves one connection. When it returns the connection is ended.
 *
 * @param closing is aborted when the server closes: `server.closing`
 */
export type ServeHandler = (connection: AsyncConnection, closing: AbortSignal) => void | PromiseLike<void>;

/** Options of `serve()`. */
export interface ServeOptions {
  /** How many handlers run at the same time, from 1; no limit by default. Others wait in the kernel to be accepted. */
  maxConcurrent?: number;
  /**
   * Called once with what a handler throws, or rejects with. Its connection is reset by then. Without it an error of
   * the connection itself is dropped, for a peer can bring it about: what a read or a write failed with last, such as a
   * reset, a time-out or an abort. Any other goes to `onError` of the Reactor, or out of a turn.
   */
  onError?: (error: unknown, connection: AsyncConnection) => void;
  /**
   * How long the peer of a connection whose handler has returned may neither send, nor take what was written, nor end,
   * in milliseconds; 5,000 by default. Then it is closed.
   */
  lingerMs?: number;
}

const LINGER_MS = 5000;

/** Calls a function in the AsyncLocalStorage store of this call; in its own where the runtime has no snapshots. */
type InContext = <A extends unknown[]>(call: (...args: A) => void, ...args: A) => void;

function contextOfCall(): InContext {
  return asyncHooks.AsyncLocalStorage.snapshot?.() ?? ((call, ...args) => call(...args));
}

class Service implements Serving {
  readonly #server: AsyncServer;
  readonly #handler: ServeHandler;
  readonly #maxConcurrent: number;
  readonly #onError: ((error: unknown, connection: AsyncConnection) => void) | undefined;
  readonly #lingerMs: number;
  /** Handlers run in the AsyncLocalStorage store of the call of serve(). */
  readonly #inContext = contextOfCall();
  readonly over = new Deferred<void>();
  #isClosed = false;
  size = 0;

  constructor(server: AsyncServer, handler: ServeHandler, options: ServeOptions) {
    const { maxConcurrent = Number.POSITIVE_INFINITY, onError, lingerMs = LINGER_MS } = options;
    if (maxConcurrent !== Number.POSITIVE_INFINITY)
      checkInteger(maxConcurrent, 'options.maxConcurrent', 1, Number.MAX_SAFE_INTEGER);
    if (onError !== undefined) checkFunction(onError, 'options.onError');
    checkDelay(lingerMs, 'options.lingerMs');
    this.#server = server;
    this.#handler = handler;
    this.#maxConcurrent = maxConcurrent;
    this.#onError = onError;
    this.#lingerMs = lingerMs;
  }

  get hasRoom(): boolean {
    return this.size < this.#maxConcurrent;
  }

  take(connection: AsyncConnection): void {
    this.size++;
    this.#inContext(serveOne, this, connection);
  }

  /** Runs the handler. Never rejects. */
  async run(connection: AsyncConnection): Promise<void> {
    try {
      await this.#handler(connection, this.#server.closing);
      connection.finish(this.#lingerMs);
    } catch (error) {
      this.#report(error, connection);
    }
    this.size--;
    this.#server.moreRoom();
    this.#lookIfOver();
  }

  closed(): void {
    this.#isClosed = true;
    this.#lookIfOver();
  }

  #report(error: unknown, connection: AsyncConnection): void {
    const isOwn = connection.isOwn(error);
    connection.reset();
    if (isOwn && this.#server.isGraceOver) return; // the program has closed it
    if (this.#onError === undefined) {
      if (!isOwn) connection.throwLater(error);
      return;
    }
    try {
      this.#onError(error, connection);
    } catch (thrown) {
      connection.throwLater(thrown);
    }
  }

  #lookIfOver(): void {
    if (this.#isClosed && this.size === 0) this.over.resolve();
  }
}

function serveOne(service: Service, connection: AsyncConnection): void {
  void service.run(connection);
}

/**
 * Calls a handler for each connection of a server, which may wait for one thing after the other. When it returns, the
 * connection is ended: what was written is sent, and what the peer still sends is dropped. When it throws or rejects,
 * the connection is reset, and that is reported once; others go on.
 *
 * @param server no one else takes its connections
 * @param handler runs in the AsyncLocalStorage store of this call
 * @returns resolves when the server is closed and all handlers have returned; never rejects
 * @throws TypeError or RangeError for a wrong argument; ERR_INVALID_STATE if the server is closed, or its connections
 * are taken already, and inside `run()`
 */
export function serve(server: AsyncServer, handler: ServeHandler, options: ServeOptions = NO_OPTIONS): Promise<void> {
  if (!(server instanceof AsyncServer)) throw invalidType('server', 'an AsyncServer', server);
  checkFunction(handler, 'handler');
  checkObject(options, 'options');
  const service = new Service(server, handler, options);
  server.handTo(service);
  return service.over.promise;
}
