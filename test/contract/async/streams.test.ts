// Connections as streams of the web, of Node, and of RxJS: bytes both ways, back-pressure, and ends of every kind.
import { createHash, randomBytes } from 'node:crypto';
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AsyncConnection, adopt } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { firstValueFrom, from, lastValueFrom, map, reduce, take, toArray } from 'rxjs';
import { expect } from 'vitest';
import { reset, sendAll, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { wineHidesResets } from '../../helpers/platform.js';
import { asyncTest, bothEnds, codeOf, pair, readAll, shared } from './pairs.js';

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

asyncTest('through a pair of web streams all bytes come, and the end', async (reactor) => {
  const [left, right] = bothEnds(reactor);
  const bytes = randomBytes(3_000_000);
  const { readable, writable } = right.streams();
  const echo = readable.pipeTo(writable);
  const read = readAll(left);
  for (let at = 0; at < bytes.length; at += 100_000) await left.write(bytes.subarray(at, at + 100_000));
  left.end();
  expect(hashOf(await read)).toBe(hashOf(bytes));
  await echo;
  await eventually('both are closed', () => left.closed && right.closed);
});

asyncTest('pipeThrough() takes what streams() returns', async (reactor) => {
  const [left, right] = bothEnds(reactor);
  void right.streams().readable.pipeTo(right.streams().writable);
  const source = new Blob(['a', 'b', 'c']).stream();
  const parts: Uint8Array[] = [];
  const reader = source.pipeThrough(left.streams()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  expect(Buffer.concat(parts).toString()).toBe('abc');
});

asyncTest('a BYOB reader gets the bytes in its own buffer, and the end', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const reader = connection.streams().readable.getReader({ mode: 'byob' });
  sendAll(peer, Buffer.from('0123456789'));
  const first = await reader.read(new Uint8Array(4));
  expect(Buffer.from(first.value as Uint8Array).toString()).toBe('0123');
  const second = await reader.read(new Uint8Array((first.value as Uint8Array).buffer as ArrayBuffer));
  expect(Buffer.from(second.value as Uint8Array).toString()).toBe('4567');
  socket.close(peer);
  expect((await reader.read(new Uint8Array(8))).value?.length).toBe(2);
  expect((await reader.read(new Uint8Array(8))).done).toBe(true);
});

asyncTest('a web stream that is cancelled closes its connection', async (reactor) => {
  const { connection } = pair(reactor);
  await connection.streams().readable.cancel();
  expect(connection.closed).toBe(true);
});

asyncTest(
  'a web stream that is aborted resets its connection, and one whose peer resets it fails',
  async (reactor) => {
    const [fd, peer] = tcpPair();
    const aborted = adopt(reactor, fd);
    await aborted.streams().writable.abort();
    // The reset leaves in the next turn, which a wait that holds this thread would keep from coming.
    expect(await codeOf(() => adopt(reactor, peer).read(shared))).toBe('ECONNRESET');
    const [other, otherPeer] = tcpPair();
    const reader = adopt(reactor, other).streams().readable.getReader();
    const read = codeOf(() => reader.read());
    reset(otherPeer);
    expect(await read).toBe('ECONNRESET');
  },
  { notUnderWine: wineHidesResets },
);

asyncTest('pipeline() of Node holds its source while the peer does not read', async (reactor) => {
  const [left, right] = bothEnds(reactor, { maxUnread: 1000 });
  let made = 0;
  const source = Readable.from(
    (function* () {
      for (; made < 400; made++) yield Buffer.alloc(100_000, made);
    })(),
  );
  const done = pipeline(source, Duplex.fromWeb(left.streams() as never) as never);
  await eventually('it rests', () => right.unread > 1000 && left.queued > 0);
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThan(60);
  const read = readAll(right);
  await eventually('all is made', () => made === 400);
  right.end();
  expect((await read).length).toBe(40_000_000);
  await done;
});

asyncTest('from() of RxJS: each chunk, and complete at the end', async (reactor) => {
  const [left, right] = bothEnds(reactor);
  const text = lastValueFrom(from(right).pipe(reduce((all, bytes) => all + bytes.toString(), '')));
  for (const part of ['one ', 'two ', 'three']) {
    left.write(part);
    await left.flush();
  }
  left.end();
  expect(await text).toBe('one two three');
});

asyncTest('RxJS unsubscribes: the connection is closed at once', async (reactor) => {
  const { connection, peer } = pair(reactor);
  sendAll(peer, Buffer.from('first'));
  const first = from(connection).pipe(take(1), map(String), toArray());
  expect(await firstValueFrom(first)).toEqual(['first']);
  expect(connection.closed).toBe(true);
  const idle = pair(reactor).connection;
  const told: unknown[] = [];
  const subscription = from(idle).subscribe({ next: (x) => told.push(x), error: (x) => told.push(x) });
  subscription.unsubscribe();
  expect(idle.closed).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
});

asyncTest(
  'RxJS is told what a connection fails with',
  async (reactor) => {
    const [fd, peer] = tcpPair();
    const failing: AsyncConnection = adopt(reactor, fd);
    const code = codeOf(() => lastValueFrom(from(failing)));
    reset(peer);
    expect(await code).toBe('ECONNRESET');
  },
  { notUnderWine: wineHidesResets },
);
