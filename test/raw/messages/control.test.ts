// Control data of internet and Unix sockets through a Message: the packet's addresses, its time to live and type of
// service, times, segments of UDP, credentials.
import { Interest } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Message, recvmsg, sendmsg } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { portOf, socketPair } from '../../helpers/pairs.js';
import { isLinux, isWindows } from '../../helpers/platform.js';
import { caught, expectSystemError } from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

const { constants } = socket;
const { IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET } = constants;
const onLinux = { notOnWindows: 'the option is one of Linux', notOnKqueue: 'the option is one of Linux' };

const bound = (host: string): [number, number] => {
  const fd = own(socket.bindUdp({ host, port: 0 }));
  return [fd, portOf(fd)];
};
const outgoing = (host: string, port: number, bytes = Buffer.from('x')): Message => {
  const message = new Message({ buffers: [bytes] });
  message.setName({ host, port });
  return message;
};
const receive = (fd: number, message = new Message({ buffers: [Buffer.alloc(65_536)] })): Message => {
  awaitReady(fd, Interest.READABLE);
  recvmsg(fd, message);
  return message;
};

/** The option that asks for the packet's addresses: its name differs. */
const PACKET_IPV4 = constants.IP_RECVPKTINFO ?? constants.IP_PKTINFO;
const PACKET_IPV6 = constants.IPV6_RECVPKTINFO ?? constants.IPV6_PKTINFO;

describe.each([
  { family: 'IPv4', level: IPPROTO_IP, option: PACKET_IPV4, any: '0.0.0.0', local: '127.0.0.1' },
  { family: 'IPv6', level: IPPROTO_IPV6, option: PACKET_IPV6, any: '::', local: '::1' },
])('$family', ({ level, option, any, local }) => {
  test('the address to which a datagram came, and an answer from it', () => {
    const [server, port] = bound(any);
    socket.setsockopt(server, level, option, 1);
    const [client, clientPort] = bound(local);
    sendmsg(client, outgoing(local, port));
    const message = receive(server);
    expect(message.destination).toMatchObject({ address: local, port: 0 });
    expect(message.localAddress).toMatchObject({ address: local, port: 0 });
    expect(message.interfaceIndex).toBeGreaterThan(0);
    message.setSource(message.localAddress, message.interfaceIndex);
    expect(sendmsg(server, message, 0, 1)).toBe(1);
    const answer = receive(client);
    expect(answer.name).toMatchObject({ address: local, port });
    expect(portOf(client)).toBe(clientPort);
  });

  test('a message without control data has none', () => {
    const [server, port] = bound(any);
    sendmsg(server, outgoing(local, port));
    const message = receive(server);
    expect(message).toMatchObject({ ttl: -1, tos: -1, ecn: -1, interfaceIndex: 0, segmentBytes: 0 });
    expect(message).toMatchObject({ timestampNs: 0n, hardwareTimestampNs: 0n, pid: -1, uid: -1, gid: -1 });
    expect(message).toMatchObject({ extendedError: null, fdCount: 0, controlTruncated: false });
    expect([message.destination.family, message.localAddress.family]).toEqual([null, null]);
    expect(message.takePidfd()).toBe(-1);
  });
});

testWith(onLinux, 'any address of the host can be a source: 127.0.0.9 in IPv4', () => {
  const [server] = bound('0.0.0.0');
  const [client, port] = bound('127.0.0.1');
  const message = outgoing('127.0.0.1', port);
  message.setSource({ host: '127.0.0.9', port: 0 });
  sendmsg(server, message);
  expect(receive(client).name.address).toBe('127.0.0.9');
  message.setSource({ host: '203.0.113.1', port: 0 });
  expect(['EINVAL', 'ENETUNREACH']).toContain(caught(() => sendmsg(server, message)).code);
  message.setSource(null);
  sendmsg(server, message);
  expect(receive(client).name.address).toBe('127.0.0.1');
});

testWith(onLinux, 'time to live and type of service, there and back', () => {
  for (const [host, level, ttlOption, tosOption] of [
    ['127.0.0.1', IPPROTO_IP, constants.IP_RECVTTL, constants.IP_RECVTOS],
    ['::1', IPPROTO_IPV6, constants.IPV6_RECVHOPLIMIT, constants.IPV6_RECVTCLASS],
  ] as const) {
    const [a] = bound(host);
    const [b, port] = bound(host);
    for (const option of [ttlOption, tosOption]) socket.setsockopt(b, level, option, 1);
    const message = outgoing(host, port);
    message.setTtl(7);
    message.setTos(0xb9);
    sendmsg(a, message);
    expect(receive(b)).toMatchObject({ ttl: 7, tos: 0xb9, ecn: 1 });
    message.setTtl(null);
    message.setTos(null);
    sendmsg(a, message);
    expect(receive(b)).toMatchObject({ ttl: 64, tos: 0, ecn: 0 });
    socket.connect(a, { host, port });
    message.setName(null);
    message.setTtl(200);
    sendmsg(a, message);
    expect(receive(b).ttl).toBe(200);
    message.clearControl();
    sendmsg(a, message);
    expect(receive(b).ttl).toBe(64);
  }
});

