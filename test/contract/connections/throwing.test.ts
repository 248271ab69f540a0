// Handlers that throw, each in each place: that connection is closed, the error is told once and where it is
// documented, and the others of the same turn are served.
import type { Reactor } from 'fdreactor';
import { type ConnectionHandlers, connect, DelimiterFramer, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { own } from '../../helpers/owned.js';
import { fill, recvAll, refusingPort } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { type ConnectionTest, codeOf, connectionPair, connectionTest } from '../../helpers/streams/backends.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';
type Handlers = ConnectionHandlers<string>;
type Name = keyof Handlers;

/** Brings the handler of that name about, for a connection of those handlers. */
const PROVOKE: Record<Name, (reactor: Reactor, handlers: Handlers) => void> = {
  open: (reactor, handlers) => {
    const listener = new Listener(reactor, { host, port: 0 }, handlers);
    own(socket.connectTcp({ host, port: (listener.address as { port: number }).port }));
  },
  data: (reactor, handlers) => {
    socket.send(connectionPair(reactor, handlers).peer, Buffer.from('x'));
  },
  end: (reactor, handlers) => {
    socket.shutdown(connectionPair(reactor, handlers).peer, socket.SHUT_WR);
  },
  drain: (reactor, handlers) => {
    const { connection, peer } = connectionPair(reactor, handlers, { highWaterMark: 1000 });
    const length = 3_000_000;
    connection.write(Buffer.alloc(length));
    reactor.setTimer(0, () => socket.recv(peer, Buffer.alloc(length)), { repeatMs: 0 });
  },
  error: (reactor, handlers) => {
    connect(reactor, { host, port: refusingPort() }, handlers);
  },
  timeout: (reactor, handlers) => {
    connectionPair(reactor, handlers, { idleTimeoutMs: 1 });
  },
  close: (reactor, handlers) => {
    socket.close(connectionPair(reactor, handlers).peer);
  },
};

interface Seen {
  events: string[];
  /** What came to onError, or out of the turns. */
  reported: string[];
}

/** The handler throws; what is told, with a second connection in the same turn that is to be served. */
function provoke(t: ConnectionTest, name: Name, hasError: boolean, hasOnError: boolean): Seen {
  const seen: Seen = { events: [], reported: [] };
  const onError = (error: unknown): void => {
    seen.reported.push(codeOf(error));
  };
  const reactor = t.newReactor(hasOnError ? { onError } : {});
  const handlers: Handlers = {
    error: (_, error) => {
      seen.events.push(`error ${codeOf(error)}`);
      if (name === 'error') throw new Error('mine');
    },
    close: () => {
      seen.events.push('close');
      if (name === 'close') throw new Error('mine');
    },
  };
  if (!hasError) delete handlers.error;
  if (name !== 'error' && name !== 'close') {
    handlers[name] = () => {
      seen.events.push(name);
      throw new Error('mine');
    };
  }
  const answers: Buffer[] = [];
  const others = [0, 1].map((i) => {
    if (i === 1) PROVOKE[name](reactor, handlers);
    return connectionPair(reactor, { data: (self, bytes) => void self.write(bytes) });
  });
  for (const { peer } of others) socket.send(peer, Buffer.from('served'));
  const end = performance.now() + patience(2000);
  while (!seen.events.includes('close') && performance.now() < end) turnCatching(reactor, seen);
  for (let i = 0; i < 3; i++) turnCatching(reactor, seen);
  for (const { peer } of others) answers.push(recvAll(peer, 6));
  expect(answers.map(String)).toEqual(['served', 'served']);
  return seen;
}

function turnCatching(reactor: Reactor, seen: Seen): void {
  try {
    reactor.poll(1);
  } catch (error) {
    seen.reported.push(codeOf(error));
  }
}

for (const name of ['open', 'data', 'end', 'drain', 'error', 'close'] as const) {
  connectionTest(
    `${name} throws`,
    (t) => {
      for (const hasError of name === 'error' ? [true] : [true, false]) {
        for (const hasOnError of [true, false]) {
          const { events, reported } = provoke(t, name, hasError, hasOnError);
          const isTaken = hasError && name !== 'error' && name !== 'close';
          const cause = { error: ['error ECONNREFUSED'], close: [] }[name as 'close'] ?? [name];
          const expected = [...cause, ...(isTaken ? ['error mine'] : []), 'close'];
          expect({ hasError, hasOnError, events, reported }).toEqual({
            hasError,
            hasOnError,
            events: expected,
            reported: isTaken ? [] : ['mine'],
          });
        }
      }
    },
    name === 'error' ? { notOnLibkqueue: libkqueue.error } : {},
  );
}

connectionTest('every handler of a connection throws: each error is told, none in place of another', (t) => {
  const reported: string[] = [];
  const reactor = t.newReactor({ onError: (error) => reported.push(codeOf(error)) });
  const { connection, peer } = connectionPair(reactor, {
    data: () => {
      throw new Error('of data');
    },
    error: () => {
      throw new Error('of error');
    },
    close: () => {
      throw new Error('of close');
    },
  });
  socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => connection.closed);
  expect(reported).toEqual(['of error', 'of close']);
  const without = connectionPair(reactor, {
    data: () => {
      const value: unknown = 'no Error'; // what `error` could not take
      throw value;
    },
    close: () => {
      throw new Error('of close');
    },
  });
  reported.length = 0;
  socket.send(without.peer, Buffer.from('x'));
  turnUntil(reactor, () => without.connection.closed);
  expect(reported).toHaveLength(2);
  expect(reported[1]).toBe('of close');
});

