// sendFile(): in order with what is written, whatever the sizes, and what becomes of files that end, fail, or are never
// sent.
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { dispose, ownFile } from '../../helpers/owned.js';
import { recvAll, reset, tcpPair } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { sendFileIntoReset } from '../../helpers/platform.js';
import { expectArgumentType, expectInvalidState, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

const SIZE = 5_000_000;
const bytes = randomBytes(SIZE);
let folder = '';
let path = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fdreactor-send-file-'));
  path = join(folder, 'bytes');
  writeFileSync(path, bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

function pair(handlers: ConnectionHandlers = {}, options = {}) {
  const reactor = dispose(new Reactor());
  const [fd, peer] = tcpPair();
  return { reactor, connection: new Connection(reactor, fd, handlers, options), peer };
}

/** Reads the peer until its end, or until so many bytes have come. */
function receive(reactor: Reactor, peer: number, count = Number.POSITIVE_INFINITY): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  let isOver = false;
  const buffer = Buffer.alloc(65_536);
  turnUntil(
    reactor,
    () => {
      for (;;) {
        const n = socket.recv(peer, buffer);
        if (n === 0) isOver = true;
        if (n <= 0) break;
        parts.push(Buffer.from(buffer.subarray(0, n)));
        total += n;
      }
      return isOver || total >= count;
    },
    patience(10_000),
  );
  return Buffer.concat(parts);
}

test('a file comes whole, between what is written before and after', () => {
  const { reactor, connection, peer } = pair();
  const file = ownFile(openSync(path, 'r'));
  connection.write('head ');
  expect(connection.sendFile(file)).toBe(true);
  connection.write(' tail');
  connection.end();
  const got = receive(reactor, peer);
  expect(got.equals(Buffer.concat([Buffer.from('head '), bytes, Buffer.from(' tail')]))).toBe(true);
  expect(connection.bytesWritten).toBe(SIZE + 10);
});

test.each([
  [0, 1],
  [4_999_999, 5_000_000],
  [1234, 1234],
  [1_000_000, 2_048_577],
])('the range from %i to %i', (start, end) => {
  const { reactor, connection, peer } = pair();
  const file = ownFile(openSync(path, 'r'));
  connection.sendFile(file, start, end);
  connection.end();
  expect(receive(reactor, peer).equals(bytes.subarray(start, end))).toBe(true);
});

test('many files and writes keep their order; drain comes when all is sent', () => {
  let drains = 0;
  const { reactor, connection, peer } = pair({
    drain: () => {
      drains++;
    },
  });
  const file = ownFile(openSync(path, 'r'));
  const expected: Buffer[] = [];
  for (let i = 0; i < 60; i++) {
    const length = i % 5 === 0 ? 300_000 : 1 + i * 37;
    const hasRoom = connection.sendFile(file, i * 1000, i * 1000 + length);
    expect(hasRoom).toBe(i === 0);
    expected.push(bytes.subarray(i * 1000, i * 1000 + length));
    const text = Buffer.alloc(i % 7 === 0 ? 50_000 : 20, i);
    connection.write(text);
    expected.push(text);
  }
  const all = Buffer.concat(expected);
  expect(receive(reactor, peer, all.length).equals(all)).toBe(true);
  turnUntil(reactor, () => drains > 0);
  expect(drains).toBe(1);
  expect(connection.queued).toBe(0);
});

test('a file beyond 4 GiB: the place has 64 bits', () => {
  const large = join(folder, 'large');
  const file = ownFile(openSync(large, 'w+'));
  const place = 5 * 2 ** 30 + 12_345;
  ftruncateSync(file, place + 100_000);
  const { reactor, connection, peer } = pair();
  connection.sendFile(file, place, place + 100_000);
  connection.end();
  expect(receive(reactor, peer).equals(Buffer.alloc(100_000))).toBe(true);
});

test('a file that ends too early ends the connection with ERR_FILE_ENDED', () => {
  const codes: unknown[] = [];
  const { reactor, connection, peer } = pair({
    error: (_, error) => codes.push((error as NodeJS.ErrnoException).code),
    close: () => codes.push('close'),
  });
  const file = ownFile(openSync(path, 'r'));
  connection.sendFile(file, SIZE - 10, SIZE + 1);
  expect(receive(reactor, peer)).toHaveLength(10);
  expect(codes).toEqual(['ERR_FILE_ENDED', 'close']);
});

test('a number that is not a file is an error of sendfile', () => {
  const seen: string[] = [];
  const { reactor, connection } = pair({
    error: (_, error) => seen.push(`${(error as NodeJS.ErrnoException).syscall}`),
  });
  const file = openSync(path, 'r');
  closeSync(file);
  expectSystemError(() => connection.sendFile(file), 'EBADF', { syscall: 'fstat', fd: file });
  connection.sendFile(file, 0, 10);
  turnUntil(reactor, () => connection.closed);
  expect(seen).toEqual(['sendfile']);
});

test('{ close: true } closes the file: once it is sent, when the connection closes, and on a closed one', () => {
  const files: number[] = [];
  const open = (): number => {
    files.push(openSync(path, 'r'));
    return files.at(-1) as number;
  };
  const sent = pair();
  sent.connection.sendFile(open(), 0, 100, { close: true });
  sent.connection.sendFile(open(), 0, 0, { close: true });
  receive(sent.reactor, sent.peer, 100);
  const stuck = pair();
  for (let i = 0; i < 5; i++) stuck.connection.sendFile(open(), 0, SIZE, { close: true });
  stuck.reactor.poll(0);
  stuck.connection.close();
  expect(stuck.connection.sendFile(open(), 0, 1, { close: true })).toBe(false);
  stuck.reactor.poll(0);
  const closed = pair();
  closed.connection.sendFile(open(), 0, SIZE, { close: true });
  closed.reactor.close();
  for (const { reactor, peer } of [sent, stuck, closed]) {
    reactor.close();
    socket.close(peer);
  }
  for (const file of files) expect(() => fstatSync(file)).toThrow('EBADF');
});

test('a peer that resets in the middle', () => {
  const codes: unknown[] = [];
  const { reactor, connection, peer } = pair({
    error: (_, error) => codes.push((error as NodeJS.ErrnoException).code),
  });
  const file = ownFile(openSync(path, 'r'));
  connection.sendFile(file);
  turnUntil(reactor, () => socket.recv(peer, Buffer.alloc(1000)) > 0);
  reset(peer);
  turnUntil(reactor, () => connection.closed);
  expect(sendFileIntoReset).toContain(codes[0]);
});

test('wrong arguments are named, and nothing is sent after end()', () => {
  const { connection } = pair();
  const file = ownFile(openSync(path, 'r'));
  expectArgumentType(() => connection.sendFile('x' as never));
  expectOutOfRange(() => connection.sendFile(-1));
  expectOutOfRange(() => connection.sendFile(file, -1));
  expectOutOfRange(() => connection.sendFile(file, 1.5));
  expectOutOfRange(() => connection.sendFile(file, 10, 9));
  expectArgumentType(() => connection.sendFile(file, 0, 1, null as never));
  expectArgumentType(() => connection.sendFile(file, 0, 1, { close: 1 as never }));
  expect(connection.sendFile(file, SIZE + 5)).toBe(true);
  connection.end();
  expectInvalidState(() => connection.sendFile(file));
});

testWith(
  { notOnWindows: 'a file goes in the background, and until it has gone detach() is refused' },
  'a file, end() and detach() in one turn: the peer gets the file, and the end',
  () => {
    const { connection, peer } = pair();
    connection.sendFile(ownFile(openSync(path, 'r')), 0, 10);
    connection.end();
    expect(connection.detach().unsent).toHaveLength(0);
    expect(recvAll(peer).equals(bytes.subarray(0, 10))).toBe(true);
  },
);
