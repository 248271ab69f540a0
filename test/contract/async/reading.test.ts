// Reads by await: what is there is returned at once, what is not is waited for, and nothing is lost in between.
import { randomBytes } from 'node:crypto';
import { WOULD_BLOCK } from 'fdreactor';
import { adopt } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reset, sendAll, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { wineHidesResets } from '../../helpers/platform.js';
import { asyncTest, atOnce, bothEnds, codeOf, pair, readAll, shared } from './pairs.js';

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

asyncTest('read() waits, and returns at once what is there', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const buffer = Buffer.alloc(3);
  const first = connection.read(buffer);
  expect(first).toBeInstanceOf(Promise);
  socket.write(peer, Buffer.from('abcdefgh'));
  expect(await first).toBe(3);
  expect(text(buffer)).toBe('abc');
  expect(connection.unread).toBe(5);
  expect(connection.read(buffer)).toBe(3);
  expect(text(buffer)).toBe('def');
  expect(connection.tryRead(buffer)).toBe(2);
  expect(connection.tryRead(buffer)).toBe(WOULD_BLOCK);
  expect(connection.bytesRead).toBe(8);
});

asyncTest(
  'readable() waits for bytes, which tryRead() takes; and is over at once where they are there',
  async (reactor) => {
    const { connection, peer } = pair(reactor);
    const wait = connection.readable();
    expect(wait).toBeInstanceOf(Promise);
    socket.write(peer, Buffer.from('one'));
    expect(await wait).toBeUndefined();
    expect(connection.readable()).toBeUndefined();
    expect(connection.tryRead(shared)).toBe(3);
    expect(text(shared.subarray(0, 3))).toBe('one');
    socket.close(peer);
    await connection.readable();
    expect(connection.tryRead(shared)).toBe(0);
    expect(connection.read(shared)).toBe(0);
    expect(connection.readable()).toBeUndefined();
  },
);

asyncTest('bytes of one turn stay for many connections until each has read, however late', async (reactor) => {
  const ends = Array.from({ length: 50 }, () => pair(reactor));
  const waits = ends.map(({ connection }) => connection.readable());
  for (const [i, { peer }] of ends.entries()) socket.write(peer, Buffer.from(`to ${i}`));
  await Promise.all(waits);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { connection, peer } = pair(reactor);
  socket.write(peer, Buffer.from('another turn'));
  await connection.readable();
  for (const [i, { connection }] of ends.entries()) {
    expect(text(await connection.readExactly(`to ${i}`.length))).toBe(`to ${i}`);
  }
});

asyncTest('readExactly() takes as many as it was asked for, over any number of chunks', async (reactor) => {
  const { connection, peer } = pair(reactor);
  expect(text(atOnce(connection.readExactly(0)))).toBe('');
  const whole = connection.readExactly(10);
  for (const part of ['a', 'bc', 'defg', 'hijklm']) {
    socket.write(peer, Buffer.from(part));
    await eventually('it came', () => connection.bytesRead >= 'abcdefghijklm'.indexOf(part) + part.length);
  }
  expect(text(await whole)).toBe('abcdefghij');
  expect(text(atOnce(connection.readExactly(3)))).toBe('klm');
  socket.close(peer);
  expect(await connection.readExactly(1)).toBeNull();
});

asyncTest('readExactly() of more than maxUnread gets all of it', async (reactor) => {
  const [left, right] = bothEnds(reactor, { maxUnread: 1000 });
  const bytes = randomBytes(3_000_000);
  const read = right.readExactly(bytes.length);
  await left.write(bytes);
  expect((await read)?.equals(bytes)).toBe(true);
  expect(right.unread).toBe(0);
});

