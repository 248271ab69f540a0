// TCP over IPv4 and IPv6: listen, connect, accept, move bytes, shut down, options, and the errors of each.
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { acceptOne, lingerOption, listen, portOf, recvAll, refusingPort, reset, tcpPair } from '../helpers/pairs.js';
import { closedFd, isWindows } from '../helpers/platform.js';
import { caught, expectBadArgument, expectSystemError } from '../helpers/throws.js';
import { awaitReady } from '../helpers/wait.js';

const { constants } = socket;
const afterReset = { notUnderWine: 'recv() after a reset gives 0' };

describe.each([
  { host: '127.0.0.1', any: '0.0.0.0', family: 'IPv4' },
  { host: '::1', any: '::', family: 'IPv6' },
])('$family', ({ host, any, family }) => {
  test('bytes go both ways and arrive unchanged', () => {
    const [client, server] = tcpPair(host);
    const sent = Buffer.from('hello, reactor');
    expect(socket.send(client, sent)).toBe(sent.length);
    expect(recvAll(server, sent.length)).toEqual(sent);
    expect(socket.send(server, sent, 7, 7)).toBe(7);
    expect(recvAll(client, 7).toString()).toBe('reactor');
  });

  test('names of both ends agree', () => {
    const [client, server] = tcpPair(host);
    const near = socket.getsockname(client);
    expect(near).toEqual({ address: host, port: portOf(client), family });
    expect(socket.getpeername(server)).toEqual(near);
    expect(socket.getpeername(client)).toEqual(socket.getsockname(server));
  });

  test('the unspecified address listens; port 0 gets a port', () => {
    const fd = own(socket.listenTcp({ host: any, port: 0 }));
    expect(socket.getsockname(fd)).toMatchObject({ address: any, family });
    expect(portOf(fd)).toBeGreaterThan(0);
  });

  test('a port in use is EADDRINUSE with address and port', () => {
    const { port } = listen(host);
    expectSystemError(() => socket.listenTcp({ host, port }), 'EADDRINUSE', { address: host, port });
  });

  const refused = (): number => {
    const fd = own(socket.connectTcp({ host, port: refusingPort(host) }));
    expect(awaitReady(fd, Interest.WRITABLE) & (Ready.ERROR | Ready.HANGUP | Ready.WRITABLE)).not.toBe(0);
    return fd;
  };

  testWith({ notOnLibkqueue: libkqueue.error }, `${host}: a refused connection is told by takeError`, () => {
    expect(socket.takeError(refused())).toMatchObject({ code: 'ECONNREFUSED' });
  });

  testWith({ notOnLibkqueue: libkqueue.error }, `${host}: the error says whom the connection was for`, () => {
    const port = refusingPort(host);
    const address = new SocketAddress({ host, port });
    const domain = host === '::1' ? constants.AF_INET6 : constants.AF_INET;
    for (const begin of [
      () => own(socket.connectTcp({ host, port })),
      () => {
        const fd = own(socket.socket(domain, constants.SOCK_STREAM, 0));
        expect(socket.connect(fd, address)).toBe(WOULD_BLOCK);
        return fd;
      },
    ]) {
      const fd = begin();
      awaitReady(fd, Interest.WRITABLE);
      const error = socket.takeError(fd);
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'SO_ERROR', fd, address: host, port });
      expect(error?.message).toContain(`${host}:${port}`);
    }
  });

  const inherited = {
    notOnLibkqueue: libkqueue.error,
    notOnWindows: 'takeError() tells of connections only, and numbers are not given out again at once',
  };
  testWith(inherited, `${host}: the next owner of the number does not inherit that address`, () => {
    const { listener, port } = listen(host);
    const client = own(socket.connectTcp({ host, port }));
    awaitReady(listener, Interest.READABLE);
    const fd = refused();
    socket.close(fd); // with the error in it
    const server = own(socket.accept(listener));
    expect(server).toBe(fd);
    reset(client);
    awaitReady(server, 0);
    const error = socket.takeError(server);
    expect(error).toMatchObject({ code: 'ECONNRESET', fd });
    expect(error).not.toHaveProperty('address');
  });

  const cleared = { notUnderWine: 'SO_ERROR is not cleared there', notOnLibkqueue: libkqueue.error };
  testWith(cleared, `${host}: takeError clears the error`, () => {
    const fd = refused();
    expect(socket.takeError(fd)).not.toBe(null);
    expect(socket.takeError(fd)).toBe(null);
  });

  test('a connection can come from a chosen address and port', () => {
    const { listener, port } = listen(host);
    const probe = own(socket.listenTcp({ host, port: 0 }));
    const localPort = portOf(probe);
    socket.close(probe);
    const fd = own(socket.connectTcp({ host, port, localAddress: host, localPort }));
    acceptOne(listener);
    expect(socket.getsockname(fd)).toMatchObject({ address: host, port: localPort });
  });
});

