// What a program gives a connection or a listener: one object of handlers, which all connections of a kind share.
import type { Chunk } from './chunk.js';
import type { Connection } from './connection.js';

/** The member of the handlers that fdreactor/async has. */
export const INSIDE: unique symbol = Symbol('inside');

/** What fdreactor/async is told of a connection, in place of `data` and beside the other handlers. */
export interface Inside<T> {
  /** Bytes have come. They stay until the next wait of the reactor: see `Streams.lend()`. */
  onBytes(connection: Connection<T>, memory: ArrayBuffer, offset: number, length: number): void;
  /** After end(): the kernel has all of it. */
  onSent(connection: Connection<T>): void;
  /** The reactor is closed, and the connection with it. */
  onReactorClosed(connection: Connection<T>): void;
}

/**
 * What happens to a connection. One object is shared by all connections of a kind; `connection.data` tells them apart.
 * Each handler may be left out, and is called with the object as `this`. They come in this order: `open` once; `data`
 * and `drain` any number of times; `end` at most once, and no `data` after it; `error` at most once; `close` once. A
 * connection that could not be made has no `open`.
 *
 * A handler that throws ends its connection: the error goes to `error`. Where there is no such handler, or it throws as
 * well, or what is thrown is not an Error, it goes where the errors of all handlers go: `onError` of the Reactor, or
 * out of the turn. What a peer can bring about, ERR_FRAME_TOO_LARGE of a framer and ERR_PROXY_HEADER of
 * `parseProxyHeader()`, goes to `error` and `close` alone. The other connections of the turn are served.
 */
export interface ConnectionHandlers<T = undefined> {
  /** The connection is there: accepted, or connected. Not called of `new Connection()`, which is there already. */
  open?(connection: Connection<T>): void;
  /**
   * Bytes arrived: at least one, and at most `maxReceiveBytes` of `configureConnections()`. Without this handler they
   * are dropped.
   *
   * @param bytes are valid until this returns, for the memory is used again. Copy what you keep: `bytes.slice()`
   */
  data?(connection: Connection<T>, bytes: Chunk): void;
  /**
   * All that was queued is handed to the kernel, after `write()`, `writev()` or `sendFile()` returned false, or what a
   * turn sent found no room: once, however often. Not called once the connection was ended, nor while something is
   * piped into it.
   */
  drain?(connection: Connection<T>): void;
  /**
   * The peer sends no more; the other direction may stay open for any length of time. Without this handler the
   * connection sends what is queued, and closes. With it the program says when: `connection.end()`.
   */
  end?(connection: Connection<T>): void;
  /**
   * A time has come: that of `idleTimeoutMs` without a byte, which begins anew, or that of `setDeadline()`. The
   * connection goes on unless the handler ends it. Without this handler it ends with ETIMEDOUT.
   */
  timeout?(connection: Connection<T>, reason: 'idle' | 'deadline'): void;
  /**
   * Something is wrong: a SystemError of the connection (ECONNRESET, EPIPE, ETIMEDOUT ...), ERR_QUEUE_FULL,
   * ERR_FILE_ENDED, a time-out without a handler (ETIMEDOUT), or what a handler threw: ERR_FRAME_TOO_LARGE of a framer,
   * ERR_PROXY_HEADER, or a bug. `close` follows at once. It is called in a turn, never within a `write()`. Without this
   * handler an error of the connection, and what the peer brought about, goes to `close` alone, and any other that a
   * handler threw to the Reactor.
   */
  error?(connection: Connection<T>, error: Error): void;
  /**
   * The connection is closed: the last handler that is called of it. Not called after `detach()`, nor when the reactor
   * is closed.
   *
   * @param error what ended it, also where the handler `error` called `close()`; null where nothing was wrong
   */
  close?(connection: Connection<T>, error: unknown): void;
  /** @internal */
  readonly [INSIDE]?: Inside<T>;
}
