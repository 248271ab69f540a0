// eventfd(2) through fdreactor/linux.
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import { constants, eventfd, eventfd_read, eventfd_write } from 'fdreactor/linux';
import { read } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { ownFile } from '../../helpers/owned.js';
import { pipePair } from '../../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';
import { awaitReady } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const MOST = 2n ** 64n - 2n;

test('an eventfd counts from its initial value', () => {
  const fd = ownFile(eventfd(3));
  const count = new BigUint64Array(1);
  expect(read(fd, new Uint8Array(count.buffer))).toBe(8);
  expect(count[0]).toBe(3n);
  expect(eventfd_read(ownFile(eventfd(2 ** 32 - 1)))).toBe(2 ** 32 - 1);
});

test('writes add up, a read takes all, and an empty one would block', () => {
  const fd = ownFile(eventfd());
  expect(eventfd_read(fd)).toBe(WOULD_BLOCK);
  expect(eventfd_write(fd, 5)).toBe(0);
  expect(eventfd_write(fd, 7n)).toBe(0);
  expect(eventfd_write(fd, 0)).toBe(0);
  expect(eventfd_read(fd)).toBe(12);
  expect(eventfd_read(fd)).toBe(WOULD_BLOCK);
});

test('a semaphore gives one at a time', () => {
  const fd = ownFile(eventfd(2, constants.EFD_SEMAPHORE));
  expect([eventfd_read(fd), eventfd_read(fd), eventfd_read(fd)]).toEqual([1, 1, WOULD_BLOCK]);
});

test('a sum above 2^64 - 2 would block; above 2^53 the count is the nearest number', () => {
  const fd = ownFile(eventfd());
  expect(eventfd_write(fd, MOST)).toBe(0);
  expect(eventfd_write(fd, 1)).toBe(WOULD_BLOCK);
  expect(eventfd_read(fd)).toBe(2 ** 64);
  eventfd_write(fd, Number.MAX_SAFE_INTEGER);
  expect(eventfd_read(fd)).toBe(Number.MAX_SAFE_INTEGER);
  eventfd_write(fd, 2n ** 53n + 1n);
  expect(eventfd_read(fd)).toBe(2 ** 53);
});

test('a reactor wakes for it: READABLE with a count, WRITABLE with room', () => {
  const fd = ownFile(eventfd());
  expect(awaitReady(fd, Interest.READABLE | Interest.WRITABLE)).toBe(Ready.WRITABLE);
  eventfd_write(fd, MOST);
  expect(awaitReady(fd, Interest.READABLE | Interest.WRITABLE)).toBe(Ready.READABLE);
});

test('errors name the call', () => {
  expectSystemError(() => eventfd(0, 1 << 30), 'EINVAL', { syscall: 'eventfd' });
  const [readEnd, writeEnd] = pipePair();
  expect(eventfd_read(readEnd)).toBe(WOULD_BLOCK);
  expectSystemError(() => eventfd_read(writeEnd), 'EBADF', { syscall: 'read', fd: writeEnd });
  expectSystemError(() => eventfd_write(readEnd, 1), 'EBADF', { syscall: 'write', fd: readEnd });
  eventfd_write(writeEnd, 1);
  expect(eventfd_read(readEnd)).toBe(1); // 8 bytes are 8 bytes
  expect(read(readEnd, new Uint8Array(8))).toBe(WOULD_BLOCK);
});

test('wrong arguments are refused', () => {
  for (const initial of [-1, 2 ** 32, 0.5, Number.NaN]) expectOutOfRange(() => eventfd(initial));
  for (const initial of ['1', null, {}, 1n] as Any[]) expectArgumentType(() => eventfd(initial));
  expectArgumentType(() => eventfd(0, '0' as Any));
  const fd = ownFile(eventfd());
  for (const { value } of badFds) {
    expectBadArgument(() => eventfd_read(value));
    expectBadArgument(() => eventfd_write(value, 1));
  }
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN, -1n, MOST + 1n, 2n ** 64n, 2n ** 70n]) {
    expectOutOfRange(() => eventfd_write(fd, value));
  }
  for (const value of ['1', null, undefined, {}, true] as Any[]) expectArgumentType(() => eventfd_write(fd, value));
  expect(eventfd_read(fd)).toBe(WOULD_BLOCK);
});
