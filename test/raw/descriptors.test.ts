// Every fd that the package makes is close-on-exec, and every socket and pipe is non-blocking: read from the kernel's
// own account of it, and seen from a program that was executed.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capabilities, Reactor, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { describe, expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { rawQueue } from '../helpers/fixtures/toolbox.mjs';
import { type Conditions, casesThatHold, testWith } from '../helpers/needs.js';
import { fdFlags, O_CLOEXEC, O_NONBLOCK, openFds } from '../helpers/open-fds.js';
import { dispose, own } from '../helpers/owned.js';
import { acceptOne, listen, socketPair } from '../helpers/pairs.js';
import { isWindows } from '../helpers/platform.js';
import { expectBadArgument, expectSystemError } from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';

const { constants } = socket;
const unixPath = (name: string): string => join(tmpdir(), `fdreactor-${process.pid}-${name}`);
const abstract = `\0fdreactor-descriptors-${process.pid}`;

interface Maker extends Conditions {
  make: () => number[];
}
const unix = { needs: 'abstractUnixSockets' } as const;

const makers: Record<string, Maker> = {
  listenTcp: { make: () => [socket.listenTcp({ host: '127.0.0.1', port: 0 })] },
  listenUnix: { ...unix, make: () => [socket.listenUnix({ path: `${abstract}-listen` })] },
  connectTcp: { make: () => [socket.connectTcp({ host: '127.0.0.1', port: listen().port })] },
  connectUnix: {
    ...unix,
    make: () => {
      own(socket.listenUnix({ path: `${abstract}-connect` }));
      return [socket.connectUnix({ path: `${abstract}-connect` })];
    },
  },
  bindUdp: { make: () => [socket.bindUdp({ host: '127.0.0.1', port: 0 })] },
  accept: {
    make: () => {
      const { listener, port } = listen();
      own(socket.connectTcp({ host: '127.0.0.1', port }));
      return [acceptOne(listener)];
    },
  },
  socket: {
    make: () => [
      socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0),
      socket.socket(constants.AF_INET6, constants.SOCK_DGRAM, 0),
    ],
  },
  'socket of AF_UNIX': {
    ...unix,
    make: () => [socket.socket(constants.AF_UNIX, constants.SOCK_SEQPACKET, 0)],
  },
  socketpair: { make: () => socket.socketpair() },
  pipe: { needs: 'pipe', make: () => socket.pipe() },
};

describe.each(casesThatHold('makes close-on-exec, non-blocking fds', makers))('%s', (_, { make }) => {
  test('makes close-on-exec, non-blocking fds', () => {
    for (const fd of make()) {
      if (isWindows) expectNeverBlocks(own(fd));
      else expect(fdFlags(own(fd)) & (O_CLOEXEC | O_NONBLOCK)).toBe(O_CLOEXEC | O_NONBLOCK);
    }
  });
});

/** Windows does not tell whether a socket is non-blocking: a call that would wait must come back. */
function expectNeverBlocks(fd: number): void {
  try {
    expect(socket.recv(fd, new Uint8Array(1))).toBe(WOULD_BLOCK);
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(ENOTCONN|EINVAL)$/) });
  }
}

/** The fds that appeared while `make` ran. */
function newFds(make: () => void): number[] {
  const before = openFds();
  make();
  return [...openFds()].filter(([fd, target]) => before.get(fd) !== target).map(([fd]) => fd);
}

testWith(
  { needs: 'proc' },
  'whatever a Reactor, a raw queue, a Waker, a signal watcher and a Pump open is close-on-exec',
  () => {
    const [a, b] = socketPair();
    const fds = newFds(() => {
      dispose(rawQueue());
      const reactor = dispose(new Reactor());
      reactor.createWaker(() => {});
      reactor.onSignal('SIGUSR2', () => {});
      reactor.setTimer(100_000, () => {});
      if (capabilities().splice) dispose(new Pump(a, b, { pool: dispose(new PipePool()) })).move();
    });
    expect(fds.length).toBeGreaterThan(2);
    for (const fd of fds) expect(fdFlags(fd) & O_CLOEXEC, `fd ${fd}`).toBe(O_CLOEXEC);
  },
);

test('Node reads no certificates meanwhile, in a thread that opens a file without O_CLOEXEC (vitest.config.ts)', () => {
  expect(process.env.NODE_EXTRA_CA_CERTS).toBeUndefined();
  expect(process.env.NODE_USE_SYSTEM_CA).toBeUndefined();
});

