// fcntl(2) through fdreactor/linux: what is let through, and what is refused.
import { WOULD_BLOCK } from 'fdreactor';
import { constants, eventfd, eventfd_write, fcntl } from 'fdreactor/linux';
import { isNonBlocking, read, write } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { fdFlags, O_CLOEXEC } from '../../helpers/open-fds.js';
import { ownFile } from '../../helpers/owned.js';
import { pipePair } from '../../helpers/pairs.js';
import { caught, expectBadArgument, expectSystemError } from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETPIPE_SZ, F_SETFD, F_SETFL, F_SETPIPE_SZ, FD_CLOEXEC } = constants;
const { O_APPEND, O_NONBLOCK } = constants;
const O_ASYNC = 0o20000;

test('F_SETFD: whether a child inherits the number', () => {
  const fd = ownFile(eventfd());
  expect(fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC);
  expect(fcntl(fd, F_SETFD, 0)).toBe(0);
  expect(fdFlags(fd) & O_CLOEXEC).toBe(0);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  expect(fdFlags(fd) & O_CLOEXEC).toBe(O_CLOEXEC);
});

test('F_SETFL: the flags of the open file', () => {
  const [, writeEnd] = pipePair();
  const flags = fcntl(writeEnd, F_GETFL);
  expect(flags & O_NONBLOCK).toBe(O_NONBLOCK);
  fcntl(writeEnd, F_SETFL, (flags & ~O_NONBLOCK) | O_APPEND);
  expect(isNonBlocking(writeEnd)).toBe(false);
  expect(fcntl(writeEnd, F_GETFL) & O_APPEND).toBe(O_APPEND);
  fcntl(writeEnd, F_SETFL, flags);
  expect(fcntl(writeEnd, F_GETFL)).toBe(flags);
});

test('F_DUPFD_CLOEXEC: another number of the same file, from a number on', () => {
  const fd = ownFile(eventfd());
  const second = ownFile(fcntl(fd, F_DUPFD_CLOEXEC, 200));
  expect(second).toBeGreaterThanOrEqual(200);
  expect(fdFlags(second) & O_CLOEXEC).toBe(O_CLOEXEC);
  eventfd_write(second, 1);
  expect(read(fd, new Uint8Array(8))).toBe(8);
  expectSystemError(() => fcntl(fd, F_DUPFD_CLOEXEC, -1), 'EINVAL', { syscall: 'fcntl', fd });
});

test('F_SETPIPE_SZ: how much a pipe holds', () => {
  const [readEnd, writeEnd] = pipePair();
  const size = fcntl(writeEnd, F_SETPIPE_SZ, 8000);
  expect(size).toBeGreaterThanOrEqual(8000);
  expect(fcntl(readEnd, F_GETPIPE_SZ)).toBe(size);
  expect(write(writeEnd, new Uint8Array(size))).toBe(size);
  expect(write(writeEnd, new Uint8Array(1))).toBe(WOULD_BLOCK);
  expectSystemError(() => fcntl(writeEnd, F_SETPIPE_SZ, 1), 'EBUSY', { syscall: 'fcntl', fd: writeEnd });
  expectSystemError(() => fcntl(ownFile(eventfd()), F_GETPIPE_SZ), 'EBADF');
});

const refused = {
  F_DUPFD: 0,
  F_GETLK: 5,
  F_SETLK: 6,
  F_SETLKW: 7,
  F_SETOWN: 8,
  F_GETOWN: 9,
  F_SETSIG: 10,
  F_GETSIG: 11,
  F_SETOWN_EX: 15,
  F_GETOWN_EX: 16,
  F_OFD_SETLKW: 38,
  F_SETLEASE: 1024,
  F_NOTIFY: 1026,
  F_SET_RW_HINT: 1036,
  'no command': 2 ** 31 - 1,
  'a negative one': -1,
};
test.each(Object.entries(refused))('%s is refused before a call', (_, cmd) => {
  const fd = ownFile(eventfd());
  for (const arg of [undefined, 0, 1, 4096]) {
    expect(caught(() => fcntl(fd, cmd, arg))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringMatching(/^cmd must be .*F_DUPFD_CLOEXEC \(not F_DUPFD\)/),
    });
  }
});

test('O_ASYNC is refused by the name of the argument', () => {
  const fd = ownFile(eventfd());
  const error = caught(() => fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(/^arg must be/) });
  expect(fcntl(fd, F_GETFL) & O_ASYNC).toBe(0);
});

test('wrong arguments are refused', () => {
  const fd = ownFile(eventfd());
  for (const { value } of badFds) expectBadArgument(() => fcntl(value, F_GETFD));
  for (const wrong of [2 ** 31, 0.5, '1', null, 1n, {}] as Any[]) {
    expectBadArgument(() => fcntl(fd, wrong));
    expectBadArgument(() => fcntl(fd, F_SETFD, wrong));
  }
  expectBadArgument(() => fcntl(fd, undefined as Any));
  expectSystemError(() => fcntl(2 ** 31 - 1, F_GETFD), 'EBADF', { syscall: 'fcntl' });
});
