// What all connections of a server, or of one call of connect() or adopt(), share: the handlers that the stream core
// calls, which tell the AsyncConnection that is the `data` of each Connection.
import { checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import type { Connection } from '../connection/connection.js';
import { timedOut } from '../connection/errors.js';
import { type ConnectionHandlers, INSIDE, type Inside } from '../connection/handlers.js';
import type { ConnectionOptions } from '../connection/kind.js';
import type { Reactor } from '../reactor/reactor.js';
import type { AsyncConnection } from './connection.js';

/** Options of an AsyncConnection. */
export interface AsyncConnectionOptions extends ConnectionOptions {
  /**
   * The connection receives no more while more bytes than that are unread, from 1; 65,536 by default. A call that needs
   * more, such as `readExactly()`, gets them all the same.
   */
  maxUnread?: number;
}

type Stream = Connection<AsyncConnection>;

/** The same object for all: a type of object a member would make the calls of the core slower. */
const inside: Inside<AsyncConnection> = {
  onBytes: (stream, memory, offset, length) => stream.data.onBytes(memory, offset, length),
  onSent: (stream) => stream.data.onRoom(),
  onReactorClosed: (stream) => stream.data.onReactorClosed(),
};

export class AsyncKind implements ConnectionHandlers<AsyncConnection> {
  readonly [INSIDE] = inside;
  readonly reactor: Reactor;
  readonly maxUnread: number;
  /** Takes a connection that was accepted; null for those that the program makes. */
  readonly #accept: ((stream: Stream) => void) | null;
  readonly #gone: (() => void) | null;

  /** @param gone is called when a connection is closed or detached */
  constructor(
    reactor: Reactor,
    options: AsyncConnectionOptions = NO_OPTIONS,
    accept: ((stream: Stream) => void) | null = null,
    gone: (() => void) | null = null,
  ) {
    checkObject(options, 'options');
    const { maxUnread = 64 * 1024 } = options;
    checkInteger(maxUnread, 'options.maxUnread', 1, Number.MAX_SAFE_INTEGER);
    this.reactor = reactor;
    this.maxUnread = maxUnread;
    this.#accept = accept;
    this.#gone = gone;
  }

  open(stream: Stream): void {
    if (this.#accept !== null) this.#accept(stream);
    else stream.data.onOpen();
  }

  end(stream: Stream): void {
    stream.data.onEnd();
  }

  drain(stream: Stream): void {
    stream.data.onRoom();
  }

  timeout(stream: Stream, reason: 'idle' | 'deadline'): void {
    if (reason === 'deadline') stream.data.onDeadline();
    else if (!stream.data.onIdle()) throw timedOut(false);
  }

  /** `close` follows, with the same error. */
  error(): void {}

  close(stream: Stream, error: unknown): void {
    stream.data.onClosed(error);
    this.gone();
  }

  gone(): void {
    this.#gone?.();
  }
}
