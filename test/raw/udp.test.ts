// UDP: datagrams keep their edges, tell their sender, are cut to the buffer, may be empty, and may be refused.
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { portOf } from '../helpers/pairs.js';
import { isWindows } from '../helpers/platform.js';
import { expectArgumentType, expectBadArgument, expectSystemError } from '../helpers/throws.js';
import { awaitReady } from '../helpers/wait.js';

const { constants } = socket;

function receive(fd: number, capacity = 65536): { data: Buffer; sender: SocketAddress } {
  const buffer = Buffer.alloc(capacity, 0xee);
  const sender = new SocketAddress();
  awaitReady(fd, Interest.READABLE);
  const n = socket.recvfrom(fd, buffer, 0, capacity, 0, sender);
  expect(n).not.toBe(WOULD_BLOCK);
  return { data: buffer.subarray(0, n), sender };
}

describe.each([
  { host: '127.0.0.1', family: 'IPv4' },
  { host: '::1', family: 'IPv6' },
])('$family', ({ host, family }) => {
  const bound = (): [number, number] => {
    const fd = own(socket.bindUdp({ host, port: 0 }));
    return [fd, portOf(fd)];
  };

  test('a datagram arrives with its sender, which an answer can go to', () => {
    const [a, portOfA] = bound();
    const [b, portOfB] = bound();
    expect(socket.sendto(a, Buffer.from('ping'), 0, 4, 0, { host, port: portOfB })).toBe(4);
    const { data, sender } = receive(b);
    expect(data.toString()).toBe('ping');
    expect({ ...pick(sender) }).toEqual({ family, address: host, port: portOfA });
    expect(socket.sendto(b, Buffer.from('pong'), 0, 4, 0, sender)).toBe(4);
    expect(receive(a).data.toString()).toBe('pong');
  });

  test('an empty datagram is 0 bytes, not the end of anything', () => {
    const [a, portOfA] = bound();
    const [b, portOfB] = bound();
    expect(socket.sendto(a, new Uint8Array(0), 0, 0, 0, { host, port: portOfB })).toBe(0);
    const { data, sender } = receive(b);
    expect(data).toHaveLength(0);
    expect(sender.port).toBe(portOfA);
    const later = new SocketAddress();
    expect(socket.recvfrom(b, Buffer.alloc(1), 0, 1, 0, later)).toBe(WOULD_BLOCK);
  });

  test('a datagram larger than the buffer is cut, the rest is gone', () => {
    const [a] = bound();
    const [b, port] = bound();
    for (const text of ['0123456789', 'z']) socket.sendto(a, Buffer.from(text), 0, text.length, 0, { host, port });
    expect(receive(b, 4).data.toString()).toBe('0123');
    expect(receive(b).data.toString()).toBe('z');
  });

  testWith({ notOnWindows: 'MSG_TRUNC is no flag of a call there' }, `${host}: MSG_TRUNC tells the full length`, () => {
    const [a] = bound();
    const [b, port] = bound();
    socket.sendto(a, Buffer.from('abcdefghij'), 0, 10, 0, { host, port });
    const buffer = Buffer.alloc(8, 0xee);
    awaitReady(b, Interest.READABLE);
    expect(socket.recvfrom(b, buffer, 2, 4, constants.MSG_TRUNC, new SocketAddress())).toBe(10);
    expect(buffer.toString('latin1')).toBe('\xee\xeeabcd\xee\xee');
  });

  testWith(
    { notUnderWine: 'ICMP errors of a connected UDP socket are no event of AFD', notOnLibkqueue: libkqueue.error },
    `${host}: an unreachable port is ECONNREFUSED on a connected socket, ECONNRESET on Windows`,
    () => {
      const [gone, port] = bound();
      socket.close(gone);
      const [fd] = bound();
      socket.connect(fd, { host, port });
      expect(socket.send(fd, Buffer.from('x'))).toBe(1);
      awaitReady(fd, Interest.READABLE);
      const code = isWindows ? 'ECONNRESET' : 'ECONNREFUSED';
      expectSystemError(() => socket.recv(fd, Buffer.alloc(1)), code, { syscall: 'recv', fd });
      expect(socket.recv(fd, Buffer.alloc(1))).toBe(WOULD_BLOCK);
    },
  );

  test('the largest datagram goes through, one byte more is EMSGSIZE', () => {
    const [a] = bound();
    const [b, port] = bound();
    const largest = family === 'IPv4' ? 65507 : 65527;
    const bytes = Buffer.alloc(largest + 1, 7);
    expect(socket.sendto(a, bytes, 0, largest, 0, { host, port })).toBe(largest);
    expect(receive(b).data).toHaveLength(largest);
    const tooLong = (): number => socket.sendto(a, bytes, 0, largest + 1, 0, { host, port });
    expectSystemError(tooLong, 'EMSGSIZE', { syscall: 'sendto', address: host, port });
  });
});

