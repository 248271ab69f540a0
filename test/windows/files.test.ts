// Files on their way to a socket: 64 MiB through sendfile, whole and in ranges, and through transmitFile, each compared
// by its hash; and overlapped reads and writes.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, type Reactor, WOULD_BLOCK } from 'fdreactor';
import {
  CREATE_NEW,
  closeHandle,
  GENERIC_READ,
  GENERIC_WRITE,
  Overlapped,
  openFile,
  readFile,
  STATUS_END_OF_FILE,
  TF_DISCONNECT,
  TF_REUSE_SOCKET,
  transmitFile,
  writeFile,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { sendfile } from 'fdreactor/transfer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { newPort, packetsNow, takePacket, takePackets } from '../helpers/iocp/packets.js';
import { testWith } from '../helpers/needs.js';
import { dispose, ownFile } from '../helpers/owned.js';
import { recvAll, tcpPair } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import { expectOutOfRange, expectSystemError } from '../helpers/throws.js';
import { turnUntil } from '../helpers/wait.js';

const MIB = 2 ** 20;
const SIZE = 64 * MIB;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let directory: string;
let path: string;
let content: Buffer;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fdreactor-files-'));
  path = join(directory, 'large');
  content = randomBytes(SIZE);
  writeFileSync(path, content);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Sends the range by sendfile and receives it, both by readiness; the hash of what came. */
function sendThrough(reactor: Reactor, file: number, from: number, to: number): string {
  const [client, server] = tcpPair();
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(MIB);
  let at = from;
  let received = 0;
  const sending = reactor.register(server, Interest.WRITABLE, () => {
    const n = sendfile(server, file, at, to - at);
    if (n === WOULD_BLOCK) return;
    at += n;
    if (at === to) sending.deregister();
  });
  const receiving = reactor.register(client, Interest.READABLE, () => {
    const n = socket.recv(client, chunk);
    if (n === WOULD_BLOCK) return;
    if (n === 0) throw new Error('the end');
    hash.update(chunk.subarray(0, n));
    received += n;
  });
  turnUntil(reactor, () => received >= to - from && at === to, 60_000);
  expect([received, at]).toEqual([to - from, to]);
  receiving.deregister();
  socket.close(client);
  socket.close(server);
  return hash.digest('hex');
}

contractTest(
  '64 MiB whole through sendfile, beside readiness',
  ({ reactor }) => {
    const file = ownFile(openSync(path, 'r'));
    expect(sendThrough(reactor, file, 0, SIZE)).toBe(sha256(content));
  },
  { timeoutMs: 90_000 },
);

contractTest(
  'ranges through sendfile, at odd places and one after the other',
  ({ reactor }) => {
    const file = ownFile(openSync(path, 'r'));
    const ranges = [
      [0, 1],
      [1, 4096],
      [4095, 3 * MIB + 7],
      [SIZE / 2 - 1, SIZE / 2 + 1],
      [SIZE - 5 * MIB - 3, SIZE],
      [SIZE - 1, SIZE],
    ] as const;
    for (const [from, to] of ranges) {
      expect(sendThrough(reactor, file, from, to), `${from} to ${to}`).toBe(sha256(content.subarray(from, to)));
    }
    for (let at = 0; at < SIZE; at += 16 * MIB) {
      expect(sendThrough(reactor, file, at, at + 16 * MIB)).toBe(sha256(content.subarray(at, at + 16 * MIB)));
    }
  },
  { timeoutMs: 120_000 },
);

/** An open file for overlapped calls, closed after the test. */
function opened(file: string, options = {}): number {
  const handle = openFile(file, options);
  dispose({
    close: () => {
      try {
        closeHandle(handle);
      } catch (error) {
        expect(error).toMatchObject({ code: 'EBADF' });
      }
    },
  });
  return handle;
}

test('a file with head and tail through transmitFile, received unchanged', { timeout: patience(60_000) }, () => {
  const port = newPort();
  const [client, server] = tcpPair();
  port.associate(server, 1);
  const [head, tail] = [Buffer.from('the head '), Buffer.from(' the tail')];
  const overlapped = new Overlapped();
  expect(transmitFile(server, opened(path), overlapped, { head, tail })).toBe(WOULD_BLOCK);
  const total = head.length + SIZE + tail.length;
  const received = recvAll(client, total);
  expect(sha256(received)).toBe(sha256(Buffer.concat([head, content, tail])));
  expect(takePacket(port)).toMatchObject({ bytes: total, error: null, overlapped });
});

test('a range, and head and tail alone', () => {
  const port = newPort();
  const [client, server] = tcpPair();
  port.associate(server, 1);
  const file = opened(path);
  transmitFile(server, file, new Overlapped(), { offset: 1001, count: 77_777 });
  expect(recvAll(client, 77_777).equals(content.subarray(1001, 78_778))).toBe(true);
  expect(takePacket(port)).toMatchObject({ bytes: 77_777, error: null });
  transmitFile(server, null, new Overlapped(), { head: Buffer.from('ab'), tail: Buffer.from('c') });
  expect(recvAll(client, 3).toString()).toBe('abc');
  takePacket(port);
});

testWith({ notUnderWine: 'it sends no end of the stream' }, 'the end of the connection with TF_DISCONNECT', () => {
  const port = newPort();
  const [client, server] = tcpPair();
  port.associate(server, 1);
  const flags = TF_DISCONNECT | TF_REUSE_SOCKET;
  transmitFile(server, opened(path), new Overlapped(), { offset: SIZE - 10, flags });
  expect(recvAll(client).equals(content.subarray(SIZE - 10))).toBe(true); // to the end of the stream
  expect(takePacket(port).error).toBe(null);
});

test('counts and sums over the limit of TransmitFile are refused', () => {
  const port = newPort();
  const [, server] = tcpPair();
  port.associate(server, 1);
  const file = opened(path);
  for (const options of [
    { count: 2 ** 31 - 1 },
    { count: -1 },
    { count: 1.5 },
    { count: 2 ** 31 - 2, head: Buffer.alloc(1) },
  ]) {
    expectOutOfRange(() => transmitFile(server, file, new Overlapped(), options));
  }
  expect(port.pending).toBe(0);
});

test('files are written and read at any place, in any order; the end is 0 bytes and no error', () => {
  const port = newPort();
  const target = join(directory, 'written');
  const file = opened(target, { access: GENERIC_READ | GENERIC_WRITE, disposition: CREATE_NEW });
  port.associate(file, 1);
  const pieces = [3, 0, 2, 1].map((i) => ({ i, bytes: randomBytes(10_000) }));
  for (const { i, bytes } of pieces) writeFile(file, bytes, i * 10_000, new Overlapped(i));
  for (const packet of takePackets(port, 4)) expect(packet).toMatchObject({ bytes: 10_000, error: null });
  const whole = Buffer.concat(pieces.sort((a, b) => a.i - b.i).map(({ bytes }) => bytes));
  expect(readFileSync(target).equals(whole)).toBe(true);
  const buffer = Buffer.alloc(20_000);
  readFile(file, buffer, 15_000, new Overlapped());
  expect(takePacket(port)).toMatchObject({ bytes: 20_000, error: null });
  expect(buffer.equals(whole.subarray(15_000, 35_000))).toBe(true);
  const atEnd = readFile(file, buffer, 40_000, new Overlapped());
  if (atEnd === WOULD_BLOCK)
    expect(takePacket(port)).toMatchObject({ bytes: 0, error: null, status: STATUS_END_OF_FILE });
  else expect(atEnd).toBe(0);
  expect(packetsNow(port)).toEqual([]);
});

test('files that are not there, not to be had or not to be written are errors with their names', () => {
  const missing = join(directory, 'missing');
  expectSystemError(() => openFile(missing), 'ENOENT', { syscall: 'CreateFile', path: missing });
  expectSystemError(() => openFile(path, { disposition: CREATE_NEW }), 'EEXIST', { path });
  const port = newPort();
  const readOnly = opened(path);
  port.associate(readOnly, 1);
  // Node's own code for a write that is not allowed, by either of Windows' numbers.
  expect(() => writeFile(readOnly, new Uint8Array(1), 0, new Overlapped())).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^(EACCES|EPERM)$/), syscall: 'WriteFile' }),
  );
  expect(port.pending).toBe(0);
});
