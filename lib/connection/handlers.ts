// What a program gives a connection or a listener: one object of handlers, which all connections of a kind share.
import { checkFunction, checkObject } from '../base/arguments.js';
import type { Connection } from './connection.js';

/**
 * What happens to a connection. One object is shared by all connections of a kind; `connection.data` tells them apart.
 * Each handler may be left out. A handler that throws ends its connection: the error goes to `error`, or, where there
 * is no such handler or it throws as well, where the errors of all handlers go (`onError` of the Reactor).
 */
export interface ConnectionHandlers<T = undefined> {
  /** The connection is there: accepted, or connected. */
  open?(connection: Connection<T>): void;
  /**
   * Bytes arrived.
   *
   * @param bytes are valid until this returns, for the memory is used again. Copy what you keep: `Buffer.from(bytes)`
   */
  data?(connection: Connection<T>, bytes: Buffer): void;
  /** There is room again, after `write()` returned false. */
  drain?(connection: Connection<T>): void;
  /**
   * The peer sends no more. Without this handler the connection sends what is queued, and closes. With it the program
   * says when: `connection.end()`.
   */
  end?(connection: Connection<T>): void;
  /**
   * Something is wrong: a SystemError of the connection (ECONNRESET, EPIPE, ETIMEDOUT ...), ERR_QUEUE_FULL, or what a
   * handler threw. `close` follows.
   */
  error?(connection: Connection<T>, error: Error): void;
  /** The connection is closed, and its fd given up. Comes last, and once. */
  close?(connection: Connection<T>): void;
}

const NAMES = ['open', 'data', 'drain', 'end', 'error', 'close'] as const satisfies (keyof ConnectionHandlers)[];

/** @throws TypeError for what is no object of functions */
export function checkHandlers(handlers: unknown): asserts handlers is ConnectionHandlers<unknown> {
  checkObject(handlers, 'handlers');
  for (const name of NAMES) {
    const handler = (handlers as Record<string, unknown>)[name];
    if (handler !== undefined) checkFunction(handler, `handlers.${name}`);
  }
}