test('a program that is executed inherits no socket', async () => {
  const fds = [socket.listenTcp({ host: '127.0.0.1', port: 0 }), ...socket.socketpair()].map(own);
  const inherited = await reportOf(
    ({ openFds: list, report, args }) => {
      report(list().filter((line: string) => (args as number[]).includes(Number.parseInt(line, 10))));
    },
    { args: fds },
  );
  // Small numbers may be something of the child's own; none of them is a socket.
  expect(inherited.filter((line: string) => line.includes('socket:'))).toEqual([]);
});

testWith({ needs: 'proc' }, 'a program that is executed inherits none of them', async () => {
  const inherited = await reportOf(({ Reactor: R, rawQueue: open, socket: s, childProcess, report }) => {
    const list = (): string[] =>
      childProcess.spawnSync('ls', ['/proc/self/fd'], { encoding: 'utf8' }).stdout.split('\n');
    const before = list();
    const held = [open(), new R(), s.listenTcp({ host: '127.0.0.1', port: 0 }), ...s.pipe(), ...s.socketpair()];
    report({ held: held.length, before, now: list() });
    process.exit(0);
  });
  expect(inherited.held).toBe(7);
  expect(inherited.now).toEqual(inherited.before);
});

testWith(unix, 'a failed bind leaves neither an fd nor a socket file', () => {
  const path = unixPath('no-such-directory/socket');
  const fds = newFds(() => {
    for (let i = 0; i < 5; i++) expectSystemError(() => socket.listenUnix({ path }), 'ENOENT', { path });
  });
  expect(fds).toEqual([]);
});

test.each(badFds)('$name is refused as an fd by every function of the socket module', ({ value }) => {
  const buffer = new Uint8Array(1);
  const address = { host: '127.0.0.1', port: 1 };
  const calls: (() => unknown)[] = [
    () => socket.accept(value),
    () => socket.recv(value, buffer),
    () => socket.send(value, buffer),
    () => socket.read(value, buffer),
    () => socket.write(value, buffer),
    () => socket.readv(value, [buffer]),
    () => socket.writev(value, [buffer]),
    () => socket.recvfrom(value, buffer, 0, 1, 0, new socket.SocketAddress()),
    () => socket.sendto(value, buffer, 0, 1, 0, address),
    () => socket.bind(value, address),
    () => socket.listen(value, 1),
    () => socket.connect(value, address),
    () => socket.shutdown(value, constants.SHUT_WR),
    () => socket.close(value),
    () => socket.getsockname(value),
    () => socket.getpeername(value),
    () => socket.getsockopt(value, constants.SOL_SOCKET, constants.SO_TYPE),
    () => socket.setsockopt(value, constants.SOL_SOCKET, constants.SO_KEEPALIVE, 1),
    () => socket.takeError(value),
    () => socket.detachFd(value),
    () => socket.release(value),
  ];
  for (const call of calls) expectBadArgument(call);
});

testWith({ needs: 'pipe' }, 'read and write move bytes on files and at their position', () => {
  const [readEnd, writeEnd] = socket.pipe().map(own) as [number, number];
  expect(socket.write(writeEnd, Buffer.from('through a pipe'))).toBe(14);
  const buffer = Buffer.alloc(7);
  expect(socket.read(readEnd, buffer)).toBe(7);
  expect(buffer.toString()).toBe('through');
  expectSystemError(() => socket.read(writeEnd, buffer), 'EBADF', { syscall: 'read', fd: writeEnd });
  expectSystemError(() => socket.write(readEnd, buffer), 'EBADF', { syscall: 'write', fd: readEnd });
});

test('domains, types and protocols that are not integers are refused; unknown ones are an error of the kernel', () => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  for (const bad of ['1', null, {}, 1.5, Number.NaN, 2 ** 31, 1n] as any[]) {
    expectBadArgument(() => socket.socketpair(bad, constants.SOCK_STREAM));
    expectBadArgument(() => socket.socketpair(constants.AF_INET, bad));
    expectBadArgument(() => socket.socket(bad, constants.SOCK_STREAM, 0));
    expectBadArgument(() => socket.socket(constants.AF_INET, bad, 0));
    expectBadArgument(() => socket.socket(constants.AF_INET, constants.SOCK_STREAM, bad));
  }
  expectSystemError(() => socket.socket(999, constants.SOCK_STREAM, 0), 'EAFNOSUPPORT', { syscall: 'socket' });
  const unknown = (): number => socket.socket(constants.AF_INET, constants.SOCK_STREAM, 999);
  expectSystemError(unknown, isWindows ? 'EPROTONOSUPPORT' : 'EINVAL', { syscall: 'socket' });
});
