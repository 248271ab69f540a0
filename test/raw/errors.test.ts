// The shape of errors: what a caller may look at, and that making one never hides another.

import { openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { SystemError, UnsupportedError } from 'fdreactor';
import { EPOLLIN, Epoll, supported as epollIsThere } from 'fdreactor/epoll';
import * as socket from 'fdreactor/socket';
import { sendfile } from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';
import { dispose, own, ownFile } from '../helpers/owned.js';
import { listen, socketPair } from '../helpers/pairs.js';
import { closedFd } from '../helpers/platform.js';
import { caught } from '../helpers/throws.js';

function closed(): number {
  const [a, b] = socketPair();
  socket.close(b);
  socket.close(a);
  return a;
}

test('a SystemError is an Error with code, errno, syscall and fd, and says them', () => {
  const fd = closed();
  const error = caught(() => socket.recv(fd, new Uint8Array(1)));
  expect(error).toBeInstanceOf(SystemError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('SystemError');
  expect(error).toMatchObject({ code: closedFd, syscall: 'recv', fd });
  expect(getSystemErrorName(error.errno)).toBe(closedFd);
  expect(error.message).toContain(closedFd);
  expect(error.message).toContain('recv');
  expect(error.stack).toContain('errors.test');
});

function unconnected(): number {
  return own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
}

test("errno and code agree with Node's own table", () => {
  const errors = [
    caught(() => socket.recv(closed(), new Uint8Array(1))),
    caught(() => socket.getpeername(unconnected())),
    caught(() => socket.listenTcp({ host: '127.0.0.1', port: listen().port })),
  ];
  for (const { code, errno } of errors) expect(getSystemErrorName(errno)).toBe(code);
});

test('address and port are there where an address was involved', () => {
  const { port } = listen();
  expect(caught(() => socket.listenTcp({ host: '127.0.0.1', port }))).toMatchObject({
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port,
  });
});

testWith(
  { needs: 'unixSockets', notUnderWine: 'Wine has no AF_UNIX' },
  'a path is there where a path was involved',
  () => {
    const path = '/no/such/directory/socket';
    const error = caught(() => socket.connectUnix({ path }));
    expect(error).toMatchObject({ code: 'ENOENT', path, syscall: 'connect' });
    expect(error.message).toContain(path);
  },
);

test('members that are not known are not there', () => {
  const error = caught(() => socket.recv(closed(), new Uint8Array(1)));
  for (const member of ['address', 'port', 'path']) expect(error[member]).toBeUndefined();
});

test("each call names itself as the kernel's manual does", () => {
  const ep = epollIsThere ? dispose(new Epoll()) : undefined;
  const file = ownFile(openSync(process.execPath, 'r'));
  const fd = closed();
  const byte = new Uint8Array(1);
  const address = { host: '127.0.0.1', port: 1 };
  const { SOL_SOCKET, SO_TYPE, SO_KEEPALIVE } = socket.constants;
  const calls: [string | RegExp, () => unknown][] = [
    [/^accept4?$/, () => socket.accept(fd)],
    ['recv', () => socket.recv(fd, byte)],
    ['send', () => socket.send(fd, byte)],
    ['read', () => socket.read(fd, byte)],
    ['write', () => socket.write(fd, byte)],
    ['recvfrom', () => socket.recvfrom(fd, byte, 0, 1, 0, new socket.SocketAddress())],
    ['sendto', () => socket.sendto(fd, byte, 0, 1, 0, address)],
    ['recvmsg', () => socket.recvmsg(fd, new socket.Message({ buffers: [byte] }))],
    ['sendmsg', () => socket.sendmsg(fd, new socket.Message({ buffers: [byte] }))],
    ['bind', () => socket.bind(fd, address)],
    ['listen', () => socket.listen(fd, 1)],
    ['connect', () => socket.connect(fd, address)],
    ['shutdown', () => socket.shutdown(fd, 1)],
    ['getsockname', () => socket.getsockname(fd)],
    ['getpeername', () => socket.getpeername(fd)],
    ['getsockopt', () => socket.getsockopt(fd, SOL_SOCKET, SO_TYPE)],
    ['setsockopt', () => socket.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, 1)],
    ['getsockopt', () => socket.takeError(fd)],
    ['close', () => socket.close(fd)],
    ['sendfile', () => sendfile(fd, file, 0, 1)],
  ];
  if (ep !== undefined) calls.push(['epoll_ctl', () => ep.add(fd, EPOLLIN)]);
  for (const [name, call] of calls) {
    const error = caught(call);
    expect(error.code, String(call)).toBe(closedFd);
    expect(error.syscall).toMatch(name);
  }
});

test('takeError gives the error of a socket as an object, not thrown', () => {
  const [a] = socketPair();
  expect(socket.takeError(a)).toBe(null);
});

test('an UnsupportedError has its code and is no SystemError', () => {
  const error = new UnsupportedError('this facility');
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(SystemError);
  expect(error.code).toBe('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
});

test('an error made near the end of the stack is a RangeError of the stack or the error itself, no crash', () => {
  const fd = closed();
  const seen = new Set<string>();
  const dive = (): void => {
    try {
      socket.recv(fd, new Uint8Array(1));
    } catch (error) {
      seen.add(error instanceof SystemError ? 'SystemError' : (error as Error).name);
    }
    dive();
  };
  expect(dive).toThrow(RangeError);
  seen.delete('RangeError');
  expect([...seen]).toEqual(['SystemError']);
});

test('an error has its own members only, whatever Object.prototype was given', async () => {
  const changed = await reportOf(({ socket, SystemError, report }) => {
    const strange = {
      get: { value: () => 'polluted' },
      set: { value: () => {} },
      value: { value: 'polluted' },
      writable: { value: true },
      path: { value: '/polluted' },
      option: { value: 'polluted' },
      address: { value: 'polluted' },
      port: { value: 1 },
      code: { value: 'polluted' },
    };
    const outcomeOf = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        const { name, message, code, syscall } = error as InstanceType<typeof SystemError>;
        return { name, message, code, syscall, keys: Object.keys(error as object) };
      }
    };
    const [fd] = socket.socketpair();
    const { SOL_SOCKET, SO_TYPE } = socket.constants;
    const calls = [
      () => socket.recv(2 ** 30, new Uint8Array(1)),
      () => socket.setsockopt(2 ** 30, SOL_SOCKET, SO_TYPE, 1),
      () => socket.recv(fd, new Uint8Array(1), 2),
      () => socket.recv('x' as unknown as number, new Uint8Array(1)),
      () => socket.connectTcp({ host: '127.0.0.1', port: 1, localAddress: '192.0.2.1' }),
      () => String(new SystemError(1, 'call')),
    ];
    const clean = calls.map(outcomeOf);
    const changed: unknown[] = [];
    for (const [key, descriptor] of Object.entries(strange)) {
      Object.defineProperty(Object.prototype, key, { ...descriptor, configurable: true });
      const polluted = calls.map(outcomeOf);
      delete (Object.prototype as unknown as Record<string, unknown>)[key];
      if (JSON.stringify(polluted) !== JSON.stringify(clean)) changed.push({ key, clean, polluted });
    }
    report(changed);
  });
  expect(changed).toEqual([]);
});
