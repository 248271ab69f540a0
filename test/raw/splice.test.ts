// splice, tee and vmsplice: one side is a pipe, counts are true, and each refusal of splice(2) comes through (group H).
import { randomBytes } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import * as transfer from 'fdreactor/transfer';
import { splice, tee, vmsplice } from 'fdreactor/transfer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { own } from '../helpers/owned.js';
import { fill, pipePair, recvAll, sendAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';
import { awaitReady } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fdreactor-splice-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(content: string, flags = 'r+'): number {
  const path = join(directory, `file-${Math.random()}`);
  writeFileSync(path, content);
  return own(openSync(path, flags));
}

test('from a socket through a pipe to a socket, byte for byte', () => {
  const [client, front] = tcpPair();
  const [back, server] = tcpPair();
  const [readEnd, writeEnd] = pipePair();
  const content = randomBytes(50_000);
  sendAll(client, content);
  let moved = 0;
  while (moved < content.length) {
    const n = splice(front, null, writeEnd, null, 65536, transfer.constants.SPLICE_F_MOVE);
    if (n === WOULD_BLOCK) {
      awaitReady(front, Interest.READABLE);
      continue;
    }
    for (let out = 0; out < n; ) out += splice(readEnd, null, back, null, n - out, 0);
    moved += n;
  }
  expect(recvAll(server, content.length)).toEqual(content);
});

test('offsets belong to the side that is a file; they do not move its position', () => {
  const [readEnd, writeEnd] = pipePair();
  const source = file('0123456789');
  expect(splice(source, 4, writeEnd, null, 3, 0)).toBe(3);
  expect(recvAll(readEnd, 3).toString()).toBe('456');
  expect(splice(source, null, writeEnd, null, 2, 0)).toBe(2);
  expect(splice(source, null, writeEnd, null, 2, 0)).toBe(2);
  expect(recvAll(readEnd, 4).toString()).toBe('0123');
  const path = join(directory, 'target');
  const target = own(openSync(path, 'w'));
  socket.write(writeEnd, Buffer.from('xyz'));
  expect(splice(readEnd, null, target, 5, 3, 0)).toBe(3);
  expect(readFileSync(path, 'latin1')).toBe('\0\0\0\0\0xyz');
});

test('0 at the end of a file, of a stream, and of a pipe without writers', () => {
  const [, writeEnd] = pipePair();
  expect(splice(file(''), null, writeEnd, null, 10, 0)).toBe(0);
  expect(splice(file('abc'), 3, writeEnd, null, 10, 0)).toBe(0);
  const [a, b] = socketPair();
  socket.shutdown(b, socket.constants.SHUT_WR);
  expect(splice(a, null, writeEnd, null, 10, 0)).toBe(0);
  const [idleRead, idleWrite] = pipePair();
  socket.close(idleWrite);
  expect(splice(idleRead, null, writeEnd, null, 10, 0)).toBe(0);
});

test('no pipe on either side is EINVAL; an offset on the pipe side is ESPIPE', () => {
  const [a] = socketPair();
  const [c] = socketPair();
  const [readEnd, writeEnd] = pipePair();
  expectSystemError(() => splice(a, null, c, null, 1, 0), 'EINVAL', { syscall: 'splice' });
  expectSystemError(() => splice(file('x'), 0, writeEnd, 0, 1, 0), 'ESPIPE', { syscall: 'splice' });
  expectSystemError(() => splice(readEnd, 0, a, null, 1, 0), 'ESPIPE', { syscall: 'splice' });
});

test('a full pipe and an empty source are the same WOULD_BLOCK to the raw call', () => {
  const [a, b] = socketPair();
  const [readEnd, writeEnd] = pipePair();
  expect(splice(a, null, writeEnd, null, 10, 0)).toBe(WOULD_BLOCK);
  socket.send(b, new Uint8Array(10));
  fill(writeEnd);
  expect(splice(a, null, writeEnd, null, 10, 0)).toBe(WOULD_BLOCK);
  while (socket.read(readEnd, new Uint8Array(65536)) > 0);
  expect(splice(a, null, writeEnd, null, 10, 0)).toBe(10);
});

test('it never waits, also with fds that would: SPLICE_F_NONBLOCK is not left to the caller', () => {
  const [, writeEnd] = pipePair();
  fill(writeEnd);
  expect(splice(file('abc'), 0, writeEnd, null, 3, 0)).toBe(WOULD_BLOCK);
  expect(vmsplice(writeEnd, [new Uint8Array(3)], 0)).toBe(WOULD_BLOCK);
});

test('the reader of the pipe gone is EPIPE; a pipe into itself is EINVAL', () => {
  const [a, b] = socketPair();
  socket.send(b, new Uint8Array(4));
  const [deadRead, deadWrite] = pipePair();
  socket.close(deadRead);
  expectSystemError(() => splice(a, null, deadWrite, null, 4, 0), 'EPIPE', { syscall: 'splice' });
  const [readEnd, writeEnd] = pipePair();
  socket.write(writeEnd, new Uint8Array(4));
  expectSystemError(() => splice(readEnd, null, writeEnd, null, 4, 0), 'EINVAL', { syscall: 'splice' });
  expectSystemError(() => tee(readEnd, writeEnd, 4, 0), 'EINVAL', { syscall: 'tee' });
});

test('the ends of a pipe the wrong way round are EBADF', () => {
  const [readEnd, writeEnd] = pipePair();
  const [a] = socketPair();
  expectSystemError(() => splice(a, null, readEnd, null, 1, 0), 'EBADF', { syscall: 'splice' });
  expectSystemError(() => splice(writeEnd, null, a, null, 1, 0), 'EBADF', { syscall: 'splice' });
});

test('unknown flags are EINVAL, flags that are no 32-bit integer are refused', () => {
  const [readEnd, writeEnd] = pipePair();
  const [a] = socketPair();
  socket.write(writeEnd, new Uint8Array(1));
  expectSystemError(() => splice(readEnd, null, a, null, 1, 1 << 20), 'EINVAL', { syscall: 'splice' });
  for (const flags of [-(2 ** 31) - 1, 1.5, 2 ** 32, Number.NaN])
    expectOutOfRange(() => splice(readEnd, null, a, null, 1, flags));
  for (const flags of ['1', null, {}, 1n] as Any[]) expectArgumentType(() => splice(readEnd, null, a, null, 1, flags));
});

test('length 0 moves nothing; lengths over the limit of the kernel are clamped', () => {
  const [readEnd, writeEnd] = pipePair();
  const [a, b] = socketPair();
  socket.write(writeEnd, Buffer.from('abc'));
  expect(splice(readEnd, null, a, null, 0, 0)).toBe(0);
  expect(splice(readEnd, null, a, null, 2 ** 53 - 1, 0)).toBe(3);
  expect(recvAll(b, 3).toString()).toBe('abc');
  const source = file('xyz');
  expect(splice(source, 0, writeEnd, null, 2 ** 40, 0)).toBe(3);
});

test('wrong offsets and lengths are refused', () => {
  const [readEnd, writeEnd] = pipePair();
  for (const bad of [-1, 1.5, Number.NaN, 2 ** 53]) {
    expectOutOfRange(() => splice(readEnd, bad, writeEnd, null, 1, 0));
    expectOutOfRange(() => splice(readEnd, null, writeEnd, bad, 1, 0));
    expectOutOfRange(() => splice(readEnd, null, writeEnd, null, bad, 0));
    expectOutOfRange(() => tee(readEnd, writeEnd, bad, 0));
  }
  for (const bad of ['1', {}, [], 1n, true] as Any[]) {
    expectArgumentType(() => splice(readEnd, bad, writeEnd, null, 1, 0));
    expectArgumentType(() => splice(readEnd, null, writeEnd, null, bad, 0));
  }
});

describe.each(badFds)('$name', ({ value }) => {
  test('is refused as any fd of splice, tee and vmsplice', () => {
    const [readEnd, writeEnd] = pipePair();
    expectBadArgument(() => splice(value, null, writeEnd, null, 1, 0));
    expectBadArgument(() => splice(readEnd, null, value, null, 1, 0));
    expectBadArgument(() => tee(value, writeEnd, 1, 0));
    expectBadArgument(() => tee(readEnd, value, 1, 0));
    expectBadArgument(() => vmsplice(value, [new Uint8Array(1)], 0));
  });
});

test('tee copies and leaves the source as it was', () => {
  const [sourceRead, sourceWrite] = pipePair();
  const [copyRead, copyWrite] = pipePair();
  socket.write(sourceWrite, Buffer.from('twice'));
  expect(tee(sourceRead, copyWrite, 3, 0)).toBe(3);
  expect(recvAll(copyRead, 3).toString()).toBe('twi');
  expect(recvAll(sourceRead, 5).toString()).toBe('twice');
  const [a] = socketPair();
  expectSystemError(() => tee(a, copyWrite, 1, 0), 'EINVAL', { syscall: 'tee' });
});

test('vmsplice puts buffers into a pipe', () => {
  const [readEnd, writeEnd] = pipePair();
  const parts = [Buffer.from('one '), Buffer.from('two')];
  expect(vmsplice(writeEnd, parts, 0)).toBe(7);
  expect(recvAll(readEnd, 7).toString()).toBe('one two');
  const [a] = socketPair();
  expectSystemError(() => vmsplice(a, parts, 0), 'EBADF', { syscall: 'vmsplice' });
  for (const list of [null, 'x', [1], [null], {}] as Any[]) expectArgumentType(() => vmsplice(writeEnd, list, 0));
});

test('memory that vmsplice gave to a pipe may be dropped at once: the bytes that arrive are those that were given', () => {
  const [readEnd, writeEnd] = pipePair();
  for (let round = 0; round < 20; round++) {
    let gift: Buffer | null = Buffer.alloc(16384, round);
    const moved = vmsplice(writeEnd, [gift], 0);
    gift = null;
    globalThis.gc?.();
    const noise = Array.from({ length: 50 }, () => Buffer.alloc(16384, 0xee));
    const received = recvAll(readEnd, moved);
    expect(received.every((value) => value === round)).toBe(true);
    expect(noise).toHaveLength(50);
  }
});

test('the writing end closed with unread buffers in the pipe: the reader still gets what was given', () => {
  for (let round = 1; round <= 20; round++) {
    const [readEnd, writeEnd] = pipePair();
    expect(vmsplice(writeEnd, [Buffer.alloc(16384, round)], 0)).toBe(16384);
    socket.close(writeEnd);
    globalThis.gc?.();
    const noise = Array.from({ length: 50 }, () => Buffer.alloc(16384, 0xee));
    expect(recvAll(readEnd).every((value) => value === round)).toBe(true);
    expect(noise).toHaveLength(50);
  }
});