testWith(onLinux, 'an IPv4 address in an IPv6 socket: the fields of IPv4', () => {
  const a = own(socket.bindUdp({ host: '::', port: 0, ipv6Only: false }));
  const [b, port] = bound('127.0.0.1');
  socket.setsockopt(b, IPPROTO_IP, constants.IP_RECVTOS, 1);
  socket.setsockopt(b, IPPROTO_IP, constants.IP_RECVTTL, 1);
  const message = outgoing('::ffff:127.0.0.1', port);
  message.setTos(4);
  message.setTtl(9);
  sendmsg(a, message);
  expect(receive(b)).toMatchObject({ tos: 4, ttl: 9 });
});

test('a socket without addresses has no time to live to set', () => {
  const [a] = socketPair();
  const message = new Message({ buffers: [Buffer.from('x')] });
  message.setTtl(3);
  expectSystemError(() => sendmsg(a, message), 'EOPNOTSUPP', { syscall: 'sendmsg', fd: a });
});

testWith({ notOnWindows: 'the option is one of POSIX' }, 'when the kernel received a message, in nanoseconds', () => {
  const [a] = bound('127.0.0.1');
  const [b, port] = bound('127.0.0.1');
  const begun = BigInt(Date.now() - 1) * 1_000_000n;
  const options = isLinux ? [constants.SO_TIMESTAMPNS, constants.SO_TIMESTAMP] : [constants.SO_TIMESTAMP];
  for (const option of options) {
    socket.setsockopt(b, SOL_SOCKET, option, 1);
    sendmsg(a, outgoing('127.0.0.1', port));
    const { timestampNs } = receive(b);
    expect(timestampNs).toBeGreaterThanOrEqual(begun);
    expect(timestampNs).toBeLessThanOrEqual(BigInt(Date.now() + 1) * 1_000_000n);
    socket.setsockopt(b, SOL_SOCKET, option, 0);
  }
});

testWith(onLinux, 'SO_TIMESTAMPING: when a message was received', () => {
  const [a] = bound('127.0.0.1');
  const [b, port] = bound('127.0.0.1');
  const asked = constants.SOF_TIMESTAMPING_RX_SOFTWARE | constants.SOF_TIMESTAMPING_SOFTWARE;
  socket.setsockopt(b, SOL_SOCKET, constants.SO_TIMESTAMPING, asked);
  let message: Message;
  // The kernel begins to stamp a little after the first socket of the system asks for it.
  do {
    sendmsg(a, outgoing('127.0.0.1', port));
    message = receive(b);
  } while (message.timestampNs === 0n);
  expect(message.timestampNs).toBeGreaterThan(1_700_000_000_000_000_000n);
  expect(message.hardwareTimestampNs).toBe(0n);
});

testWith(onLinux, 'UDP_SEGMENT cuts one message into datagrams, and UDP_GRO joins them again', () => {
  const [a] = bound('127.0.0.1');
  const [b, port] = bound('127.0.0.1');
  const bytes = Buffer.from(Array.from({ length: 2500 }, (_, i) => i % 251));
  const message = outgoing('127.0.0.1', port, bytes);
  message.setSegmentBytes(1000);
  expect(sendmsg(a, message)).toBe(2500);
  expect([receive(b).bytes, receive(b).bytes, receive(b).bytes]).toEqual([1000, 1000, 500]);
  socket.setsockopt(b, constants.IPPROTO_UDP, constants.UDP_GRO, 1);
  sendmsg(a, message);
  const joined = receive(b);
  expect(joined).toMatchObject({ bytes: 2500, segmentBytes: 1000 });
  expect(joined.buffers[0]?.subarray(0, 2500)).toEqual(bytes);
  message.setSegmentBytes(null);
  sendmsg(a, message, 0, 10);
  expect(receive(b)).toMatchObject({ bytes: 10, segmentBytes: 0 });
});

testWith(onLinux, 'credentials of the sender, given by the kernel or by the sender', () => {
  const [a, b] = socketPair();
  socket.setsockopt(b, SOL_SOCKET, constants.SO_PASSCRED, 1);
  const mine = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
  const message = new Message({ buffers: [Buffer.from('x')] });
  sendmsg(a, message);
  expect(receive(b)).toMatchObject(mine);
  message.setCredentials(process.pid, mine.uid as number, mine.gid as number);
  sendmsg(a, message);
  expect(receive(b)).toMatchObject(mine);
  socket.setsockopt(b, SOL_SOCKET, constants.SO_PASSCRED, 0);
  message.clearControl();
  sendmsg(a, message);
  expect(receive(b)).toMatchObject({ pid: -1, uid: -1, gid: -1 });
  message.setCredentials(2 ** 31 - 1, 0, 0);
  expectSystemError(() => sendmsg(a, message), process.getuid?.() === 0 ? 'ESRCH' : 'EPERM', { syscall: 'sendmsg' });
});

testWith({ needs: 'iocp' }, 'what Windows cannot send is refused', () => {
  const [a, port] = bound('127.0.0.1');
  for (const set of [
    (m: Message) => m.setTtl(1),
    (m: Message) => m.setTos(1),
    (m: Message) => m.setSegmentBytes(1),
    (m: Message) => m.setCredentials(1, 1, 1),
  ]) {
    const message = outgoing('127.0.0.1', port);
    set(message);
    expectSystemError(() => sendmsg(a, message), 'EOPNOTSUPP');
  }
  expect(isWindows).toBe(true);
});
