// vmsplice: whatever happens to the pipe afterwards, its readers get the bytes that were given, and never what the
// memory holds later.
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { constants, splice, tee, vmsplice } from 'fdreactor/transfer';
import { describe, expect, test } from 'vitest';
import { fill, pipePair, recvAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { expectSystemError } from '../helpers/throws.js';

const SIZE = 16384;
const GIVEN = 0x11;
const LATER = 0xee;

/** Gives the pipe one buffer, and changes it at once. */
function give(writeEnd: number, flags = 0): void {
  const buffer = Buffer.alloc(SIZE, GIVEN);
  expect(vmsplice(writeEnd, [buffer], flags)).toBe(SIZE);
  buffer.fill(LATER);
}

function expectGiven(fd: number): void {
  expect(recvAll(fd, SIZE).equals(Buffer.alloc(SIZE, GIVEN))).toBe(true);
}

/** The bytes go on to another place, the first pipe is empty, and the next vmsplice() knows that. */
const places: Record<string, (readEnd: number) => number> = {
  'the same pipe': (readEnd) => readEnd,
  'another pipe, by tee': (readEnd) => {
    const [copyRead, copyWrite] = pipePair();
    expect(tee(readEnd, copyWrite, SIZE)).toBe(SIZE);
    expectGiven(readEnd);
    return copyRead;
  },
  'another pipe, by splice': (readEnd) => {
    const [nextRead, nextWrite] = pipePair();
    expect(splice(readEnd, null, nextWrite, null, SIZE)).toBe(SIZE);
    return nextRead;
  },
  'a Unix socket, by splice': (readEnd) => {
    const [a, b] = socketPair();
    expect(splice(readEnd, null, a, null, SIZE)).toBe(SIZE);
    return b;
  },
  'a TCP socket, by splice': (readEnd) => {
    const [a, b] = tcpPair();
    expect(splice(readEnd, null, a, null, SIZE)).toBe(SIZE);
    return b;
  },
};

describe.each(Object.entries(places))('read from %s', (name, go) => {
  test.each([0, constants.SPLICE_F_GIFT])('the bytes are those that were given (flags %i)', (flags) => {
    const [readEnd, writeEnd] = pipePair();
    give(writeEnd, flags);
    const place = go(readEnd);
    if (name !== 'the same pipe') vmsplice(writeEnd, [new Uint8Array(1)]);
    expectGiven(place);
  });
});

test('the number of the pipe closed by other means and used again: the earlier pipe keeps its bytes', () => {
  const [readEnd, writeEnd] = pipePair();
  give(writeEnd);
  socket.close(writeEnd);
  const [, again] = pipePair();
  vmsplice(again, [Buffer.alloc(1)]);
  expectGiven(readEnd);
});

test('memory that transfer() takes away afterwards is not needed', () => {
  const [readEnd, writeEnd] = pipePair();
  const buffer = new Uint8Array(SIZE).fill(GIVEN);
  expect(vmsplice(writeEnd, [buffer])).toBe(SIZE);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  expectGiven(readEnd);
});

test('the reading end is EBADF, and loses nothing', () => {
  const [readEnd, writeEnd] = pipePair();
  socket.write(writeEnd, Buffer.from('kept'));
  const buffer = Buffer.alloc(4, GIVEN);
  expectSystemError(() => vmsplice(readEnd, [buffer]), 'EBADF', { syscall: 'vmsplice' });
  expect(buffer.equals(Buffer.alloc(4, GIVEN))).toBe(true);
  expect(recvAll(readEnd, 4).toString()).toBe('kept');
});

test('what does not fit is not taken: parts in their order, then WOULD_BLOCK', () => {
  const [readEnd, writeEnd] = pipePair();
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  let sent = 0;
  const received: Buffer[] = [];
  while (sent < large.length) {
    const rest = large.subarray(sent);
    const half = Math.ceil(rest.length / 2);
    const count = vmsplice(writeEnd, [rest.subarray(0, half), new Uint8Array(0), rest.subarray(half)]);
    if (count === WOULD_BLOCK) received.push(recvAll(readEnd, 1000));
    else sent += count;
  }
  socket.close(writeEnd);
  received.push(recvAll(readEnd));
  expect(Buffer.concat(received).equals(large)).toBe(true);
});

test('buffers of 1 TiB together cost no more memory than the pipe holds', () => {
  const [readEnd, writeEnd] = pipePair();
  const large = new Uint8Array(2 ** 30);
  const count = vmsplice(
    writeEnd,
    Array.from({ length: 1024 }, () => large),
  );
  expect(count).toBe(65536);
  expect(recvAll(readEnd, count)).toHaveLength(count);
});

test('no bytes is 0; a full pipe is WOULD_BLOCK; no reader is EPIPE', () => {
  const [readEnd, writeEnd] = pipePair();
  expect(vmsplice(writeEnd, [])).toBe(0);
  expect(vmsplice(writeEnd, [new Uint8Array(0)])).toBe(0);
  fill(writeEnd);
  expect(vmsplice(writeEnd, [new Uint8Array(1)])).toBe(WOULD_BLOCK);
  socket.close(readEnd);
  expectSystemError(() => vmsplice(writeEnd, [new Uint8Array(1)]), 'EPIPE', { syscall: 'vmsplice' });
});

test('unknown flags are EINVAL', () => {
  const [, writeEnd] = pipePair();
  expectSystemError(() => vmsplice(writeEnd, [new Uint8Array(1)], 1 << 20), 'EINVAL', { syscall: 'vmsplice' });
});