function pick({ family, address, port }: SocketAddress): Record<string, unknown> {
  return { family, address, port };
}

test('one address object can be filled again and again, by other families too', () => {
  const sender = new SocketAddress();
  expect(sender.family).toBe(null);
  const buffer = Buffer.alloc(16);
  for (const host of ['127.0.0.1', '::1', '127.0.0.1']) {
    const to = own(socket.bindUdp({ host, port: 0 }));
    const from = own(socket.bindUdp({ host, port: 0 }));
    socket.sendto(from, Buffer.from(host), 0, host.length, 0, { host, port: portOf(to) });
    awaitReady(to, Interest.READABLE);
    expect(socket.recvfrom(to, buffer, 0, 16, 0, sender)).toBe(host.length);
    expect(pick(sender)).toEqual({ family: host === '::1' ? 'IPv6' : 'IPv4', address: host, port: portOf(from) });
  }
});

test('WOULD_BLOCK leaves buffer and sender as they were', () => {
  const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const sender = new SocketAddress({ host: '192.0.2.1', port: 9 });
  const buffer = Buffer.alloc(4, 0xee);
  expect(socket.recvfrom(fd, buffer, 0, 4, 0, sender)).toBe(WOULD_BLOCK);
  expect(pick(sender)).toEqual({ family: 'IPv4', address: '192.0.2.1', port: 9 });
  expect(buffer).toEqual(Buffer.alloc(4, 0xee));
});

test('a sender that is no SocketAddress, a missing destination, or a half one is refused', () => {
  const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  const wrong: any[] = [undefined, null, {}, 'x', 1, { address: '1.2.3.4', port: 1 }];
  for (const sender of wrong) expectArgumentType(() => socket.recvfrom(fd, Buffer.alloc(1), 0, 1, 0, sender));
  const halves = [{}, { host: '127.0.0.1' }, { port: 1 }, { host: 'localhost', port: 1 }, { host: '::1', port: 65536 }];
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  for (const to of [...wrong, ...halves] as any[]) {
    expectBadArgument(() => socket.sendto(fd, Buffer.alloc(1), 0, 1, 0, to));
  }
  expectBadArgument(() => socket.sendto(fd, Buffer.alloc(1), 0, 1, 0, new SocketAddress()));
});

const otherFamily = { notUnderWine: 'Wine says EOPNOTSUPP of an address of another family' };

testWith(otherFamily, "an IPv6 destination on an IPv4 socket is the kernel's error, with the address", () => {
  const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const send = (): number => socket.sendto(fd, Buffer.alloc(1), 0, 1, 0, { host: '::1', port: 9 });
  expectSystemError(send, 'EAFNOSUPPORT', { syscall: 'sendto', address: '::1', port: 9, fd });
});

test('broadcast needs the option: EACCES without it', () => {
  const fd = own(socket.bindUdp({ host: '0.0.0.0', port: 0 }));
  const send = (): number => socket.sendto(fd, Buffer.alloc(1), 0, 1, 0, { host: '127.255.255.255', port: portOf(fd) });
  expectSystemError(send, 'EACCES', { syscall: 'sendto' });
  socket.setsockopt(fd, constants.SOL_SOCKET, constants.SO_BROADCAST, 1);
  expect(send()).toBe(1);
});

test('a thousand datagrams, every one as it was sent', () => {
  const to = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const from = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  socket.connect(from, { host: '127.0.0.1', port: portOf(to) });
  const sender = new SocketAddress();
  const buffer = Buffer.alloc(64);
  for (let i = 0; i < 1000; i++) {
    const text = `datagram ${i}`;
    expect(socket.send(from, Buffer.from(text))).toBe(text.length);
    awaitReady(to, Interest.READABLE);
    const n = socket.recvfrom(to, buffer, 0, 64, 0, sender);
    expect(buffer.toString('latin1', 0, n)).toBe(text);
  }
});
