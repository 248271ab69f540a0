// memfd_create(2) through fdreactor/linux.
import { readFileSync, readlinkSync } from 'node:fs';
import { Interest, Reactor } from 'fdreactor';
import { constants, fcntl, memfd_create } from 'fdreactor/linux';
import { close, write } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, ownFile } from '../../helpers/owned.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { F_ADD_SEALS, F_GET_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE } = constants;
const linkOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`);

test('a file in memory has a name that need not be unique, and what was written', () => {
  const [a, b] = [ownFile(memfd_create('mine')), ownFile(memfd_create('mine'))];
  expect([linkOf(a), linkOf(b)]).toEqual(['/memfd:mine (deleted)', '/memfd:mine (deleted)']);
  expect(write(a, Buffer.from('content'))).toBe(7);
  expect(readFileSync(`/proc/self/fd/${a}`, 'utf8')).toBe('content');
  expect(readFileSync(`/proc/self/fd/${b}`, 'utf8')).toBe('');
});

test('names: none, the longest, and bytes that are not UTF-8', () => {
  expect(linkOf(ownFile(memfd_create('')))).toBe('/memfd: (deleted)');
  expect(linkOf(ownFile(memfd_create('ä'.repeat(124))))).toBe(`/memfd:${'ä'.repeat(124)} (deleted)`);
  expect(linkOf(ownFile(memfd_create(Buffer.from('bytes'))))).toBe('/memfd:bytes (deleted)');
  close(memfd_create(new Uint8Array(249).fill(0xff)));
});

test('seals: what was sealed is EPERM, and only where sealing is allowed', () => {
  const fd = ownFile(memfd_create('sealed', constants.MFD_ALLOW_SEALING));
  write(fd, Buffer.from('content'));
  expect(fcntl(fd, F_GET_SEALS)).toBe(0);
  const seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
  expect(fcntl(fd, F_ADD_SEALS, seals)).toBe(0);
  expect(fcntl(fd, F_GET_SEALS)).toBe(seals);
  expectSystemError(() => write(fd, Buffer.from('x')), 'EPERM', { syscall: 'write' });
  expect(readFileSync(`/proc/self/fd/${fd}`, 'utf8')).toBe('content');

  const plain = ownFile(memfd_create('plain'));
  expect(fcntl(plain, F_GET_SEALS)).toBe(F_SEAL_SEAL);
  expectSystemError(() => fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), 'EPERM', { syscall: 'fcntl', fd: plain });
});

test('a reactor refuses it, as any regular file', () => {
  const fd = ownFile(memfd_create('file'));
  expectSystemError(() => dispose(new Reactor()).register(fd, Interest.READABLE, () => {}), 'EPERM');
});

test('errors and wrong arguments', () => {
  expectSystemError(() => memfd_create('x', 1 << 20), 'EINVAL', { syscall: 'memfd_create' });
  for (const name of ['\0', 'cut\0here', Buffer.from([0x61, 0])]) expectBadArgument(() => memfd_create(name));
  for (const name of ['n'.repeat(250), 'ä'.repeat(125), new Uint8Array(250)])
    expectOutOfRange(() => memfd_create(name));
  for (const name of [undefined, null, 3, {}, new Int32Array(1)] as Any[]) expectArgumentType(() => memfd_create(name));
  for (const flags of [2 ** 32, 0.5, '1', null] as Any[]) expectBadArgument(() => memfd_create('x', flags));
});
