// recvmsg(2) and sendmsg(2): several buffers as one message, its name, and its flags. Control data is in
// control.test.ts, error-queue.test.ts and fds.test.ts.
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Message, recvmsg, SocketAddress, sendmsg } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { portOf, socketPair } from '../../helpers/pairs.js';
import { closedFd, isWindows } from '../../helpers/platform.js';
import {
  expectArgumentType,
  expectBadArgument,
  expectOutOfRange,
  expectSystemError,
  expectUnsupported,
} from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

const host = '127.0.0.1';
const { constants } = socket;

const bound = (): [number, number] => {
  const fd = own(socket.bindUdp({ host, port: 0 }));
  return [fd, portOf(fd)];
};

/** A message with one buffer, received as soon as it comes. */
function receive(fd: number, message = new Message({ buffers: [Buffer.alloc(2048)] }), flags = 0): Message {
  awaitReady(fd, Interest.READABLE);
  expect(recvmsg(fd, message, flags)).toBe(message.bytes);
  return message;
}

const text = (message: Message): string => Buffer.concat(message.buffers).toString('latin1', 0, message.bytes);

test('a message gathers from several buffers and scatters into several', () => {
  const [a, portOfA] = bound();
  const [b, port] = bound();
  const sent = new Message({ buffers: [Buffer.from('one '), Buffer.from(''), Buffer.from('two')] });
  sent.setName({ host, port });
  expect(sendmsg(a, sent)).toBe(7);
  const buffers = [Buffer.alloc(2), Buffer.alloc(0), Buffer.alloc(100)];
  const got = receive(b, new Message({ buffers }));
  expect(text(got)).toBe('one two');
  expect(buffers[0]?.toString()).toBe('on');
  expect({ address: got.name.address, port: got.name.port }).toEqual({ address: host, port: portOfA });
});

test('an answer goes to the sender with the same message, as long as `length` says', () => {
  const [client] = bound();
  const [server, port] = bound();
  socket.sendto(client, Buffer.from('ping'), 0, 4, 0, { host, port });
  const message = receive(server);
  expect(sendmsg(server, message, 0, message.bytes)).toBe(4);
  expect(text(receive(client))).toBe('ping');
});

test('`length` ends within any of several buffers, and is at most what they hold', () => {
  const [a] = bound();
  const [b, port] = bound();
  const message = new Message({ buffers: [Buffer.from('abc'), Buffer.from('def'), Buffer.from('ghi')] });
  message.setName({ host, port });
  for (const [length, sent] of [
    [0, ''],
    [2, 'ab'],
    [3, 'abc'],
    [5, 'abcde'],
    [9, 'abcdefghi'],
    [10, 'abcdefghi'],
  ] as const) {
    expect(sendmsg(a, message, 0, length)).toBe(sent.length);
    expect(text(receive(b))).toBe(sent);
  }
  message.buffers = [Buffer.from('abc')];
  expect(sendmsg(a, message, 0, 4)).toBe(3);
});

test('nothing to receive is WOULD_BLOCK, and leaves the message as it was', () => {
  const [a] = bound();
  const [b, port] = bound();
  socket.sendto(a, Buffer.from('x'), 0, 1, 0, { host, port });
  const message = receive(b);
  const { bytes, flags } = message;
  expect(recvmsg(b, message)).toBe(WOULD_BLOCK);
  expect({ bytes: message.bytes, flags: message.flags, port: message.name.port }).toEqual({
    bytes,
    flags,
    port: portOf(a),
  });
});

test('a datagram longer than the buffers is cut, and `truncated` says so', () => {
  const [a] = bound();
  const [b, port] = bound();
  socket.sendto(a, Buffer.from('0123456789'), 0, 10, 0, { host, port });
  const cut = receive(b, new Message({ buffers: [Buffer.alloc(3), Buffer.alloc(1)] }));
  expect({ text: text(cut), truncated: cut.truncated }).toEqual({ text: '0123', truncated: true });
  socket.sendto(a, Buffer.from('0'), 0, 1, 0, { host, port });
  expect(receive(b, cut).truncated).toBe(false);
});

test('an empty datagram is 0 bytes, with or without a buffer', () => {
  const [a] = bound();
  const [b, port] = bound();
  const message = new Message();
  message.setName({ host, port });
  expect(sendmsg(a, message)).toBe(0);
  expect(receive(b).bytes).toBe(0);
  socket.sendto(a, Buffer.from('lost'), 0, 4, 0, { host, port });
  const without = receive(b, new Message());
  expect({ bytes: without.bytes, truncated: without.truncated }).toEqual({ bytes: 0, truncated: true });
});

test('MSG_PEEK leaves the message in the queue', () => {
  const [a] = bound();
  const [b, port] = bound();
  socket.sendto(a, Buffer.from('twice'), 0, 5, 0, { host, port });
  expect(text(receive(b, undefined, constants.MSG_PEEK))).toBe('twice');
  expect(text(receive(b))).toBe('twice');
});

test('a connected socket sends without a name', () => {
  const [a] = bound();
  const [b, port] = bound();
  socket.connect(a, { host, port });
  const message = new Message({ buffers: [Buffer.from('known')] });
  expect(sendmsg(a, message)).toBe(5);
  const got = receive(b);
  expect(text(got)).toBe('known');
  message.setName(got.name);
  expect(message.name.port).toBe(portOf(a));
  message.setName(null);
  expect(message.name.family).toBe(null);
});

