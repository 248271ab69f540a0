// The chat by async/await: one function for each connection, which does one thing after the other. Its `for` is the
// life of a member, its `finally` the end of it, whatever ends it. serve() resets a connection whose function throws,
// and closes one whose peer stays. The host drives the reactor (attach()): no promise goes on inside run().
//
// What is bounded: a line by readUntil(); what waits for a member by `maxQueued`, above which the connection ends; and
// what a member says: its function waits until it has heard what waits for it. Unread lines pause the connection.
import { Reactor } from 'fdreactor';
import { type AsyncConnection, listen, serve, signals } from 'fdreactor/async';
import { configureConnections } from 'fdreactor/connection';
import { announce, goOn } from '../announce.js';
import {
  Chat,
  type ChatOptions,
  GRACE_MS,
  HIGH_WATER,
  IDLE,
  isOfPeer,
  type Link,
  MAX_LINE_BYTES,
  MAX_QUEUED,
  MAX_READ_BYTES,
  Member,
  reasonOf,
} from './rooms.js';

/** What the chat writes to. It does not wait for a member: the promise of a write is that of the member's own loop. */
function linkOf(connection: AsyncConnection): Link {
  return {
    get ending() {
      return connection.ending || connection.closed;
    },
    write: (bytes) => ignored(() => connection.write(bytes)),
    end: (text) => ignored(() => connection.end(text)),
  };
}

/** An error ends the connection, and the read of its own loop tells of it. */
function ignored(call: () => void | Promise<void>): void {
  try {
    call()?.catch(() => {});
  } catch {
    // that loop is told
  }
}

async function converse(chat: Chat, connection: AsyncConnection, idleTimeoutMs: number): Promise<void> {
  const member = new Member(linkOf(connection));
  let reason = 'gone';
  try {
    chat.welcome(member);
    while (!connection.ending) {
      connection.readDeadline = connection.writeDeadline = performance.now() + idleTimeoutMs;
      const line = await connection.readUntil('\n', MAX_LINE_BYTES);
      if (line === null) break;
      chat.take(member, line);
      if (connection.queued > HIGH_WATER) await connection.flush();
    }
  } catch (error) {
    reason = reasonOf(error);
    if (reason === IDLE) chat.quit(member, reason);
    else if ((error as { code?: string }).code !== 'ERR_UNEXPECTED_END') throw error; // it left in the middle of a line
  } finally {
    chat.gone(member, reason);
  }
}

export async function run({ host, port, idleTimeoutMs }: ChatOptions): Promise<void> {
  const reactor = new Reactor({ onError: goOn });
  configureConnections(reactor, { maxReceiveBytes: MAX_READ_BYTES });
  reactor.attach();
  const limits = { highWaterMark: HIGH_WATER, maxQueued: MAX_QUEUED, maxUnread: MAX_READ_BYTES };
  const server = listen(reactor, { host, port, ...limits });
  const chat = new Chat();
  const served = serve(server, (connection) => converse(chat, connection, idleTimeoutMs), {
    lingerMs: idleTimeoutMs,
    onError(error) {
      if (!isOfPeer(error)) throw error; // a bug
    },
  });
  announce(server);
  for await (const _ of signals(reactor, 'SIGINT', 'SIGTERM')) break;
  for (const connection of server.connections()) if (!connection.ending) connection.end('* The server stops.\n');
  await server.close({ graceMs: GRACE_MS });
  await served;
  reactor.close();
}
