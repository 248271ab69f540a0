// What the tests of fdreactor/async share: a reactor of each backend, driven by the host or by poll(), and connections.
import type { Reactor } from 'fdreactor';
import {
  type AsyncConnection,
  type AsyncConnectionOptions,
  type AsyncServer,
  adopt,
  connect,
  type ListenOptions,
  listen,
} from 'fdreactor/async';
import type { Conditions } from '../../helpers/needs.js';
import { dispose } from '../../helpers/owned.js';
import { socketPair } from '../../helpers/pairs.js';
import { type ConnectionTest, connectionTest } from '../../helpers/streams/backends.js';

export const host = '127.0.0.1';
export const shared = new Uint8Array(65_536);

/** A test with a reactor that the event loop of the host drives. */
export function asyncTest(
  name: string,
  body: (reactor: Reactor, t: ConnectionTest) => Promise<void>,
  conditions: Omit<Conditions, 'needs'> = {},
): void {
  connectionTest(
    name,
    async (t) => {
      const reactor = t.newReactor();
      reactor.attach();
      await body(reactor, t);
    },
    { ...conditions, needs: 'attach' },
  );
}

/** A connection of a socket pair, and the fd of the other end. */
export function pair(
  reactor: Reactor,
  options?: AsyncConnectionOptions,
): { connection: AsyncConnection; peer: number } {
  const [fd, peer] = socketPair();
  return { connection: adopt(reactor, fd, options), peer };
}

/** Both ends of a socket pair. */
export function bothEnds(reactor: Reactor, options?: AsyncConnectionOptions): [AsyncConnection, AsyncConnection] {
  const [left, right] = socketPair();
  return [adopt(reactor, left, options), adopt(reactor, right, options)];
}

export function newServer(reactor: Reactor, options: Partial<ListenOptions> = {}): AsyncServer {
  const server = listen(reactor, { host, port: 0, ...options });
  dispose({ close: () => void server.close() });
  return server;
}

/** A client of the server, over the same reactor. */
export const clientOf = (reactor: Reactor, server: AsyncServer): Promise<AsyncConnection> =>
  connect(reactor, { host, port: server.port });

/** What the promise, or the call, fails with: its code. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  return 'no error';
}

/** The value. Throws if it is a promise: what comes at once is not. */
export function atOnce<T>(value: T | Promise<T>): T {
  if (value instanceof Promise) throw new Error('a promise');
  return value;
}

/** Reads to the end. */
export async function readAll(connection: AsyncConnection): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks);
}
