// Time-outs of connections: idle ones, deadlines, and what happens without a handler.
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { capabilities, Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, type ConnectionOptions, connect } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dispose, own, ownBoth } from '../../helpers/owned.js';
import { patience } from '../../helpers/patience.js';
import { expectArgumentType, expectOutOfRange } from '../../helpers/throws.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

function observed(handlers: ConnectionHandlers, options: ConnectionOptions = {}) {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  return { reactor, connection: new Connection(reactor, a, handlers, options), peer: own(b) };
}

test('an idle connection times out again and again; the handler decides', () => {
  const reasons = new Set<string>();
  const gapsMs: number[] = [];
  let turnMs = performance.now();
  let lastMs = turnMs; // before the last time-out was told
  const { reactor, connection } = observed(
    {
      timeout: (self, reason) => {
        reasons.add(reason);
        gapsMs.push(performance.now() - lastMs);
        lastMs = turnMs;
        if (gapsMs.length === 3) self.close();
      },
    },
    { idleTimeoutMs: 20 },
  );
  turnUntil(reactor, () => {
    turnMs = performance.now();
    return connection.closed;
  });
  expect([...reasons]).toEqual(['idle']);
  expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(20);
});

test('bytes that come or go keep it alive', () => {
  const gapsMs: number[] = [];
  let turnMs = performance.now();
  let lastMs = turnMs; // a byte came or went at this time, or later
  const { reactor, connection, peer } = observed(
    {
      timeout: () => gapsMs.push(performance.now() - lastMs),
      data: () => {
        lastMs = turnMs;
      },
    },
    { idleTimeoutMs: 200 },
  );
  const endMs = performance.now() + 500;
  const repeat = reactor.setTimer(
    20,
    () => {
      if (performance.now() < endMs - 250) socket.send(peer, Buffer.from('x'));
      else {
        lastMs = performance.now();
        connection.write('y');
      }
    },
    { repeatMs: 20 },
  );
  const isTime = (time: number) => {
    turnMs = performance.now();
    return turnMs > time;
  };
  turnUntil(reactor, () => isTime(endMs));
  repeat.cancel();
  const before = gapsMs.length; // a loaded machine may have been silent for so long
  turnUntil(reactor, () => isTime(0) && gapsMs.length > before);
  expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(200);
});

/** Computes for so long, as a handler may. */
function computeFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

describe('idleness counts from when the bytes go, however long after the last turn began', () => {
  const idleTimeoutMs = 100;

  function idle(isAttached = false) {
    let sentMs = 0;
    let gapMs = -1;
    const timeout = () => {
      if (gapMs < 0 && sentMs > 0) gapMs = performance.now() - sentMs;
    };
    const all = observed({ timeout }, { idleTimeoutMs });
    if (isAttached) all.reactor.attach();
    const file = openSync(fileURLToPath(import.meta.url), 'r');
    onTestFinished(() => closeSync(file));
    /** A time-out is due soon. */
    const send = (way: Way) => {
      computeFor(0.9 * idleTimeoutMs);
      sentMs = performance.now();
      if (way === 'write()') all.connection.write('x');
      else if (way === 'a large write()') all.connection.write(Buffer.alloc(20_000));
      else all.connection.sendFile(file, 0, 100);
    };
    return { ...all, send, gap: () => gapMs };
  }

  const ways = ['write()', 'a large write()', ...(capabilities().sendfile ? (['sendFile()'] as const) : [])] as const;
  type Way = (typeof ways)[number];

  test.each(ways)('%s between two turns', (way) => {
    const { reactor, send, gap } = idle();
    reactor.poll(0);
    send(way);
    turnUntil(reactor, () => gap() >= 0);
    expect(gap()).toBeGreaterThanOrEqual(idleTimeoutMs);
  });

  test.each(ways)('%s in a long turn', (way) => {
    const { reactor, send, gap } = idle();
    reactor.setTimer(0, () => send(way));
    turnUntil(reactor, () => gap() >= 0);
    expect(gap()).toBeGreaterThanOrEqual(idleTimeoutMs);
  });

  test.each(ways)('%s while the reactor is attached', async (way) => {
    const { send, gap } = idle(true);
    await new Promise(setImmediate);
    send(way);
    await expect.poll(gap, { timeout: patience(5000) }).toBeGreaterThanOrEqual(0);
    expect(gap()).toBeGreaterThanOrEqual(idleTimeoutMs);
  });
});

