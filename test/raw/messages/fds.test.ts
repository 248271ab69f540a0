// Fds over a Unix socket (SCM_RIGHTS): sendFds(), recvFds(), and the fds of a Message. None is ever left open by
// accident: the leak check after the file would see it.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Message, recvFds, recvmsg, sendFds, sendmsg } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { inChild } from '../../helpers/child.js';
import { testUnless, testWith } from '../../helpers/needs.js';
import { openFds } from '../../helpers/open-fds.js';
import { own, ownFile } from '../../helpers/owned.js';
import { portOf, socketPair } from '../../helpers/pairs.js';
import { isLinux } from '../../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectOutOfRange,
  expectSystemError,
} from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

const { constants } = socket;
const byte = Buffer.from('.');
const datagrams = (): [number, number] => {
  const [a, b] = socket.socketpair(undefined, constants.SOCK_DGRAM);
  return [own(a), own(b)];
};

function receive(fd: number, maxFds?: number): { text: string; fds: number[] } {
  const buffer = Buffer.alloc(64);
  const fds = [-1, -2];
  awaitReady(fd, Interest.READABLE);
  const count = recvFds(fd, buffer, fds, maxFds);
  return { text: buffer.toString('latin1', 0, count), fds };
}

test('a stream carries fds with its bytes: each is another number of the same file', () => {
  const [a, b] = socketPair();
  const [c, d] = socketPair();
  expect(sendFds(a, Buffer.from('two'), [c, d])).toBe(3);
  const { text, fds } = receive(b);
  expect(text).toBe('two');
  expect(fds).toHaveLength(2);
  const [c2, d2] = fds.map(own) as [number, number];
  expect(c2).not.toBe(c);
  socket.send(c2, Buffer.from('through'));
  const buffer = Buffer.alloc(16);
  expect(socket.recv(d2, buffer)).toBe(7);
});

test('bytes without fds, and fds in several messages, stay apart', () => {
  const [a, b] = socketPair();
  sendFds(a, Buffer.from('x'), [a]);
  sendFds(a, Buffer.from('y'), [a, b]);
  socket.send(a, Buffer.from('plain'));
  for (const [sent, count] of [
    ['x', 1],
    ['y', 2],
  ] as const) {
    const { text, fds } = receive(b);
    expect({ text, count: fds.length }).toEqual({ text: sent, count });
    for (const fd of fds) socket.close(fd);
  }
  expect(receive(b)).toEqual({ text: 'plain', fds: [] });
  const fds = [7];
  expect(recvFds(b, Buffer.alloc(1), fds)).toBe(WOULD_BLOCK);
  expect(fds).toEqual([]);
});

test('the end of a stream is 0 bytes and no fds', () => {
  const [a, b] = socketPair();
  socket.close(a);
  expect(receive(b)).toEqual({ text: '', fds: [] });
});

test('253 fds pass at once, and are close-on-exec', () => {
  const [a, b] = datagrams();
  sendFds(a, byte, Array(253).fill(a));
  const { fds } = receive(b);
  expect(fds).toHaveLength(253);
  for (const fd of fds) own(fd);
  expectOutOfRange(() => sendFds(a, byte, Array(254).fill(a)));
});

testWith({ needs: 'proc' }, 'received fds are close-on-exec', () => {
  const [a, b] = socketPair();
  const file = ownFile(openSync('/dev/null', 'r'));
  sendFds(a, byte, [file]);
  const [received] = receive(b).fds.map(own);
  expect(readFileSync(`/proc/self/fdinfo/${received}`, 'utf8')).toMatch(/flags:\s+0?2\d{6}/);
});

test('a regular file passes, with its position', () => {
  const [a, b] = socketPair();
  const file = openSync(import.meta.filename, 'r');
  const text = readFileSync(import.meta.filename);
  readSync(file, Buffer.alloc(10));
  sendFds(a, byte, [file]);
  closeSync(file);
  const [received] = receive(b).fds.map(own) as [number];
  const rest = Buffer.alloc(20);
  expect(socket.read(received, rest)).toBe(20);
  expect(rest).toEqual(text.subarray(10, 30));
});

