// What a program learns of the end of its part: that a file is sent and may be closed, and that a connection is ending.
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own } from '../../helpers/owned.js';
import { tcpPair } from '../../helpers/pairs.js';
import { expectArgumentType } from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

const MIB = 1024 * 1024;

/** An fd of a file of `size` bytes, and its path; gone after the test. */
function fileOf(size: number): { fd: number; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-'));
  const path = join(folder, 'file');
  writeFileSync(path, Buffer.alloc(size, 7));
  const fd = openSync(path, 'r');
  dispose({
    close: () => {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  });
  return { fd, path };
}

function pair(handlers: ConnectionHandlers = {}) {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  return { reactor, connection: new Connection(reactor, a, handlers), peer: own(b) };
}

/** Takes all that is there. Returns how much. */
function take(fd: number): number {
  const buffer = Buffer.alloc(65_536);
  let taken = 0;
  for (let n = socket.recv(fd, buffer); n > 0; n = socket.recv(fd, buffer)) taken += n;
  return taken;
}

test('done is called when the kernel has all of the file, once, and not within sendFile()', () => {
  const { reactor, connection, peer } = pair();
  const { fd } = fileOf(8 * MIB);
  const done: number[] = [];
  connection.write('head');
  connection.sendFile(fd, 0, 8 * MIB, { done: (file) => done.push(file) });
  reactor.poll(0);
  expect(done).toEqual([]); // the peer has read nothing
  let received = 0;
  turnUntil(reactor, () => {
    received += take(peer);
    return done.length > 0;
  });
  turnUntil(reactor, () => {
    received += take(peer);
    return received === 8 * MIB + 4;
  });
  reactor.poll(0);
  expect(done).toEqual([fd]);
});

test('an empty part is done as well, in a turn', () => {
  const { reactor, connection } = pair();
  const { fd } = fileOf(1);
  const done: number[] = [];
  connection.sendFile(fd, 1, 1, { done: (file) => done.push(file) });
  expect(done).toEqual([]);
  turnUntil(reactor, () => done.length === 1);
});

test('done is called, after close, for the files that were not sent', () => {
  const events: string[] = [];
  const { reactor, connection, peer } = pair({ close: () => events.push('close') });
  const { fd } = fileOf(8 * MIB);
  for (const name of ['first', 'second']) connection.sendFile(fd, 0, 8 * MIB, { done: () => events.push(name) });
  reactor.poll(0);
  socket.close(peer);
  turnUntil(reactor, () => events.length === 3);
  expect(events).toEqual(['close', 'first', 'second']);
  expect(connection.sendFile(fd, 0, 1, { done: () => events.push('third') })).toBe(false);
  turnUntil(reactor, () => events.length === 4);
});

test('a file that has ended too early is done', () => {
  const events: string[] = [];
  const { reactor, connection, peer } = pair({
    error: (_, error) => events.push((error as { code?: string }).code ?? ''),
  });
  const { fd, path } = fileOf(100);
  truncateSync(path, 50);
  connection.sendFile(fd, 0, 100, { done: () => events.push('done') });
  turnUntil(reactor, () => events.length === 2);
  expect([events, take(peer)]).toEqual([['ERR_FILE_ENDED', 'done'], 50]);
});

test('done may send the next file; what it throws leaves the turn, and the others are called', () => {
  const { reactor, connection, peer } = pair();
  const { fd } = fileOf(10);
  let left = 5;
  const next = (): void => {
    if (left-- > 0) connection.sendFile(fd, 0, 10, { done: next });
  };
  next();
  let received = 0;
  turnUntil(reactor, () => {
    received += take(peer);
    return received === 50;
  });
  const done: string[] = [];
  connection.sendFile(fd, 0, 0, {
    done: () => {
      throw new Error('mine');
    },
  });
  connection.sendFile(fd, 0, 0, { done: () => done.push('other') });
  expect(() => reactor.poll(0)).toThrow('mine');
  reactor.poll(0);
  expect(done).toEqual(['other']);
  expectArgumentType(() => connection.sendFile(fd, 0, 1, { done: 1 as never }));
});

test('done is not called once the reactor is closed', () => {
  const { reactor, connection } = pair();
  const { fd } = fileOf(8 * MIB);
  let called = false;
  connection.sendFile(fd, 0, 8 * MIB, {
    done: () => {
      called = true;
    },
  });
  reactor.close();
  expect([called, connection.closed]).toEqual([false, true]);
});

test('ending says that nothing more can be written, also where the listener called end()', () => {
  const reactor = dispose(new Reactor());
  let accepted: Connection | undefined;
  const listener = new Listener(
    reactor,
    { host: '127.0.0.1', port: 0 },
    {
      open: (connection) => {
        accepted = connection;
      },
    },
  );
  const client = connect(reactor, { host: '127.0.0.1', port: (listener.address as { port: number }).port }, {});
  turnUntil(reactor, () => accepted !== undefined);
  expect([accepted?.ending, client.ending]).toEqual([false, false]);
  listener.close({ graceMs: 10_000 });
  expect([accepted?.ending, client.ending]).toEqual([true, false]);
  turnUntil(reactor, () => client.closed);
  expect(client.ending).toBe(true); // it answered the end by its own
});

test('a `done` that sends the next file of a closed connection lets the others be served', () => {
  const reactor = dispose(new Reactor());
  const { fd } = fileOf(100);
  const [a] = tcpPair();
  const connection = new Connection(reactor, a, {});
  connection.close();
  let calls = 0;
  let isOver = false;
  let got = '';
  const next = (): void => {
    calls++;
    if (!isOver && calls < 100_000) connection.sendFile(fd, 0, 10, { done: next });
  };
  next();
  const [c, d] = tcpPair();
  new Connection(reactor, c, {
    data: (_connection, bytes) => {
      got += bytes;
      isOver = true;
    },
  });
  socket.send(d, Buffer.from('x'));
  turnUntil(reactor, () => got === 'x');
  expect(calls).toBeLessThan(100_000);
});
