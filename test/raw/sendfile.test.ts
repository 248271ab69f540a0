// sendfile: a count that is true, 0 at the end of the file, and every odd source and target (group H).
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants as fsConstants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { sendfile } from 'fdreactor/transfer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';
import { ownFile } from '../helpers/owned.js';
import { pipePair, recvAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { isWindows } from '../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';
import { awaitReady } from '../helpers/wait.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fdreactor-sendfile-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array): { path: string; fd: number } {
  const path = join(directory, `file${files++}`);
  writeFileSync(path, content);
  return { path, fd: ownFile(openSync(path, 'r')) };
}

/** sendfile(), repeated while it would block: on Windows the first call only begins (see its documentation). */
function sent(outFd: number, inFd: number, offset: number, count: number): number {
  for (;;) {
    const n = sendfile(outFd, inFd, offset, count);
    if (n !== WOULD_BLOCK) return n;
    awaitReady(outFd, Interest.WRITABLE);
  }
}

test('sends a range of a file to a socket, and leaves the position of the file alone', () => {
  const [a, b] = socketPair();
  const { fd } = file('0123456789');
  expect(sent(a, fd, 2, 5)).toBe(5);
  expect(recvAll(b, 5).toString()).toBe('23456');
  const start = Buffer.alloc(3);
  expect(readSync(fd, start)).toBe(3);
  expect(start.toString()).toBe('012');
});

testWith({ needs: 'pipe' }, 'sends a range of a file to a pipe', () => {
  const [readEnd, writeEnd] = pipePair();
  expect(sendfile(writeEnd, file('0123456789').fd, 7, 100)).toBe(3);
  expect(recvAll(readEnd, 3).toString()).toBe('789');
});

test('at the end and past it the answer is 0, so that a loop ends', () => {
  const [a] = socketPair();
  const { fd } = file('abc');
  expect(sendfile(a, fd, 3, 10)).toBe(0);
  expect(sendfile(a, fd, 1000, 10)).toBe(0);
  expect(sendfile(a, fd, 2 ** 40, 10)).toBe(0);
  expect(sendfile(a, file('').fd, 0, 10)).toBe(0);
});

test('count 0 sends nothing', () => {
  const [a, b] = socketPair();
  expect(sendfile(a, file('abc').fd, 0, 0)).toBe(0);
  expect(socket.recv(b, new Uint8Array(1))).toBe(WOULD_BLOCK);
});

test('counts over the limit of the kernel are clamped, up to 2^53 - 1', () => {
  const { fd } = file('abc');
  for (const count of [2 ** 31 - 4096, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]) {
    const [a, b] = socketPair();
    expect(sent(a, fd, 0, count)).toBe(3);
    expect(recvAll(b, 3).toString()).toBe('abc');
  }
});

const cut = 'its writeSync() cuts a position to 32 bits, so that there is no such file to send from';
testWith({ notInDeno: cut }, 'offsets over 4 GiB are not cut', () => {
  const path = join(directory, 'sparse');
  const sparse = ownFile(openSync(path, 'w+'));
  ftruncateSync(sparse, 5 * 2 ** 30);
  writeSync(sparse, 'far away', 5 * 2 ** 30 - 8);
  const [a, b] = socketPair();
  expect(sent(a, sparse, 5 * 2 ** 30 - 8, 100)).toBe(8);
  expect(recvAll(b, 8).toString()).toBe('far away');
});

test('negative, fractional and huge offsets and counts are refused', () => {
  const [a] = socketPair();
  const { fd } = file('abc');
  for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53), 1e300]) {
    expectOutOfRange(() => sendfile(a, fd, bad, 1));
    expectOutOfRange(() => sendfile(a, fd, 0, bad));
  }
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  for (const bad of ['1', null, undefined, {}, [], 1n, Symbol('x')] as any[]) {
    expectArgumentType(() => sendfile(a, fd, bad, 1));
    expectArgumentType(() => sendfile(a, fd, 0, bad));
  }
});