test.each([1, 2, 3, 4, 7, 252])('more than %i fds are EMSGSIZE, and none is left open', (maxFds) => {
  const [a, b] = datagrams();
  const before = openFds().size;
  for (const count of [maxFds + 1, 253]) {
    sendFds(a, Buffer.from('bytes'), Array(count).fill(a));
    const buffer = Buffer.alloc(8);
    const fds = [11];
    expectSystemError(() => recvFds(b, buffer, fds, maxFds), 'EMSGSIZE', { syscall: 'recvmsg', fd: b });
    expect({ fds, text: buffer.toString('latin1', 0, 5) }).toEqual({ fds: [11], text: 'bytes' });
    expect(openFds().size).toBe(before);
  }
  sendFds(a, byte, Array(maxFds).fill(a));
  for (const fd of receive(b, maxFds).fds) socket.close(fd);
});

const SO_PASSPIDFD = 76;

function whyNoPidfds(): string | undefined {
  if (!isLinux) return 'SO_PASSPIDFD is an option of Linux';
  const pair = socket.socketpair();
  try {
    socket.setsockopt(pair[0], constants.SOL_SOCKET, SO_PASSPIDFD, 1);
    return undefined;
  } catch (error) {
    return `SO_PASSPIDFD needs Linux 6.5: ${(error as Error).message}`;
  } finally {
    for (const fd of pair) socket.close(fd);
  }
}

testUnless(whyNoPidfds(), 'a pidfd that comes along is taken, or closed', () => {
  const [a, b] = datagrams();
  const before = openFds().size;
  socket.setsockopt(b, constants.SOL_SOCKET, SO_PASSPIDFD, 1);
  sendFds(a, byte, []);
  expect(receive(b).fds).toEqual([]);
  expect(openFds().size).toBe(before);
  sendFds(a, byte, [a, a]);
  expectSystemError(() => recvFds(b, Buffer.alloc(1), [], 1), 'EMSGSIZE');
  expect(openFds().size).toBe(before);
  sendFds(a, byte, []);
  const message = new Message({ buffers: [Buffer.alloc(1)] });
  recvmsg(b, message);
  const pidfd = message.takePidfd();
  expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toContain(`Pid:\t${process.pid}\n`);
  socket.close(pidfd);
  expect(message.takePidfd()).toBe(-1);
  expect(openFds().size).toBe(before);
});

test('maxFds of 0 takes none', () => {
  const [a, b] = datagrams();
  const before = openFds().size;
  sendFds(a, byte, [a]);
  expectSystemError(() => recvFds(b, Buffer.alloc(1), [], 0), 'EMSGSIZE');
  sendFds(a, byte, []);
  expect(receive(b, 0).fds).toEqual([]);
  expect(openFds().size).toBe(before);
});

test('an array that cannot be changed gets none, and none is left open', () => {
  const [a, b] = datagrams();
  const before = openFds().size;
  const hostile = new Proxy([] as number[], {
    set() {
      throw new Error('no');
    },
  });
  for (const fds of [Object.freeze([1]) as unknown as number[], hostile]) {
    sendFds(a, byte, [a, b]);
    expectBadArgument(() => recvFds(b, Buffer.alloc(1), fds));
    expect(openFds().size).toBe(before);
  }
});

