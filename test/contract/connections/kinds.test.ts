// The kinds of fds: Unix sockets and their files, pipes, terminals; and the addresses of each.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, connect, Listener } from 'fdreactor/connection';
import { openpty } from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { dispose, own, ownBoth } from '../../helpers/owned.js';
import { pipePair, recvAll } from '../../helpers/pairs.js';
import { caught, expectSystemError } from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

/** Handlers that note what happens. */
function noting(events: string[]): ConnectionHandlers {
  return {
    data: (_, bytes) => events.push(`data ${bytes}`),
    error: (_, error) => events.push(`error ${(error as NodeJS.ErrnoException).code}`),
    close: () => events.push('close'),
  };
}

testWith({}, 'the addresses of a TCP connection, at both ends', () => {
  const reactor = dispose(new Reactor());
  const accepted: unknown[] = [];
  const listener = new Listener(
    reactor,
    { host, port: 0 },
    {
      open: (self) => accepted.push(self.remoteAddress, self.localAddress),
      close: (self) => accepted.push(self.remoteAddress, self.localAddress),
    },
  );
  const { port } = listener.address as { port: number };
  const client = connect(reactor, { host, port }, { open: (self) => self.end() });
  const local = client.localAddress;
  expect(client.remoteAddress).toEqual({ address: host, port, family: 'IPv4' });
  turnUntil(reactor, () => client.closed && listener.size === 0);
  expect(accepted).toEqual([local, { address: host, port, family: 'IPv4' }, local, null]);
  reactor.poll(0);
  expect(client.remoteAddress).toBe(null);
  expect(client.localAddress).toBe(null);
});

testWith(
  { needs: 'unixSockets' },
  'a Unix socket: its file goes with the listener, unless another has its name',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fdreactor-kinds-'));
    const path = join(folder, 'socket');
    const reactor = dispose(new Reactor());
    let text = '';
    const handlers: ConnectionHandlers = {
      open: (self) => expect(self.remoteAddress).toEqual({ path: '' }),
      data: (_, bytes) => {
        text += bytes;
      },
    };
    const first = new Listener(reactor, { path }, handlers);
    expect(first.address).toEqual({ path });
    expectSystemError(() => new Listener(reactor, { path }, handlers), 'EADDRINUSE');
    const client = connect(reactor, { path }, { open: (self) => self.end('over a path') });
    expect(client.remoteAddress).toEqual({ path });
    turnUntil(reactor, () => client.closed);
    expect(text).toBe('over a path');
    first.close();
    expect(existsSync(path)).toBe(false);
    const second = new Listener(reactor, { path }, handlers);
    rmSync(path);
    writeFileSync(path, 'of another');
    second.close();
    expect(existsSync(path)).toBe(true);
    rmSync(path);
    new Listener(reactor, { path }, handlers);
    reactor.close();
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true });
  },
);

testWith({ needs: 'unixSockets' }, 'a listener whose socket cannot be looked up any more closes all the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-kinds-'));
  const inside = join(folder, 'inside');
  mkdirSync(inside);
  const reactor = dispose(new Reactor());
  const listener = new Listener(reactor, { path: join(inside, 'socket') }, {});
  renameSync(inside, join(folder, 'moved'));
  symlinkSync(inside, inside); // ELOOP
  listener.close();
  reactor.poll(0);
  expect(listener.size).toBe(0);
  rmSync(folder, { recursive: true });
});

testWith({ needs: 'pipe' }, 'the reading end of a pipe', () => {
  const reactor = dispose(new Reactor());
  const [reading, writing] = pipePair();
  const events: string[] = [];
  const connection = new Connection(reactor, reading, noting(events));
  expect(connection.remoteAddress).toBe(null);
  socket.write(writing, Buffer.from('through'));
  turnUntil(reactor, () => events.length > 0);
  socket.close(writing);
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['data through', 'close']);
});

testWith({ needs: 'pipe' }, 'what is written to the reading end of a pipe is an error', () => {
  const reactor = dispose(new Reactor());
  const [reading] = pipePair();
  const events: string[] = [];
  const connection = new Connection(reactor, reading, noting(events));
  connection.write('x');
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['error EBADF', 'close']);
});

testWith({ needs: 'pipe' }, 'the writing end of a pipe: bytes in order, and its end by end()', () => {
  const reactor = dispose(new Reactor());
  const [reading, writing] = pipePair();
  const events: string[] = [];
  const connection = new Connection(reactor, writing, noting(events));
  connection.resume();
  connection.write('small ');
  connection.write(Buffer.alloc(30_000, 97));
  connection.write(' and large');
  connection.end();
  expect(connection.closed).toBe(false);
  turnUntil(reactor, () => connection.closed);
  expect(recvAll(reading).toString()).toBe(`small ${'a'.repeat(30_000)} and large`);
  expect(events).toEqual(['close']);
});

testWith({ needs: 'pipe' }, 'the writing end of a full pipe ends when all is read', () => {
  const reactor = dispose(new Reactor());
  const [reading, writing] = pipePair();
  const connection = new Connection(reactor, writing, {});
  connection.write(Buffer.alloc(1_000_000, 98));
  connection.end();
  let total = 0;
  const buffer = Buffer.alloc(65_536);
  turnUntil(reactor, () => {
    const n = socket.read(reading, buffer);
    total += Math.max(n, 0);
    return connection.closed && n <= 0;
  });
  expect(total).toBe(1_000_000);
});

testWith({ needs: 'pipe' }, 'a pipe that has no reader any more: EPIPE, without a write', () => {
  const reactor = dispose(new Reactor());
  const [reading, writing] = pipePair();
  const events: string[] = [];
  const connection = new Connection(reactor, writing, noting(events));
  reactor.poll(0);
  socket.close(reading);
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['error EPIPE', 'close']);
});

testWith({ needs: 'epoll' }, 'a terminal: both directions, and its hang-up', () => {
  const reactor = dispose(new Reactor());
  const [master, slave] = ownBoth(openpty());
  const events: string[] = [];
  const connection = new Connection(reactor, master, noting(events));
  connection.write('line\n');
  turnUntil(reactor, () => events.join('').includes('line'));
  socket.close(slave);
  turnUntil(reactor, () => connection.closed);
  expect(events.slice(-2)).toEqual(['error EIO', 'close']); // what read(2) says of a terminal that hung up
});

testWith({ needs: 'pollableFiles' }, 'what is not a stream that can be watched is refused, and stays as it is', () => {
  const reactor = dispose(new Reactor());
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-kinds-'));
  const [a, b] = ownBoth(socket.socketpair());
  reactor.register(a, 0, () => {});
  expectSystemError(() => new Connection(reactor, a, {}), 'EEXIST');
  socket.close(b);
  expectSystemError(() => new Connection(reactor, b, {}), 'EBADF');
  expect(caught(() => new Listener(reactor, { fd: a }, {})).code).toBe('ERR_INVALID_ARG_VALUE');
  expect(socket.getsockname(own(a))).toEqual({ path: '' });
  rmSync(folder, { recursive: true });
});