test.each(badFds)('$name is refused as either fd', ({ value }) => {
  const [a] = socketPair();
  expectBadArgument(() => sendfile(value, a, 0, 1));
  expectBadArgument(() => sendfile(a, value, 0, 1));
});

testWith(
  { notOnLibkqueue: libkqueue.lowat },
  'a full socket takes a part, then would block; nothing is lost or doubled',
  () => {
    const content = randomBytes(8 * 2 ** 20);
    const { fd } = file(content);
    const [client, server] = tcpPair();
    const chunk = Buffer.alloc(1 << 14);
    const hash = createHash('sha256');
    let moved = 0;
    let received = 0;
    let blocked = 0;
    while (received < content.length) {
      const n = moved < content.length ? sendfile(server, fd, moved, content.length - moved) : 0;
      if (n === WOULD_BLOCK) blocked++;
      else moved += n;
      const got = socket.recv(client, chunk);
      if (got === WOULD_BLOCK) awaitReady(client, Interest.READABLE);
      else {
        hash.update(chunk.subarray(0, got));
        received += got;
      }
    }
    expect(moved).toBe(content.length);
    expect(blocked).toBeGreaterThan(0);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  },
);

test('a file cut while it is sent: a short count, then 0', () => {
  const path = join(directory, 'cut');
  const fd = ownFile(openSync(path, 'w+'));
  writeSync(fd, Buffer.alloc(100_000, 1));
  const [a, b] = socketPair();
  expect(sent(a, fd, 0, 10_000)).toBe(10_000);
  ftruncateSync(fd, 15_000);
  expect(sent(a, fd, 10_000, 90_000)).toBe(5000);
  expect(sent(a, fd, 15_000, 85_000)).toBe(0);
  expect(recvAll(b, 15_000)).toHaveLength(15_000);
});

test('a file that grew is sent with what was added', () => {
  const { path, fd } = file('abc');
  const [a, b] = socketPair();
  expect(sent(a, fd, 0, 100)).toBe(3);
  writeFileSync(path, 'def', { flag: 'a' });
  expect(sent(a, fd, 3, 100)).toBe(3);
  expect(recvAll(b, 6).toString()).toBe('abcdef');
});

testWith(
  { notOnWindows: 'a file that is open is not replaced or deleted there' },
  'a file replaced or deleted meanwhile is still the one that was opened',
  () => {
    const { path, fd } = file('the old one');
    const [a, b] = socketPair();
    writeFileSync(`${path}.new`, 'the new one');
    renameSync(`${path}.new`, path);
    expect(sent(a, fd, 0, 100)).toBe(11);
    unlinkSync(path);
    expect(sent(a, fd, 0, 100)).toBe(11);
    expect(recvAll(b, 22).toString()).toBe('the old onethe old one');
  },
);

testWith({ needs: 'pollableFiles' }, 'a file to a file; with O_APPEND on the target it is EINVAL', () => {
  const { fd } = file('copied');
  const path = join(directory, 'target');
  const target = ownFile(openSync(path, 'w+'));
  expect(sendfile(target, fd, 0, 100)).toBe(6);
  expect(readFileSync(path, 'utf8')).toBe('copied');
  const append = ownFile(openSync(path, fsConstants.O_WRONLY | fsConstants.O_APPEND));
  expectSystemError(() => sendfile(append, fd, 0, 100), 'EINVAL', { syscall: 'sendfile' });
});

test('a source that is write-only, closed, or a directory is an error', () => {
  const [a] = socketPair();
  const writeOnly = ownFile(openSync(join(directory, 'write-only'), 'w'));
  writeSync(writeOnly, 'not to be read');
  expectSystemError(() => sendfile(a, writeOnly, 0, 1), 'EBADF', { syscall: 'sendfile' });
  expectSystemError(() => sendfile(a, ownFile(openSync(directory, 'r')), 0, 1), 'EINVAL', { syscall: 'sendfile' });
  const gone = openSync(devNull, 'r');
  closeSync(gone);
  expectSystemError(() => sendfile(a, gone, 0, 1), 'EBADF', { syscall: 'sendfile' });
});

