// Unix sockets: stream and datagram, in the file system and abstract, and the edges of their paths.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, Reactor, Ready, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { dispose, own } from '../helpers/owned.js';
import { acceptOne, recvAll, socketPair } from '../helpers/pairs.js';
import { expectBadArgument, expectSystemError } from '../helpers/throws.js';
import { awaitReady, turnFor, turnUntil } from '../helpers/wait.js';

const { constants } = socket;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fdreactor-unix-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function datagramSocket(path?: string): number {
  const fd = own(socket.socket(constants.AF_UNIX, constants.SOCK_DGRAM, 0));
  if (path !== undefined) socket.bind(fd, { path });
  return fd;
}

test('a stream through a path', () => {
  const path = join(directory, 'stream');
  const listener = own(socket.listenUnix({ path }));
  const client = own(socket.connectUnix({ path }));
  const server = acceptOne(listener);
  socket.send(client, Buffer.from('through a path'));
  expect(recvAll(server, 14).toString()).toBe('through a path');
  expect(socket.getsockname(listener)).toEqual({ path });
  expect(socket.getpeername(client)).toEqual({ path });
});

test('an abstract name starts with NUL and leaves no file', () => {
  const path = `\0fdreactor-test-${process.pid}`;
  const listener = own(socket.listenUnix({ path }));
  const client = own(socket.connectUnix({ path }));
  acceptOne(listener);
  expect(socket.getpeername(client)).toEqual({ path });
  expectSystemError(() => socket.listenUnix({ path }), 'EADDRINUSE', { path });
});

test('two abstract names that differ only after an inner NUL are two', () => {
  const name = `\0fdreactor\0${process.pid}`;
  own(socket.listenUnix({ path: name }));
  expectSystemError(() => socket.connectUnix({ path: `${name}x` }), 'ECONNREFUSED', { path: `${name}x` });
});

test('the longest path works, one byte more is an error that names it', () => {
  const longest = join(directory, 'x'.repeat(107 - directory.length - 1));
  own(socket.listenUnix({ path: longest }));
  expect(socket.getpeername(own(socket.connectUnix({ path: longest })))).toEqual({ path: longest });
  for (const path of [`${longest}x`, 'x'.repeat(5000)]) expectBadArgument(() => socket.listenUnix({ path }));
});

test('a path is counted in bytes, not characters', () => {
  const path = join(directory, 'ü'.repeat(54));
  expect(path.length).toBeLessThan(107);
  expectBadArgument(() => socket.listenUnix({ path }));
  const short = join(directory, 'grüße');
  own(socket.listenUnix({ path: short }));
  expect(socket.getpeername(own(socket.connectUnix({ path: short })))).toEqual({ path: short });
});

test('a NUL inside a file path, an empty path, and a value that is not a string are refused', () => {
  expectBadArgument(() => socket.listenUnix({ path: `${directory}/a\0b` }));
  expectBadArgument(() => socket.listenUnix({ path: '' }));
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  for (const path of [null, 1, {}, undefined] as any[]) expectBadArgument(() => socket.connectUnix({ path }));
});

test('a socket file without a listener refuses, and cannot be listened on until it is removed', () => {
  const path = join(directory, 'stale');
  socket.close(socket.listenUnix({ path }));
  expectSystemError(() => socket.connectUnix({ path }), 'ECONNREFUSED', { path, syscall: 'connect' });
  expectSystemError(() => socket.listenUnix({ path }), 'EADDRINUSE', { path });
});

test('a missing file is ENOENT, a file that is not a socket is ECONNREFUSED', () => {
  const path = join(directory, 'plain');
  writeFileSync(path, '');
  expectSystemError(() => socket.connectUnix({ path }), 'ECONNREFUSED', { path });
  expectSystemError(() => socket.connectUnix({ path: `${path}-not` }), 'ENOENT', { path: `${path}-not` });
});

test('datagrams keep their edges and tell their sender', () => {
  const [serverPath, clientPath] = [join(directory, 'server'), join(directory, 'client')];
  const server = datagramSocket(serverPath);
  const client = datagramSocket(clientPath);
  expect(socket.sendto(client, Buffer.from('one'), 0, 3, 0, { path: serverPath })).toBe(3);
  expect(socket.sendto(client, Buffer.from('second'), 0, 6, 0, new SocketAddress({ path: serverPath }))).toBe(6);
  const buffer = Buffer.alloc(64);
  const sender = new SocketAddress();
  expect(socket.recvfrom(server, buffer, 0, 64, 0, sender)).toBe(3);
  expect(sender.family).toBe('unix');
  expect(sender.path).toBe(clientPath);
  expect(socket.recvfrom(server, buffer, 0, 64, 0, sender)).toBe(6);
  expect(buffer.toString('utf8', 0, 6)).toBe('second');
});