testWith({ notOnWindows: 'WSARecvMsg is for datagrams' }, 'a stream moves bytes, and its end is 0', () => {
  const [a, b] = socketPair();
  expect(sendmsg(a, new Message({ buffers: [Buffer.from('str'), Buffer.from('eam')] }))).toBe(6);
  expect(text(receive(b))).toBe('stream');
  socket.shutdown(a, socket.SHUT_WR);
  const end = receive(b);
  expect({ bytes: end.bytes, family: end.name.family }).toEqual({ bytes: 0, family: null });
});

test('the name of a failed call is in its error', () => {
  const [a] = bound();
  const message = new Message({ buffers: [Buffer.alloc(65_508)] });
  message.setName({ host, port: 9 });
  expectSystemError(() => sendmsg(a, message), 'EMSGSIZE', { syscall: 'sendmsg', fd: a, address: host, port: 9 });
  socket.close(a);
  expectSystemError(() => sendmsg(a, message), closedFd, { syscall: 'sendmsg', fd: a });
  expectSystemError(() => recvmsg(a, message), closedFd, { syscall: 'recvmsg', fd: a });
});

test('wrong arguments are named', () => {
  const [a] = bound();
  const message = new Message({ buffers: [Buffer.alloc(1)] });
  for (const bad of [undefined, null, {}, new Uint8Array(4000), new SocketAddress(), Object.create(message)]) {
    expectArgumentType(() => recvmsg(a, bad as unknown as Message));
    expectArgumentType(() => sendmsg(a, bad as unknown as Message));
  }
  for (const bad of [-1, 1.5, 2 ** 31, Number.NaN, '1', null]) {
    expectBadArgument(() => recvmsg(bad as number, message));
    expectBadArgument(() => sendmsg(bad as number, message));
  }
  for (const bad of [-1, 1.5, 2 ** 53, Number.NaN, '1', null]) {
    expectBadArgument(() => sendmsg(a, message, 0, bad as number));
  }
  expectBadArgument(() => recvmsg(a, message, 0.5));
  expectBadArgument(() => sendmsg(a, message, 'flags' as unknown as number));
  if (!isWindows) expectBadArgument(() => sendmsg(a, message, 0x4000000)); // MSG_ZEROCOPY
  expectArgumentType(() => new Message(null as unknown as object));
  expectArgumentType(() => new Message({ buffers: 'text' as unknown as Uint8Array[] }));
  expectArgumentType(() => new Message({ buffers: [new Uint16Array(1) as unknown as Uint8Array] }));
  expectOutOfRange(() => new Message({ buffers: Array(1025).fill(new Uint8Array(1)) }));
  expectOutOfRange(() => new Message({ maxFds: 254 }));
});

test('wrong values of the setters are named, and change nothing', () => {
  const message = new Message();
  for (const bad of [0, 256, 1.5]) expectOutOfRange(() => message.setTtl(bad));
  for (const bad of [-1, 256]) expectOutOfRange(() => message.setTos(bad));
  for (const bad of [0, 65_508]) expectOutOfRange(() => message.setSegmentBytes(bad));
  for (const bad of [-1, 2 ** 31]) expectOutOfRange(() => message.setSource(null, bad));
  expectOutOfRange(() => message.setCredentials(-1, 0, 0));
  expectOutOfRange(() => message.setCredentials(0, 2 ** 32, 0));
  expectArgumentType(() => message.setTtl('64' as unknown as number));
  expectArgumentType(() => message.setFds(new Set([1]) as unknown as number[]));
  expectBadArgument(() => message.setName({ host: 'localhost', port: 1 }));
  expectBadArgument(() => message.setSource(undefined as unknown as null));
  if (!isWindows) {
    expectOutOfRange(() => message.setFds([0, -1]));
    expectOutOfRange(() => message.setFds(Array(254).fill(0)));
  }
  const [a] = bound();
  const [b, port] = bound();
  message.buffers = [Buffer.from('plain')];
  message.setName({ host, port });
  expect(sendmsg(a, message)).toBe(5);
  expect(text(receive(b))).toBe('plain');
});

test('a source that is no internet address is refused', () => {
  const [a, port] = bound();
  const message = new Message({ buffers: [Buffer.alloc(1)] });
  message.setName({ host, port });
  message.setSource(SocketAddress.fromBytes(new Uint8Array(16)));
  expectBadArgument(() => sendmsg(a, message));
  message.clearControl();
  expect(sendmsg(a, message)).toBe(1);
});

test('a detached buffer is refused, and a shared one is used', () => {
  const [a] = bound();
  const [b, port] = bound();
  const bytes = new Uint8Array(4);
  const message = new Message({ buffers: [bytes] });
  structuredClone(bytes, { transfer: [bytes.buffer] });
  expectBadArgument(() => recvmsg(a, message));
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  socket.sendto(a, Buffer.from('mine'), 0, 4, 0, { host, port });
  receive(b, new Message({ buffers: [shared] }));
  expect(Buffer.from(shared).toString()).toBe('mine');
});

test('a buffer that was set is kept, whatever becomes of the array', () => {
  const buffers = [Buffer.alloc(1)];
  const message = new Message({ buffers });
  buffers.length = 0;
  message.buffers.pop();
  expect(message.buffers).toHaveLength(1);
});

testWith({ needs: 'iocp' }, 'fds do not pass a socket of Windows', () => {
  expectUnsupported(() => new Message({ maxFds: 1 }));
  expectUnsupported(() => new Message().setFds([1]));
  expectUnsupported(() => socket.sendFds(1, Buffer.alloc(1), []));
  expectUnsupported(() => socket.recvFds(1, Buffer.alloc(1), []));
});