test('what arrives on an IPv6 listener from IPv4 has a mapped address', () => {
  const both = own(socket.listenTcp({ host: '::', port: 0, ipv6Only: false }));
  const client = own(socket.connectTcp({ host: '127.0.0.1', port: portOf(both) }));
  const server = acceptOne(both);
  expect(socket.getpeername(server)).toMatchObject({ address: '::ffff:127.0.0.1', family: 'IPv6' });
  expect(socket.getpeername(client)).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
});

testWith({ notOnLibkqueue: libkqueue.error }, 'an IPv6 listener with ipv6Only refuses IPv4', () => {
  const port = refusingPort();
  own(socket.listenTcp({ host: '::', port, ipv6Only: true }));
  const refused = own(socket.connectTcp({ host: '127.0.0.1', port }));
  awaitReady(refused, Interest.WRITABLE);
  expect(socket.takeError(refused)).toMatchObject({ code: 'ECONNREFUSED' });
});

test('an address of another machine is EADDRNOTAVAIL', () => {
  const address = '203.0.113.7';
  expectSystemError(() => socket.listenTcp({ host: address, port: 0 }), 'EADDRNOTAVAIL', { address, port: 0 });
});

for (const host of ['127.0.0.1', '::1']) {
  testWith(
    { notOnLibkqueue: libkqueue.error, notOnWindows: 'Winsock drops a connection that was reset' },
    `${host}: accept() says who the peer is, though it has reset the connection`,
    () => {
      const { listener, port } = listen(host);
      const peer = new SocketAddress({ path: '/run/before' });
      expect(socket.accept(listener, peer)).toBe(WOULD_BLOCK);
      expect(peer.path).toBe('/run/before');
      const client = own(socket.connectTcp({ host, port }));
      awaitReady(listener, Interest.READABLE);
      const { port: clientPort } = socket.getsockname(client) as { port: number };
      reset(client);
      const server = own(socket.accept(listener, peer));
      expect(peer).toMatchObject({ address: host, port: clientPort });
      awaitReady(server, 0);
      expectSystemError(() => socket.getpeername(server), 'ENOTCONN');
    },
  );
}

test('a failed listen, bind or connect leaves no fd behind', () => {
  const { port } = listen();
  const before = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  socket.close(before);
  for (let i = 0; i < 3; i++) {
    expectSystemError(() => socket.listenTcp({ host: '127.0.0.1', port }), 'EADDRINUSE');
    const taken = { localAddress: '203.0.113.7', localPort: 0 };
    expectSystemError(() => socket.connectTcp({ host: '127.0.0.1', port, ...taken }), 'EADDRNOTAVAIL');
  }
  expect(own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0))).toBe(before);
});

testWith(
  { needs: 'reusePort' },
  'reusePort lets two listeners share a port, and connections are spread over live ones',
  () => {
    const first = own(socket.listenTcp({ host: '127.0.0.1', port: 0, reusePort: true }));
    const port = portOf(first);
    const second = own(socket.listenTcp({ host: '127.0.0.1', port, reusePort: true }));
    expectSystemError(() => socket.listenTcp({ host: '127.0.0.1', port }), 'EADDRINUSE');
    socket.close(first);
    const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
    acceptOne(second);
    expect(socket.takeError(client)).toBe(null);
  },
);

testWith(
  { notOnWindows: 'it is SO_EXCLUSIVEADDRUSE: see test/windows/sockets.test.ts' },
  'reuseAddress: on by default, a port with old connections in TIME_WAIT can be listened on again',
  () => {
    const { listener, port } = listen();
    own(socket.connectTcp({ host: '127.0.0.1', port }));
    socket.close(acceptOne(listener)); // this side closes first: it is the one in TIME_WAIT
    socket.close(listener);
    const again = own(socket.listenTcp({ host: '127.0.0.1', port }));
    expect(socket.getsockopt(again, constants.SOL_SOCKET, constants.SO_REUSEADDR)).toBe(1);
  },
);

