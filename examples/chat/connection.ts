// The chat by handlers of Connection. All handlers are in one object; the state of a connection is its `data`. The
// queue and its bound are options. Under run() there is nothing but the reactor: no promise proceeds.
//
// What is bounded: a line by the framer; what waits for a member by `maxQueued`, above which the connection ends; and
// what a member says: one for whom more than `highWaterMark` waits is paused until it has heard that.
import { Reactor } from 'fdreactor';
import {
  type Chunk,
  type Connection,
  type ConnectionHandlers,
  configureConnections,
  DelimiterFramer,
  Listener,
} from 'fdreactor/connection';
import { announce, goOn, onStop } from '../announce.js';
import {
  Chat,
  type ChatOptions,
  GRACE_MS,
  HIGH_WATER,
  IDLE,
  isOfPeer,
  MAX_LINE_BYTES,
  MAX_QUEUED,
  MAX_READ_BYTES,
  Member,
  reasonOf,
} from './rooms.js';

interface State {
  readonly member: Member;
  readonly lines: DelimiterFramer;
}

class Handlers implements ConnectionHandlers<State> {
  readonly #chat = new Chat();
  readonly #idleTimeoutMs: number;

  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  open(connection: Connection<State>): void {
    connection.setDeadline(this.#idleTimeoutMs);
    const lines = new DelimiterFramer({ maxBytes: MAX_LINE_BYTES });
    const member = new Member(connection);
    connection.data = { member, lines };
    this.#chat.welcome(member);
  }

  data(connection: Connection<State>, bytes: Chunk): void {
    const { member, lines } = connection.data;
    connection.setDeadline(this.#idleTimeoutMs);
    lines.push(bytes, (line) => this.#chat.take(member, line));
    if (!connection.hasRoom && !connection.ending) connection.pause();
  }

  drain(connection: Connection<State>): void {
    connection.resume();
  }

  /** It says nothing; and one that was told to go, and has not, is closed. */
  timeout(connection: Connection<State>): void {
    connection.setDeadline(this.#idleTimeoutMs);
    if (connection.ending) connection.close();
    else this.#chat.quit(connection.data.member, IDLE);
  }

  /** close() tells why. What is no fault of the peer is a bug, and goes on to the reactor. */
  error(_connection: Connection<State>, error: Error): void {
    if (!isOfPeer(error)) throw error;
  }

  close(connection: Connection<State>, error: unknown): void {
    this.#chat.gone(connection.data.member, reasonOf(error));
  }
}

export function run({ host, port, idleTimeoutMs }: ChatOptions): void {
  const reactor = new Reactor({ onError: goOn });
  configureConnections(reactor, { maxReceiveBytes: MAX_READ_BYTES });
  const limits = { highWaterMark: HIGH_WATER, maxQueued: MAX_QUEUED };
  const listener = new Listener(reactor, { host, port, ...limits }, new Handlers(idleTimeoutMs));
  onStop(reactor, () => {
    for (const connection of listener.connections()) if (!connection.ending) connection.write('* The server stops.\n');
    listener.close({ graceMs: GRACE_MS });
  });
  announce(listener);
  reactor.run(); // returns when the last member has gone
  reactor.close();
}