asyncTest('an end in the middle is an error, and what has come can still be read', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const cut = connection.readExactly(10);
  sendAll(peer, Buffer.from('half\nrest'));
  socket.close(peer);
  expect(await codeOf(() => cut)).toBe('ERR_UNEXPECTED_END');
  expect(text(await connection.readUntil('\n', 10))).toBe('half');
  expect(await codeOf(() => connection.readUntil('\n', 10))).toBe('ERR_UNEXPECTED_END');
  expect(text(await connection.readExactly(4))).toBe('rest');
  expect(await connection.readUntil('\n', 10)).toBeNull();
});

asyncTest('readUntil() takes what is before a delimiter, one that comes in parts among them', async (reactor) => {
  const { connection, peer } = pair(reactor);
  sendAll(peer, Buffer.from('GET /\r\n\r\nbody\r'));
  expect(text(await connection.readUntil('\r\n', 100))).toBe('GET /');
  expect(text(atOnce(connection.readUntil('\r\n', 0)))).toBe('');
  const rest = connection.readUntil(Buffer.from('\r\n'), 4);
  sendAll(peer, Buffer.from('\n'));
  expect(text(await rest)).toBe('body');
});

asyncTest('readUntil() refuses what is longer than its limit, and leaves it unread', async (reactor) => {
  const { connection, peer } = pair(reactor);
  sendAll(peer, Buffer.from('12345\n'));
  expect(await codeOf(() => connection.readUntil('\n', 4))).toBe('ERR_FRAME_TOO_LARGE');
  expect(text(await connection.readUntil('\n', 5))).toBe('12345');
  const wait = connection.readUntil('--', 4);
  sendAll(peer, Buffer.from('1234-'));
  await eventually('it came', () => connection.bytesRead === 11);
  sendAll(peer, Buffer.from('5'));
  expect(await codeOf(() => wait)).toBe('ERR_FRAME_TOO_LARGE');
  expect(connection.unread).toBe(6);
});

asyncTest(
  'what came before a reset is read, and then the error is thrown',
  async (reactor) => {
    const [fd, peer] = tcpPair();
    const connection = adopt(reactor, fd);
    sendAll(peer, Buffer.from('last words'));
    await connection.readable();
    reset(peer);
    await eventually('it is closed', () => connection.closed);
    expect(text(atOnce(connection.readExactly(10)))).toBe('last words');
    for (const call of [
      () => connection.read(shared),
      () => connection.tryRead(shared),
      () => connection.readExactly(1),
    ]) {
      expect(await codeOf(call)).toBe('ECONNRESET');
    }
    expect(await codeOf(() => connection.write('x'))).toBe('ECONNRESET');
    expect(connection.readable()).toBeUndefined();
  },
  { notUnderWine: wineHidesResets },
);

asyncTest('a connection that nothing reads receives no more than maxUnread and one turn', async (reactor) => {
  const [left, right] = bothEnds(reactor, { maxUnread: 10_000, maxQueued: 1e9 });
  const bytes = randomBytes(8_000_000);
  const written = left.write(bytes);
  await eventually('it rests', () => right.unread > 10_000);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(right.unread).toBeLessThanOrEqual(10_000 + 65_536);
  left.end();
  expect((await readAll(right)).equals(bytes)).toBe(true);
  await written;
});

asyncTest('a buffer without room, and anything but a buffer, is refused', async (reactor) => {
  const { connection } = pair(reactor);
  expect(await codeOf(() => connection.read(new Uint8Array(0)))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => connection.tryRead('x' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(() => connection.readExactly(-1))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => connection.readUntil('', 1))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => connection.readUntil('\n', Number.NaN))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => connection.read(shared, { signal: {} as never }))).toBe('ERR_INVALID_ARG_TYPE');
});

asyncTest('a buffer that is transferred while it is read into fails the read, and the bytes stay', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const buffer = new Uint8Array(10);
  const read = connection.read(buffer);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  socket.write(peer, Buffer.from('abc'));
  expect(await codeOf(() => read)).toMatch(/^ERR_/);
  expect(text(await connection.readExactly(3))).toBe('abc');
});