testWith({ needs: 'deferAccept' }, 'deferAccept wakes the listener only when data has come', () => {
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0, deferAccept: true }));
  const client = own(socket.connectTcp({ host: '127.0.0.1', port: portOf(listener) }));
  awaitReady(client, Interest.WRITABLE);
  expect(socket.accept(listener)).toBe(WOULD_BLOCK);
  socket.send(client, new Uint8Array([1]));
  expect(recvAll(acceptOne(listener), 1)).toHaveLength(1);
});

test('noDelay sets TCP_NODELAY', () => {
  const { port } = listen();
  for (const noDelay of [true, false]) {
    const fd = own(socket.connectTcp({ host: '127.0.0.1', port, noDelay }));
    expect(socket.getsockopt(fd, constants.IPPROTO_TCP, constants.TCP_NODELAY)).toBe(noDelay ? 1 : 0);
  }
});

test('recv gives 0 at the end of the stream, again and again; the other direction goes on', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('last words'));
  socket.shutdown(client, constants.SHUT_WR);
  expect(recvAll(server).toString()).toBe('last words');
  const buffer = new Uint8Array(4);
  expect(socket.recv(server, buffer)).toBe(0);
  expect(socket.recv(server, buffer)).toBe(0);
  socket.send(server, Buffer.from('reply'));
  expect(recvAll(client, 5).toString()).toBe('reply');
});

test('sending after SHUT_WR is EPIPE; receiving after SHUT_RD is the end of the stream, or EPIPE on Windows', () => {
  const [client] = tcpPair();
  socket.shutdown(client, constants.SHUT_WR);
  for (const call of [() => socket.send(client, new Uint8Array(1)), () => socket.write(client, new Uint8Array(1))]) {
    expectSystemError(call, 'EPIPE', { fd: client });
  }
  socket.shutdown(client, constants.SHUT_RD);
  const receive = (): number => socket.recv(client, new Uint8Array(1));
  if (isWindows) expectSystemError(receive, 'EPIPE', { fd: client });
  else expect(receive()).toBe(0);
});

test('flags of recv and send reach the kernel: MSG_PEEK leaves the bytes', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('abc'));
  awaitReady(server, Interest.READABLE);
  const buffer = Buffer.alloc(3);
  expect(socket.recv(server, buffer, 0, 3, constants.MSG_PEEK)).toBe(3);
  expect(socket.recv(server, buffer, 0, 3, 0)).toBe(3);
  expect(socket.recv(server, buffer, 0, 3, 0)).toBe(WOULD_BLOCK);
});

test('steps by hand: socket, bind, listen, connect, accept', () => {
  const listener = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  socket.bind(listener, { host: '127.0.0.1', port: 0 });
  socket.listen(listener, 5);
  const client = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_TCP));
  const connecting = socket.connect(client, { host: '127.0.0.1', port: portOf(listener) });
  expect([0, WOULD_BLOCK]).toContain(connecting);
  const server = acceptOne(listener);
  awaitReady(client, Interest.WRITABLE);
  socket.send(client, Buffer.from('x'));
  expect(recvAll(server, 1).toString()).toBe('x');
});

test('integer and buffer options can be set and read', () => {
  const [client] = tcpPair();
  socket.setsockopt(client, constants.SOL_SOCKET, constants.SO_KEEPALIVE, 1);
  expect(socket.getsockopt(client, constants.SOL_SOCKET, constants.SO_KEEPALIVE)).toBe(1);
  const linger = lingerOption(5);
  socket.setsockopt(client, constants.SOL_SOCKET, constants.SO_LINGER, linger);
  const read = Buffer.alloc(linger.length);
  expect(socket.getsockopt(client, constants.SOL_SOCKET, constants.SO_LINGER, read)).toBe(linger.length);
  expect(read).toEqual(linger);
});

