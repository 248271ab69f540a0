// What a program gives a connection or a listener: one object of handlers, which all connections of a kind share.
import type { Chunk } from './chunk.js';
import type { Connection } from './connection.js';

/**
 * What happens to a connection. One object is shared by all connections of a kind; `connection.data` tells them apart.
 * Each handler may be left out. A handler that throws ends its connection: the error goes to `error`. Where there is no
 * such handler, or it throws as well, or what is thrown is not an Error, it goes where the errors of all handlers go:
 * `onError` of the Reactor, or out of the turn. The other connections of the turn are served.
 */
export interface ConnectionHandlers<T = undefined> {
  /** The connection is there: accepted, or connected. */
  open?(connection: Connection<T>): void;
  /**
   * Bytes arrived.
   *
   * @param bytes are valid until this returns, for the memory is used again. Copy what you keep: `bytes.slice()`
   */
  data?(connection: Connection<T>, bytes: Chunk): void;
  /** All that was queued is handed to the kernel, after `write()` or `sendFile()` returned false. */
  drain?(connection: Connection<T>): void;
  /**
   * The peer sends no more. Without this handler the connection sends what is queued, and closes. With it the program
   * says when: `connection.end()`.
   */
  end?(connection: Connection<T>): void;
  /**
   * A time has come: that of `idleTimeoutMs` without a byte, which begins anew, or that of `setDeadline()`. Without
   * this handler the connection ends with ETIMEDOUT.
   */
  timeout?(connection: Connection<T>, reason: 'idle' | 'deadline'): void;
  /**
   * Something is wrong: a SystemError of the connection (ECONNRESET, EPIPE, ETIMEDOUT ...), ERR_QUEUE_FULL,
   * ERR_FILE_ENDED, a time-out without a handler, or what a handler threw. `close` follows.
   */
  error?(connection: Connection<T>, error: Error): void;
  /**
   * The connection is closed, and its fd given up. Comes last, and once; not when the reactor is closed.
   *
   * @param error what ended it; null where nothing was wrong
   */
  close?(connection: Connection<T>, error: unknown): void;
}