testWith({ needs: 'pipe' }, 'sockets and FIFOs cannot be a source', () => {
  const [a] = socketPair();
  const [c] = socketPair();
  const [readEnd] = pipePair();
  for (const source of [c, readEnd]) {
    const error = caught(() => sendfile(a, source, 0, 1));
    expect(error).toMatchObject({ syscall: 'sendfile', code: expect.stringMatching(/^(EINVAL|ESPIPE)$/) });
  }
});

testWith({ needs: 'proc' }, 'a file of /proc is sent, or refused with EINVAL, but never spins', () => {
  const [a, b] = socketPair();
  const fd = ownFile(openSync('/proc/self/status', 'r'));
  let total = 0;
  try {
    for (let n = 1; n > 0; total += n) n = sendfile(a, fd, total, 65536);
    expect(recvAll(b, total).toString()).toMatch(/^Name:/);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'sendfile' });
  }
});

test('a socket as the source, also the same as the target, is an error', () => {
  const [a] = socketPair();
  const [c] = socketPair();
  // On Windows the number is looked up among the files of Node, where no socket is.
  for (const source of [a, c]) {
    expect(caught(() => sendfile(a, source, 0, 1)).code).toMatch(isWindows ? /^EBADF$/ : /^(EINVAL|ESPIPE)$/);
  }
});

testWith({ needs: 'pollableFiles' }, 'the same file on both sides is an error or moves what it says', () => {
  const path = join(directory, 'both');
  const fd = ownFile(openSync(path, 'w+'));
  writeSync(fd, 'abcdef');
  let moved = 0;
  try {
    moved = sendfile(fd, fd, 0, 3); // the position of the target is the end: a copy of the first three
  } catch (error) {
    expect(error).toMatchObject({ code: 'EINVAL' });
  }
  expect(readFileSync(path, 'utf8')).toBe(`abcdef${'abc'.slice(0, moved)}`);
});

test('the peer gone: EPIPE or ECONNRESET, no signal', () => {
  const [a, b] = socketPair();
  socket.close(b);
  if (isWindows) expect(awaitReady(a, Interest.READABLE) & Ready.READ_CLOSED).not.toBe(0);
  const { fd } = file('x');
  const error = caught(() => {
    // Over TCP the first bytes are what the peer answers with its reset.
    for (let i = 0; i < 1000; i++) sent(a, fd, 0, 1);
  });
  expect(error).toMatchObject({ syscall: 'sendfile', fd: a });
  expect(error.code).toMatch(isWindows ? /^(ECONNRESET|ECONNABORTED|EPIPE)$/ : /^EPIPE$/);
});

test('O_NONBLOCK stays on the socket', () => {
  const [a] = tcpPair();
  const { fd } = file(randomBytes(2 ** 20));
  for (let moved = 0; ; ) {
    const n = sendfile(a, fd, moved % 2 ** 20, 2 ** 20);
    if (n === WOULD_BLOCK) break;
    moved += n;
  }
  expect(socket.recv(a, new Uint8Array(1))).toBe(WOULD_BLOCK);
  // On Windows what blocks is the file that is on its way; a send may still be taken, and comes after it.
  if (!isWindows) expect(socket.write(a, new Uint8Array(1 << 20))).toBe(WOULD_BLOCK);
});

test('pages may change after the call returned: what arrives is from before or after, never from elsewhere', () => {
  const path = join(directory, 'mutating');
  const fd = ownFile(openSync(path, 'w+'));
  writeSync(fd, Buffer.alloc(60_000, 'a'), 0, 60_000, 0);
  const [a, b] = tcpPair();
  const first = sendfile(a, fd, 0, 60_000);
  writeSync(fd, Buffer.alloc(60_000, 'b'), 0, 60_000, 0);
  const moved = first === WOULD_BLOCK ? sent(a, fd, 0, 60_000) : first;
  expect(recvAll(b, moved).toString()).toMatch(/^[ab]+$/);
});