test('unknown options and wrong levels are errors of the kernel, with its code', () => {
  const [client] = tcpPair();
  expectSystemError(() => socket.getsockopt(client, constants.SOL_SOCKET, 9999), 'ENOPROTOOPT', { fd: client });
  expectSystemError(() => socket.setsockopt(client, constants.SOL_SOCKET, 9999, 1), 'ENOPROTOOPT', { fd: client });
});

testWith({ ...afterReset, notOnLibkqueue: libkqueue.error }, 'a closed listener resets what waits in its queue', () => {
  const { listener, port } = listen();
  const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
  awaitReady(client, Interest.WRITABLE);
  socket.close(listener);
  expect(awaitReady(client, Interest.READABLE) & (Ready.READ_CLOSED | Ready.ERROR | Ready.HANGUP)).not.toBe(0);
  expectSystemError(() => socket.recv(client, new Uint8Array(1)), 'ECONNRESET', { syscall: 'recv', fd: client });
});

testWith({ needs: 'pipe' }, 'socket calls on an fd that is not a socket are ENOTSOCK', () => {
  const [readEnd] = socket.pipe().map(own) as [number, number];
  expectSystemError(() => socket.recv(readEnd, new Uint8Array(1)), 'ENOTSOCK', { syscall: 'recv', fd: readEnd });
});

test('calls on a socket in the wrong state say so: ENOTCONN, EINVAL; on a closed one EBADF or ENOTSOCK', () => {
  const buffer = new Uint8Array(1);
  const fresh = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  expectSystemError(() => socket.getpeername(fresh), 'ENOTCONN', { syscall: 'getpeername', fd: fresh });
  expectSystemError(() => socket.accept(fresh), 'EINVAL', { fd: fresh });
  expectSystemError(() => socket.recv(fresh, buffer), 'ENOTCONN', { fd: fresh });
  expectSystemError(() => socket.shutdown(fresh, constants.SHUT_RDWR), 'ENOTCONN', { fd: fresh });
  socket.close(fresh);
  expectSystemError(() => socket.listen(fresh, 1), closedFd, { syscall: 'listen', fd: fresh });
});

test('closing twice is EBADF (ENOTSOCK on Windows) the second time, and never hits the next owner by itself', () => {
  const fd = socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0);
  socket.close(fd);
  expectSystemError(() => socket.close(fd), closedFd, { syscall: 'close', fd });
});

test('thousands of connections through one listener leave nothing behind', () => {
  const { listener, port } = listen('127.0.0.1', { backlog: 64 });
  for (let i = 0; i < 2000; i++) {
    const client = socket.connectTcp({ host: '127.0.0.1', port });
    const server = acceptOne(listener);
    reset(client);
    socket.close(server);
  }
  expect(socket.accept(listener)).toBe(WOULD_BLOCK);
});

testWith(
  { notOnWindows: 'MSG_ZEROCOPY is a flag of Linux' },
  'MSG_ZEROCOPY is refused: nothing would tell when the buffer is free again',
  () => {
    const [client] = tcpPair();
    const MSG_ZEROCOPY = 0x4000000;
    expectBadArgument(() => socket.send(client, new Uint8Array(1), 0, 1, MSG_ZEROCOPY));
  },
);

testWith(
  { notOnWindows: 'IP_LOCAL_PORT_RANGE is an option of Linux' },
  'no port left for a destination is EADDRNOTAVAIL, and one that comes free can be used',
  () => {
    const { listener, port } = listen();
    const IP_LOCAL_PORT_RANGE = 51; // from Linux 6.3: one port for this socket
    const connectFrom = (only: number): number => {
      const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
      const range = Buffer.alloc(4);
      range.writeUInt32LE(only * 65536 + only);
      try {
        socket.setsockopt(fd, constants.IPPROTO_IP, IP_LOCAL_PORT_RANGE, range);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOPROTOOPT' }); // an older kernel: bind does for this socket
        socket.bind(fd, { host: '127.0.0.1', port: only });
      }
      socket.connect(fd, { host: '127.0.0.1', port });
      return fd;
    };
    const { listener: spare, port: only } = listen();
    socket.close(spare);
    const first = connectFrom(only);
    acceptOne(listener);
    expect(caught(() => connectFrom(only)).code).toMatch(/^EADDR(NOTAVAIL|INUSE)$/);
    reset(first);
    connectFrom(only);
  },
);
