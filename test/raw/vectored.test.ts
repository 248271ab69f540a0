// readv and writev: lists of buffers, checked as a whole before anything moves.

import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { fill, pipePair, recvAll, socketPair } from '../helpers/pairs.js';
import { closedFd } from '../helpers/platform.js';
import { caught, expectArgumentType, expectBadArgument, expectSystemError } from '../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { writev, readv } = socket;

test('writev gathers, readv scatters, in order', () => {
  const [a, b] = socketPair();
  expect(writev(a, [Buffer.from('one '), Buffer.from('two '), new Uint8Array(0), Buffer.from('three')])).toBe(13);
  const parts = [Buffer.alloc(4), Buffer.alloc(0), Buffer.alloc(2), Buffer.alloc(32, 0xee)];
  expect(readv(b, parts)).toBe(13);
  expect(parts.slice(0, 3).map(String)).toEqual(['one ', '', 'tw']);
  expect(parts[3]?.toString('latin1', 0, 8)).toBe('o three\xee');
});

testWith({ needs: 'pipe' }, 'pipes too, and the end of the stream is 0', () => {
  const [readEnd, writeEnd] = pipePair();
  expect(writev(writeEnd, [Buffer.from('ab'), Buffer.from('c')])).toBe(3);
  socket.close(writeEnd);
  const buffer = Buffer.alloc(8);
  expect(readv(readEnd, [buffer])).toBe(3);
  expect(readv(readEnd, [buffer])).toBe(0);
});

test('no data to read, or no room, is WOULD_BLOCK', () => {
  const [a, b] = socketPair();
  expect(readv(a, [new Uint8Array(4)])).toBe(WOULD_BLOCK);
  fill(a);
  expect(writev(a, [new Uint8Array(1000), new Uint8Array(1000)])).toBe(WOULD_BLOCK);
  expect(readv(b, [new Uint8Array(4)])).toBe(4);
});

test('an empty list, and a list of empty buffers, move nothing', () => {
  const [a] = socketPair();
  expect(writev(a, [])).toBe(0);
  expect(readv(a, [])).toBe(0);
  expect(writev(a, [new Uint8Array(0), new Uint8Array(0)])).toBe(0);
});

test('one buffer may be in the list many times', () => {
  const [a, b] = socketPair();
  const word = Buffer.from('ab');
  expect(writev(a, [word, word, word])).toBe(6);
  const two = Buffer.alloc(2);
  expect(readv(b, [two, two, two])).toBe(6);
  expect(two.toString()).toBe('ab');
});

test('more buffers than the kernel takes: as many as fit, or an error that says so; never another amount', () => {
  const [a, b] = socketPair();
  const { IOV_MAX } = socket.constants;
  const list = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => new Uint8Array([i & 0xff]));
  expect(writev(a, list(IOV_MAX))).toBe(IOV_MAX);
  let moved = 0;
  try {
    moved = writev(a, list(IOV_MAX + 500));
    expect(moved).toBe(IOV_MAX);
  } catch (error) {
    expect((error as Any).code).toMatch(/^(ERR_OUT_OF_RANGE|EINVAL)$/);
  }
  const received = recvAll(b, IOV_MAX + moved);
  for (let i = 0; i < received.length; i++) expect(received[i]).toBe((i % IOV_MAX) & 0xff);
});

test('holes and wrong entries are refused before a byte moves', () => {
  const [a, b] = socketPair();
  const good = Buffer.from('good');
  const holes: Any[] = [good];
  holes[5] = good;
  for (const list of [holes, [good, null], [good, 'text'], [good, [good]], [good, new DataView(new ArrayBuffer(4))]]) {
    expectArgumentType(() => writev(a, list as Any));
    expectArgumentType(() => readv(a, list as Any));
  }
  expect(socket.recv(b, new Uint8Array(8))).toBe(WOULD_BLOCK);
});

test('a value that is not an array is refused', () => {
  const [a] = socketPair();
  for (const list of [
    null,
    undefined,
    1,
    'abc',
    {},
    new Uint8Array(4),
    new Set(),
    { length: 1, 0: new Uint8Array(1) },
  ]) {
    expectArgumentType(() => writev(a, list as Any));
    expectArgumentType(() => readv(a, list as Any));
  }
});

test('a list changed by its own getter, or emptied while it is read, is no crash', () => {
  const [a] = socketPair();
  const thrown = new Error('from the getter');
  const throwing: Any[] = [Buffer.from('x'), Buffer.from('y')];
  Object.defineProperty(throwing, 1, {
    get() {
      throw thrown;
    },
  });
  expect(caught(() => writev(a, throwing))).toBe(thrown);
  const shrinking: Any[] = Array.from({ length: 64 }, () => Buffer.from('z'));
  Object.defineProperty(shrinking, 1, {
    get() {
      shrinking.length = 0;
      return Buffer.from('w');
    },
  });
  expect(writev(a, shrinking)).toBe(2);
  const victim = new Uint8Array(1 << 20);
  const detaching: Any[] = [victim, Buffer.from('w')];
  Object.defineProperty(detaching, 1, {
    get() {
      structuredClone(victim.buffer, { transfer: [victim.buffer] });
      return Buffer.from('w');
    },
  });
  try {
    expect(writev(a, detaching)).toBe(1);
  } catch (error) {
    expect((error as Any).code).toMatch(/^ERR_/);
  }
});

test('a detached buffer anywhere in the list is refused', () => {
  const [a] = socketPair();
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  expectBadArgument(() => writev(a, [Buffer.from('x'), gone]));
});

test('errors carry the call and the fd', () => {
  const [a] = socketPair();
  socket.close(a);
  expectSystemError(() => writev(a, [new Uint8Array(1)]), closedFd, { syscall: 'writev', fd: a });
  expectSystemError(() => readv(a, [new Uint8Array(1)]), closedFd, { syscall: 'readv', fd: a });
});