/** A connection that is idle, and another one, whose handlers take their time. */
function beside(handlers: ConnectionHandlers, slow: ConnectionHandlers, idleTimeoutMs: number) {
  const reactor = dispose(new Reactor());
  const [a, peer, c, slowPeer] = [...socket.socketpair(), ...socket.socketpair()];
  new Connection(reactor, c, slow, { idleTimeoutMs });
  const connection = new Connection(reactor, a, handlers, { idleTimeoutMs });
  return { reactor, connection, peer: own(peer), slowPeer: own(slowPeer) };
}

test('the next idle time-out counts from when this one was told, however late that was', () => {
  const gapsMs: number[] = [];
  let lastMs = performance.now(); // before the last time-out was told
  let slowMs = lastMs;
  const timeout = () => {
    gapsMs.push(performance.now() - lastMs);
    lastMs = slowMs;
  };
  const slow = () => {
    computeFor(150);
    slowMs = performance.now();
  };
  const { reactor } = beside({ timeout }, { timeout: slow }, 50);
  turnUntil(reactor, () => gapsMs.length === 4);
  expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(50);
});

test('an idle time-out that has come is not told if bytes go meanwhile', () => {
  let sentMs = 0;
  let gapMs = -1;
  const timeout = () => {
    if (gapMs < 0) gapMs = performance.now() - sentMs;
  };
  const data = () => {
    computeFor(200); // so it comes at the end of this turn
    sentMs = performance.now();
    connection.write('x');
  };
  const { reactor, connection, slowPeer } = beside({ timeout }, { data, timeout: () => {} }, 100);
  socket.send(slowPeer, Buffer.from('x'));
  turnUntil(reactor, () => gapMs >= 0);
  expect(gapMs).toBeGreaterThanOrEqual(100);
});

test('nor if bytes came meanwhile', () => {
  const told: string[] = [];
  const handlers = { timeout: () => told.push('timeout'), data: () => told.push('data') };
  const data = () => {
    socket.send(peer, Buffer.from('x'));
    computeFor(200);
  };
  const { reactor, peer, slowPeer } = beside(handlers, { data, timeout: () => {} }, 100);
  socket.send(slowPeer, Buffer.from('x'));
  turnUntil(reactor, () => told.length > 0);
  expect(told).toEqual(['data']);
});

test('without a handler the connection ends with ETIMEDOUT', () => {
  const events: unknown[] = [];
  const { reactor, connection } = observed(
    {
      error: (_, error) => events.push((error as NodeJS.ErrnoException).code, error.message),
      close: (_, error) => events.push(error instanceof Error),
    },
    { idleTimeoutMs: 10 },
  );
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['ETIMEDOUT', 'the connection timed out: no byte came or went', true]);
});

test('a deadline comes whatever is sent, once; another call replaces it, null ends it', () => {
  const reasons: string[] = [];
  const { reactor, connection, peer } = observed({
    timeout: (_, reason) => {
      reasons.push(reason);
    },
    data: () => {},
  });
  const chatter = reactor.setTimer(0, () => socket.send(peer, Buffer.from('x')), { repeatMs: 5 });
  connection.setDeadline(60_000);
  connection.setDeadline(30);
  turnUntil(reactor, () => reasons.length > 0);
  turnFor(reactor, 60);
  expect(reasons).toEqual(['deadline']);
  connection.setDeadline(10);
  connection.setDeadline(null);
  turnFor(reactor, 60);
  expect(reasons).toEqual(['deadline']);
  chatter.cancel();
});