test('a datagram of an unnamed sender gives an address without a path, not the one before', () => {
  const path = join(directory, 'unnamed');
  const server = datagramSocket(path);
  const sender = new SocketAddress({ path: '/earlier' });
  socket.sendto(datagramSocket(), Buffer.from('x'), 0, 1, 0, { path });
  expect(socket.recvfrom(server, Buffer.alloc(4), 0, 4, 0, sender)).toBe(1);
  expect(sender.path ?? '').toBe('');
});

test('a datagram without a receiver is ENOENT or ECONNREFUSED with the path', () => {
  const fd = datagramSocket();
  const path = join(directory, 'nobody');
  const send = (): number => socket.sendto(fd, Buffer.from('x'), 0, 1, 0, { path });
  expectSystemError(send, 'ENOENT', { path, syscall: 'sendto', fd });
});

const blocks = { needs: 'proc' } as const; // the BSDs say ENOBUFS instead

testWith(
  blocks,
  'a datagram to a receiver whose queue is full: a connected sender is WRITABLE when there is room, another always',
  () => {
    const path = join(directory, 'full-queue');
    const receiver = datagramSocket(path);
    const connected = datagramSocket();
    const unconnected = datagramSocket();
    expect(socket.connect(connected, { path })).toBe(0);
    const message = Buffer.from('x');
    while (socket.send(connected, message) !== WOULD_BLOCK);
    expect(socket.sendto(unconnected, message, 0, 1, 0, { path })).toBe(WOULD_BLOCK);

    const reactor = dispose(new Reactor());
    let told = 0;
    reactor.register(connected, Interest.WRITABLE, () => {
      told++;
    });
    expect(turnFor(reactor)).toBe(0); // no busy loop
    expect(awaitReady(unconnected, Interest.WRITABLE) & Ready.WRITABLE).not.toBe(0); // this would be one
    for (const buffer = Buffer.alloc(1); socket.recv(receiver, buffer) !== WOULD_BLOCK; );
    turnUntil(reactor, () => told > 0);
    expect(socket.send(connected, message)).toBe(1);
  },
);

test('socketpair: stream by default, datagram and seqpacket by type', () => {
  const [a, b] = socket.socketpair(constants.AF_UNIX, constants.SOCK_DGRAM).map(own) as [number, number];
  socket.send(a, new Uint8Array(3));
  socket.send(a, new Uint8Array(5));
  const buffer = new Uint8Array(64);
  expect([socket.recv(b, buffer), socket.recv(b, buffer)]).toEqual([3, 5]);
  const [c, d] = socket.socketpair(constants.AF_UNIX, constants.SOCK_SEQPACKET).map(own) as [number, number];
  socket.send(c, new Uint8Array(2));
  expect(socket.recv(d, buffer)).toBe(2);
  const [e, f] = socketPair();
  socket.send(e, new Uint8Array(3));
  socket.send(e, new Uint8Array(5));
  expect(socket.recv(f, buffer)).toBe(8);
});

test('socketpair of a family without pairs is EOPNOTSUPP', () => {
  const pair = (): unknown => socket.socketpair(constants.AF_INET, constants.SOCK_STREAM);
  expectSystemError(pair, 'EOPNOTSUPP', { syscall: 'socketpair' });
});

test('a full queue of a listener is WOULD_BLOCK for connect, or a clear error', () => {
  const path = join(directory, 'full');
  own(socket.listenUnix({ path, backlog: 1 }));
  const outcomes = new Set<string>();
  for (let i = 0; i < 8; i++) {
    try {
      own(socket.connectUnix({ path }));
      outcomes.add('connected');
    } catch (error) {
      outcomes.add((error as { code: string }).code);
    }
  }
  expect([...outcomes]).toEqual(['connected', 'EAGAIN']);
});

test('the end of a stream is 0, unread data at close is a reset', () => {
  const [a, b] = socketPair();
  socket.close(b);
  expect(awaitReady(a, Interest.READABLE) & (Ready.READ_CLOSED | Ready.HANGUP)).not.toBe(0);
  expect(socket.recv(a, new Uint8Array(1))).toBe(0);
  const [c, d] = socketPair();
  socket.send(c, new Uint8Array(1));
  expect(socket.recv(c, new Uint8Array(1))).toBe(WOULD_BLOCK);
  socket.close(d);
  expectSystemError(() => socket.recv(c, new Uint8Array(1)), 'ECONNRESET', { fd: c });
});
