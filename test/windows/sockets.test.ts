// Winsock's own ways, as the socket module has them.
import { getSystemErrorName } from 'node:util';
import { capabilities, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { own } from '../helpers/owned.js';
import { acceptOne, listen, portOf, socketPair } from '../helpers/pairs.js';
import { caught, expectSystemError, expectUnsupported } from '../helpers/throws.js';

const { constants } = socket;

test('errors have their POSIX name, the number that Node has for it, and the number of Windows', () => {
  const [a] = socketPair();
  socket.close(a);
  const { port } = listen();
  const errors = [
    { error: caught(() => socket.recv(a, new Uint8Array(1))), code: 'ENOTSOCK', winError: 10038 },
    { error: caught(() => socket.listenTcp({ host: '127.0.0.1', port })), code: 'EADDRINUSE', winError: 10048 },
    { error: caught(() => socket.listenTcp({ host: '203.0.113.7', port: 0 })), code: 'EADDRNOTAVAIL', winError: 10049 },
  ];
  for (const { error, code, winError } of errors) {
    expect(error).toMatchObject({ code, winError });
    expect(getSystemErrorName(error.errno)).toBe(code);
  }
});

test('what Windows does not have is refused', () => {
  expect(capabilities()).toMatchObject({
    backends: ['iocp'],
    edge: false,
    oneshot: true,
    sendfile: true,
    splice: false,
    reusePort: false,
    cpuSteering: false,
    deferAccept: false,
    abstractUnixSockets: false,
    signals: true,
    attach: true,
  });
  expectUnsupported(() => socket.pipe());
  expectUnsupported(() => socket.listenTcp({ host: '127.0.0.1', port: 0, reusePort: true }));
  expectUnsupported(() => socket.listenTcp({ host: '127.0.0.1', port: 0, deferAccept: true }));
});

test('reuseAddress is SO_EXCLUSIVEADDRUSE: no other process can take the port, and TIME_WAIT is no hindrance', () => {
  const { listener, port } = listen();
  const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
  socket.close(acceptOne(listener)); // this side closes first: it is the one in TIME_WAIT
  expectSystemError(() => socket.listenTcp({ host: '127.0.0.1', port }), 'EADDRINUSE', { port });
  const thief = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  socket.setsockopt(thief, constants.SOL_SOCKET, constants.SO_REUSEADDR, 1);
  expect(caught(() => socket.bind(thief, { host: '127.0.0.1', port })).code).toMatch(/^(EACCES|EADDRINUSE)$/);
  socket.close(listener);
  socket.close(client);
});

test('socketpair is two sockets of TCP, connected to each other alone, without Nagle', () => {
  const [a, b] = socketPair();
  expect(socket.getsockname(a)).toEqual(socket.getpeername(b));
  expect(socket.getsockname(b)).toEqual(socket.getpeername(a));
  for (const fd of [a, b]) {
    expect(socket.getsockopt(fd, constants.SOL_SOCKET, constants.SO_TYPE)).toBe(constants.SOCK_STREAM);
    expect(socket.getsockopt(fd, constants.IPPROTO_TCP, constants.TCP_NODELAY)).toBe(1);
    expect(socket.recv(fd, new Uint8Array(1))).toBe(WOULD_BLOCK);
  }
});

test('an fd is a SOCKET: a small integer that is a multiple of four', () => {
  for (const fd of socketPair()) {
    expect(Number.isInteger(fd) && fd > 0 && fd < 2 ** 31).toBe(true);
    expect(fd % 4).toBe(0);
  }
});

test('the names of a socket that was never bound are an error of Winsock', () => {
  const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  expectSystemError(() => socket.getsockname(fd), 'EINVAL', { fd });
  socket.bind(fd, { host: '127.0.0.1', port: 0 });
  expect(portOf(fd)).toBeGreaterThan(0);
});