test('a time-out of a connection that is being made', () => {
  const reactor = dispose(new Reactor());
  // A listener whose queue is full answers to no further connection.
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 0 }));
  const { port } = socket.getsockname(listener) as { port: number };
  const events: unknown[] = [];
  const clients = Array.from({ length: 8 }, () =>
    connect(
      reactor,
      { host: '127.0.0.1', port, idleTimeoutMs: 50 },
      {
        open: () => events.push('open'),
        error: (_, error) => events.push((error as NodeJS.ErrnoException).code),
      },
    ),
  );
  turnUntil(reactor, () => clients.every(({ closed }) => closed));
  expect(events.filter((event) => event === 'ETIMEDOUT')).toHaveLength(8);
});

test('a handler that closes all others in the same tick', () => {
  const reactor = dispose(new Reactor());
  const all: Connection[] = [];
  let timeOuts = 0;
  const handlers: ConnectionHandlers = {
    timeout: () => {
      timeOuts++;
      for (const connection of all) connection.close();
    },
  };
  for (let i = 0; i < 50; i++) {
    const [a, b] = socket.socketpair();
    own(b);
    all.push(new Connection(reactor, a, handlers, { idleTimeoutMs: 10 }));
  }
  reactor.run(); // which ends: no timer is left over
  expect(timeOuts).toBe(1);
});

test('a new owner of the slot does not inherit a time-out', () => {
  let timeOuts = 0;
  const { reactor, connection } = observed(
    {
      timeout: () => {
        timeOuts++;
      },
    },
    { idleTimeoutMs: 20 },
  );
  connection.setDeadline(20);
  connection.close();
  const [a, b] = socket.socketpair();
  own(b);
  const heir = new Connection(reactor, a, {
    timeout: () => {
      timeOuts++;
    },
  });
  turnFor(reactor, 80);
  expect(timeOuts).toBe(0);
  heir.close();
});

test('setIdleTimeout() changes it; 0 ends it', () => {
  let timeOuts = 0;
  const { reactor, connection } = observed({
    timeout: () => {
      timeOuts++;
    },
  });
  connection.setIdleTimeout(10);
  turnUntil(reactor, () => timeOuts > 0);
  connection.setIdleTimeout(0);
  const before = timeOuts;
  turnFor(reactor, 60);
  expect(timeOuts).toBe(before);
});

test('attached, a time-out comes as well', async () => {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  own(b);
  reactor.attach();
  const reason = await new Promise((resolve) => {
    new Connection(reactor, a, { timeout: (_, why) => resolve(why) }, { idleTimeoutMs: 10 });
  });
  expect(reason).toBe('idle');
});

test('wrong times are named', () => {
  const { reactor, connection } = observed({});
  const [a] = ownBoth(socket.socketpair());
  expectOutOfRange(() => connection.setDeadline(-1));
  expectOutOfRange(() => connection.setDeadline(Number.NaN));
  expectOutOfRange(() => connection.setIdleTimeout(Number.POSITIVE_INFINITY));
  expectArgumentType(() => connection.setIdleTimeout('1' as never));
  expectArgumentType(() => new Connection(reactor, a, {}, { idleTimeoutMs: '1' as never }));
  connection.close();
  connection.setDeadline(5);
  connection.setIdleTimeout(5);
});

test.each(['deadline', 'idle'] as const)('another handler of the same tick may put a time-out off: %s', (reason) => {
  const reactor = dispose(new Reactor());
  const timedOut: Connection[] = [];
  const handlers: ConnectionHandlers = {
    timeout: (self, told) => {
      expect(told).toBe(reason);
      timedOut.push(self);
      for (const other of all) {
        if (other === self) continue;
        if (reason === 'deadline') other.setDeadline(null);
        else other.setIdleTimeout(60_000);
      }
    },
  };
  const all = [0, 1, 2].map(() => {
    const [a, b] = socket.socketpair();
    own(b);
    return new Connection(reactor, a, handlers);
  });
  for (const connection of all) {
    if (reason === 'deadline') connection.setDeadline(10);
    else connection.setIdleTimeout(10);
  }
  turnUntil(reactor, () => timedOut.length > 0);
  turnFor(reactor, 10);
  expect(new Set(timedOut).size).toBe(1);
  expect(all.every(({ closed }) => !closed)).toBe(true);
});