test('fds of a message: taken once, closed by closeFds() or by the next message', () => {
  const [a, b] = datagrams();
  const before = openFds().size;
  const sent = new Message({ buffers: [byte] });
  sent.setFds([a, b]);
  const message = new Message({ buffers: [Buffer.alloc(4)], maxFds: 3 });
  const next = (): void => {
    sendmsg(a, sent);
    expect(recvmsg(b, message)).toBe(1);
  };
  next();
  expect(message.fdCount).toBe(2);
  next();
  expect(openFds().size).toBe(before + 2);
  const taken = message.takeFds();
  expect(taken).toHaveLength(2);
  expect(message.takeFds()).toEqual([]);
  message.closeFds();
  expect(openFds().size).toBe(before + 2);
  for (const fd of taken) socket.close(fd);
  next();
  message.closeFds();
  message.closeFds();
  expect({ fds: message.fdCount, open: openFds().size }).toEqual({ fds: 0, open: before });
  next();
  expect(recvmsg(b, message)).toBe(WOULD_BLOCK);
  expect({ fds: message.fdCount, open: openFds().size }).toEqual({ fds: 0, open: before });
  sent.setFds([]);
  next();
  expect(message.fdCount).toBe(0);
});

test('a message with more fds than maxFds throws, has its bytes, and no fd', () => {
  const [a, b] = datagrams();
  const before = openFds().size;
  const sent = new Message({ buffers: [Buffer.from('data')] });
  sent.setFds([a, a, a]);
  for (const maxFds of [0, 1, 2]) {
    const message = new Message({ buffers: [Buffer.alloc(8)], maxFds });
    sendmsg(a, sent);
    expectSystemError(() => recvmsg(b, message), 'EMSGSIZE', { syscall: 'recvmsg', fd: b });
    expect(message).toMatchObject({ bytes: 4, controlTruncated: true, fdCount: 0 });
    expect(openFds().size).toBe(before);
  }
});

test('a call that fails sends none', () => {
  const [a, b] = datagrams();
  expectSystemError(() => sendFds(a, byte, [a, 2 ** 31 - 1]), 'EBADF', { syscall: 'sendmsg', fd: a });
  expect(recvFds(b, Buffer.alloc(1), [])).toBe(WOULD_BLOCK);
  const udp = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  socket.connect(udp, { host: '127.0.0.1', port: portOf(udp) });
  expectSystemError(() => sendFds(udp, byte, [a]), 'EOPNOTSUPP', { fd: udp });
});

test('wrong arguments are named', () => {
  const [a] = datagrams();
  expectArgumentType(() => sendFds(a, 'x' as unknown as Uint8Array, []));
  expectOutOfRange(() => sendFds(a, new Uint8Array(0), [a]));
  expectArgumentType(() => sendFds(a, byte, 3 as unknown as number[]));
  expectArgumentType(() => sendFds(a, byte, ['3' as unknown as number]));
  for (const bad of [-1, 1.5]) expectOutOfRange(() => sendFds(a, byte, [bad]));
  expectBadArgument(() => sendFds(-1, byte, []));
  expectBadArgument(() => recvFds(-1, byte, []));
  expectArgumentType(() => recvFds(a, [] as unknown as Uint8Array, []));
  expectArgumentType(() => recvFds(a, byte, {} as unknown as number[]));
  for (const bad of [-1, 254, 0.5]) expectOutOfRange(() => recvFds(a, byte, [], bad));
  expect(caught(() => sendFds(a, byte, Array(3) as number[])).message).toMatch(/fds\[0\]/);
});

testWith({ needs: 'shell' }, 'fds that the process has no number for are EMSGSIZE, and none is left open', async () => {
  const { reports } = await inChild(
    ({ socket, report, openFds: open }) => {
      const [a, b] = socket.socketpair(undefined, socket.constants.SOCK_DGRAM);
      socket.sendFds(a, new Uint8Array(1), Array(200).fill(a));
      const before = open().length;
      try {
        socket.recvFds(b, new Uint8Array(1), []);
      } catch (error) {
        report({ code: (error as NodeJS.ErrnoException).code, left: open().length - before });
      }
    },
    { wrap: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] },
  );
  expect(reports).toEqual([{ code: 'EMSGSIZE', left: 0 }]);
});
