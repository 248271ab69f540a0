// Waits that end otherwise than by bytes: by a signal, a deadline, a close, the reactor. None is for ever, none takes
// bytes with it, and one at a time reads.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type AsyncConnection, adopt, connect, serve } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { fill, sendAll, socketPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { connectionTest } from '../../helpers/streams/backends.js';
import { turnUntil } from '../../helpers/wait.js';
import { asyncTest, bothEnds, codeOf, host, newServer, pair, shared } from './pairs.js';

/** Every way to wait for bytes. */
const reads: Record<string, (connection: AsyncConnection, signal?: AbortSignal) => unknown> = {
  read: (connection, signal) => connection.read(new Uint8Array(100), { signal }),
  readable: (connection, signal) => connection.readable({ signal }),
  readExactly: (connection, signal) => connection.readExactly(100, { signal }),
  readUntil: (connection, signal) => connection.readUntil('\n', 1000, { signal }),
  next: (connection, signal) => connection.chunks({ signal }).next(),
};

for (const [name, read] of Object.entries(reads)) {
  asyncTest(`${name}: a second read beside it is refused, and does not disturb it`, async (reactor) => {
    const { connection, peer } = pair(reactor);
    const first = read(connection);
    for (const second of Object.values(reads)) {
      expect(await codeOf(() => second(connection))).toBe('ERR_INVALID_STATE');
    }
    expect(await codeOf(() => connection.tryRead(shared))).toBe('ERR_INVALID_STATE');
    sendAll(peer, Buffer.from(`${'x'.repeat(99)}\n`));
    await first;
    expect(connection.bytesRead).toBe(100);
  });

  asyncTest(`${name}: a signal ends the wait, and what comes is there for the next read`, async (reactor) => {
    const { connection, peer } = pair(reactor);
    const controller = new AbortController();
    const wait = read(connection, controller.signal);
    if (name.startsWith('read') && name.length > 8) {
      sendAll(peer, Buffer.from('abc')); // too few for it
      await eventually('they came', () => connection.bytesRead === 3);
    }
    sendAll(peer, Buffer.from('def')); // under way when the signal comes
    controller.abort(new Error('why'));
    const error = await Promise.resolve(wait).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: { message: 'why' } });
    const expected = connection.bytesRead + 3 > 6 || name.length > 8 ? 'abcdef' : 'def';
    expect((await connection.readExactly(expected.length))?.toString()).toBe(expected);
    expect(await codeOf(() => read(connection, controller.signal))).toBe('ABORT_ERR');
  });

  asyncTest(
    `${name}: close(), reset(), detach() and the reactor's close() end the wait`,
    async (reactor, { newReactor }) => {
      for (const end of ['close', 'reset'] as const) {
        const { connection } = pair(reactor);
        const wait = codeOf(() => read(connection));
        connection[end]();
        expect(await wait).toBe(name === 'readable' ? 'no error' : 'ERR_INVALID_STATE');
      }
      const { connection } = pair(reactor);
      const wait = codeOf(() => read(connection));
      socket.close(connection.detach().fd);
      expect(await wait).toBe(name === 'readable' ? 'no error' : 'ERR_INVALID_STATE');
      const other = newReactor();
      other.attach();
      const ended = codeOf(() => read(pair(other).connection));
      other.close();
      expect(await ended).toBe(name === 'readable' ? 'no error' : 'ERR_INVALID_STATE');
    },
  );

  asyncTest(`${name}: its deadline ends it, never early, and nothing else`, async (reactor) => {
    const { connection, peer } = pair(reactor);
    const began = performance.now();
    connection.readDeadline = began + 30;
    expect(await codeOf(() => read(connection))).toBe('ETIMEDOUT');
    expect(performance.now()).toBeGreaterThanOrEqual(began + 30);
    expect(await codeOf(() => read(connection))).toBe('ETIMEDOUT'); // known at once
    connection.readDeadline = 0;
    const wait = read(connection);
    sendAll(peer, Buffer.from(`${'x'.repeat(99)}\n`));
    await wait;
    expect(connection.closed).toBe(false);
  });
}

asyncTest('what is there is read after the deadline', async (reactor) => {
  const { connection, peer } = pair(reactor);
  sendAll(peer, Buffer.from('abcdef'));
  await connection.readable();
  connection.readDeadline = 1;
  expect((await connection.readExactly(3))?.toString()).toBe('abc');
  expect(connection.tryRead(shared)).toBe(3);
  expect(await codeOf(() => connection.read(shared))).toBe('ETIMEDOUT');
});

asyncTest('a deadline that races bytes takes none of them with it', async (reactor) => {
  const [left, right] = bothEnds(reactor);
  let got = 0;
  let late = 0;
  for (let sent = 0; sent < 40; sent++) {
    right.readDeadline = performance.now() + (sent % 20) + 1;
    setTimeout(() => void left.write('x'), 16);
    try {
      got += await right.read(shared);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ETIMEDOUT' });
      late++;
    }
  }
  right.readDeadline = 0;
  while (got < 40) got += await right.read(shared);
  expect(got).toBe(40);
  expect(late).toBeGreaterThan(0);
});