connectionTest('what the peer sent wrongly ends its connection, and not the program', (t) => {
  const told: unknown[] = [];
  const reactor = t.newReactor();
  const framer = new DelimiterFramer({ maxBytes: 3 });
  const takers = [
    (bytes: Uint8Array): void => framer.push(bytes, () => {}),
    (bytes: Uint8Array): unknown => socket.parseProxyHeader(bytes),
  ];
  for (const take of takers) {
    const { connection, peer } = connectionPair(reactor, {
      data: (_, bytes) => take(bytes),
      close: (_, error) => told.push(codeOf(error)),
    });
    socket.send(peer, Buffer.from('much too long'));
    turnUntil(reactor, () => connection.closed);
  }
  expect(told).toEqual(['ERR_FRAME_TOO_LARGE', 'ERR_PROXY_HEADER']);
});

connectionTest('a connection that another one closes throws in `close`: the other goes on', (t) => {
  const reported: string[] = [];
  const reactor = t.newReactor({ onError: (error) => reported.push(codeOf(error)) });
  const victim = connectionPair(reactor, {
    close: () => {
      throw new Error('of the victim');
    },
  });
  const events: string[] = [];
  const { connection, peer } = connectionPair(reactor, {
    data: () => {
      victim.connection.close();
      events.push('went on');
    },
    error: (_, error) => events.push(error.message),
  });
  socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => events.length > 0);
  expect({ events, reported, closed: connection.closed }).toEqual({
    events: ['went on'],
    reported: ['of the victim'],
    closed: false,
  });
  connection.close();
});

connectionTest('the error handler of a full queue throws into no write() of another connection', (t) => {
  const reported: string[] = [];
  const reactor = t.newReactor({ onError: (error) => reported.push(codeOf(error)) });
  const stuck = connectionPair(
    reactor,
    {
      error: () => {
        throw new Error('of the stuck one');
      },
    },
    { maxQueued: 1000 },
  );
  fill(stuck.connection.fd);
  const { connection, peer } = connectionPair(reactor, {
    data: (self, bytes) => {
      for (let i = 0; i < 100; i++) stuck.connection.write(Buffer.alloc(100_000));
      self.write(bytes);
    },
  });
  socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => stuck.connection.closed);
  expect(recvAll(peer, 1).toString()).toBe('x');
  expect({ reported, closed: connection.closed }).toEqual({ reported: ['of the stuck one'], closed: false });
  connection.close();
});

connectionTest('calls within `error` and `close` change nothing, and call no handler again', (t) => {
  const reactor = t.newReactor();
  const events: string[] = [];
  const { connection, peer } = connectionPair(
    reactor,
    {
      error: (self, error) => {
        events.push(codeOf(error));
        events.push(`${self.write(Buffer.alloc(10_000_000))} ${self.closed}`);
        self.end('x');
        self.pause();
        self.resume();
      },
      close: (self) => {
        events.push('close');
        self.close();
        self.reset();
        self.end();
        events.push(`${self.write('x')} ${self.closed}`);
      },
    },
    { maxQueued: 1 },
  );
  fill(connection.fd);
  connection.write(Buffer.alloc(1_000_000));
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['ERR_QUEUE_FULL', 'false false', 'close', 'false true']);
  turnFor(reactor, 2);
  socket.close(peer);
});
