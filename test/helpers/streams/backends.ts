// The backends that can serve connections: what tests of fdreactor/connection run on.
import { Reactor, type ReactorOptions, UnsupportedError } from 'fdreactor';
import { Connection, type ConnectionHandlers, type ConnectionOptions, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { test } from 'vitest';
import { backends } from '../contract.js';
import { type Conditions, holds } from '../needs.js';
import { noteNotRun } from '../not-run.js';
import { dispose, own } from '../owned.js';
import { patience } from '../patience.js';

function hasConnections(backend: (typeof backends)[number]): boolean {
  const reactor = new Reactor({ backend });
  try {
    new Listener(reactor, { host: '127.0.0.1', port: 0 }, {}).close();
    return true;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    noteNotRun(`connections over ${backend}`, 'the backend has no streams');
    return false;
  } finally {
    reactor.close();
  }
}

export const connectionBackends = backends.filter(hasConnections);

export interface ConnectionTest {
  backend: string;
  newReactor(options?: ReactorOptions): Reactor;
}

/** As contractTest(), for the backends that have connections. */
export function connectionTest(
  name: string,
  body: (t: ConnectionTest) => void | Promise<void>,
  { timeoutMs = 20_000, ...conditions }: Conditions & { timeoutMs?: number } = {},
): void {
  if (!holds(name, conditions)) return;
  for (const backend of connectionBackends) {
    const newReactor: ConnectionTest['newReactor'] = (options = {}) => dispose(new Reactor({ backend, ...options }));
    test(`${backend}: ${name}`, () => body({ backend, newReactor }), patience(timeoutMs));
  }
}

/** A connection of a socket pair, and the fd of the other end. */
export function connectionPair<T = undefined>(
  reactor: Reactor,
  handlers: ConnectionHandlers<T> = {},
  options: ConnectionOptions = {},
): { connection: Connection<T>; peer: number } {
  const [fd, peer] = socket.socketpair();
  return { connection: new Connection<T>(reactor, fd, handlers, options), peer: own(peer) };
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;