asyncTest('a deadline can be moved while it is waited for, either way', async (reactor) => {
  const { connection } = pair(reactor);
  connection.readDeadline = performance.now() + 60_000;
  const wait = codeOf(() => connection.read(shared));
  connection.readDeadline = performance.now() + 20;
  expect(await wait).toBe('ETIMEDOUT');
  connection.readDeadline = performance.now() + 20;
  const began = performance.now();
  const later = codeOf(() => connection.read(shared));
  connection.readDeadline = began + 60;
  expect(await later).toBe('ETIMEDOUT');
  expect(performance.now()).toBeGreaterThanOrEqual(began + 60);
  connection.readDeadline = 0;
  const never = codeOf(() => connection.read(shared));
  connection.readDeadline = 1;
  expect(await never).toBe('ETIMEDOUT');
  for (const time of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
    expect(
      await codeOf(() => {
        connection.readDeadline = time;
      }),
    ).toMatch(/^ERR_/);
  }
});

asyncTest('writeDeadline ends the waits of writes, and not what they have written', async (reactor) => {
  const { connection: left, peer } = pair(reactor, { highWaterMark: 1000, maxQueued: 1e9 });
  const filled = fill(left.fd); // how much a kernel takes else is its own choice
  const bytes = Buffer.alloc(3_000_000, 'w');
  left.writeDeadline = performance.now() + 30;
  const write = codeOf(() => left.write(bytes));
  const flush = codeOf(() => left.flush());
  expect(await Promise.all([write, flush])).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
  expect(await codeOf(() => left.write('x'))).toBe('ETIMEDOUT');
  left.writeDeadline = 0;
  const sent = left.flush();
  const all = filled + bytes.length + 1;
  expect((await adopt(reactor, peer).readExactly(all))?.length).toBe(all);
  await sent;
});

connectionTest('inside run() a call that would wait throws, and says why', async (t) => {
  const reactor = t.newReactor();
  const { connection, peer } = pair(reactor);
  const full = pair(reactor, { highWaterMark: 0 });
  fill(full.connection.fd);
  const server = newServer(reactor);
  const codes: Record<string, string> = {};
  const note = (name: string, call: () => unknown): void => {
    try {
      call();
      codes[name] = 'no error';
    } catch (error) {
      expect((error as Error).message).toMatch(/run\(\)/);
      codes[name] = (error as NodeJS.ErrnoException).code as string;
    }
  };
  reactor.setTimer(0, () => {
    for (const [name, read] of Object.entries(reads)) if (name !== 'next') note(name, () => read(connection));
    note('much', () => full.connection.write(Buffer.alloc(500_000))); // more than the room that comes meanwhile
    note('flush', () => full.connection.flush());
    note('write', () => full.connection.write('x'));
    note('connect', () => connect(reactor, { host, port: 1 }));
    note('serve', () => serve(server, () => {}));
    reactor.stop();
  });
  const next = (): Promise<unknown> => connection.chunks().next();
  let chunk: Promise<string> = Promise.resolve('');
  reactor.setTimer(0, () => {
    chunk = codeOf(next);
  });
  reactor.run();
  expect(new Set(Object.values(codes))).toEqual(new Set(['ERR_INVALID_STATE']));
  expect(await chunk).toBe('ERR_INVALID_STATE');
  // By poll() they go on.
  const wait = connection.read(shared);
  socket.write(peer, Buffer.from('abc'));
  let count = 0;
  void Promise.resolve(wait).then((read) => {
    count = read;
  });
  while (count === 0) {
    turnUntil(reactor, () => connection.bytesRead > 0);
    await null;
  }
  expect(count).toBe(3);
});

connectionTest('a connection that is accepted inside run() is reset, and run() throws', (t) => {
  const reactor = t.newReactor();
  const server = newServer(reactor);
  void serve(server, () => {});
  const fd = socket.connectTcp({ host, port: server.port });
  expect(() => reactor.run()).toThrow(/run\(\)/);
  socket.close(fd);
});

asyncTest('the store of AsyncLocalStorage is kept across every wait', async (reactor) => {
  const store = new AsyncLocalStorage<number>();
  const seen: (number | undefined)[] = [];
  const ends = Array.from({ length: 8 }, () => bothEnds(reactor));
  const all = ends.map(([left, right], i) =>
    store.run(i, async () => {
      for (const read of Object.values(reads)) {
        const wait = read(right);
        left.write(`${'x'.repeat(99)}\n`);
        await wait;
        right.tryRead(shared);
        seen.push(store.getStore());
      }
    }),
  );
  await Promise.all(all);
  expect(seen.sort()).toEqual(ends.flatMap((_, i) => Object.keys(reads).map(() => i)).sort());
});

asyncTest('a connection that fails while nothing is awaited makes no rejection', async (reactor) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const [fd, peer] = socketPair();
    const { connection } = pair(reactor);
    socket.close(fd);
    socket.close(peer);
    connection.write('x');
    connection.reset();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
