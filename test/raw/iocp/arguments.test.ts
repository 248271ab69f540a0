// What the raw layer of Windows makes of wrong arguments, wrong receivers and likenesses: a typed error, before any
// system call, and no operation that has begun.
import * as iocp from 'fdreactor/iocp';
import {
  acceptEx,
  afdPoll,
  CompletionEntries,
  CompletionPort,
  cancelIoEx,
  connectEx,
  disconnectEx,
  Overlapped,
  openFile,
  readFile,
  transmitFile,
  writeFile,
  wsaRecv,
  wsaRecvFrom,
  wsaSend,
  wsaSendTo,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { associatedPair } from '../../helpers/iocp/completions.js';
import { newPort, takePacket } from '../../helpers/iocp/packets.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
} from '../../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const wrong = (value: unknown): Any => value;

const bytes = new Uint8Array(4);
const to = { host: '127.0.0.1', port: 9 };

/** Every call that begins an operation. */
const calls: Record<string, (fd: Any, overlapped: Any) => unknown> = {
  acceptEx: (fd, overlapped) => acceptEx(fd, fd, overlapped),
  connectEx: (fd, overlapped) => connectEx(fd, to, overlapped),
  disconnectEx: (fd, overlapped) => disconnectEx(fd, 0, overlapped),
  wsaRecv: (fd, overlapped) => wsaRecv(fd, bytes, overlapped),
  wsaRecvFrom: (fd, overlapped) => wsaRecvFrom(fd, bytes, overlapped),
  wsaSend: (fd, overlapped) => wsaSend(fd, bytes, overlapped),
  wsaSendTo: (fd, overlapped) => wsaSendTo(fd, bytes, to, overlapped),
  transmitFile: (fd, overlapped) => transmitFile(fd, null, overlapped),
  readFile: (fd, overlapped) => readFile(fd, bytes, 0, overlapped),
  writeFile: (fd, overlapped) => writeFile(fd, bytes, 0, overlapped),
  afdPoll: (fd, overlapped) => afdPoll(fd, iocp.AFD_POLL_SEND, overlapped),
};

test('an Overlapped must be one', () => {
  const port = newPort();
  const [a] = associatedPair(port);
  const likeness = Object.create(Overlapped.prototype);
  for (const overlapped of [undefined, null, 1, {}, [], 'x', Symbol('x'), likeness, new Proxy(new Overlapped(), {})]) {
    for (const call of Object.values(calls)) expectArgumentType(() => call(a, overlapped));
    if (overlapped != null) expectArgumentType(() => port.post(1, 0, wrong(overlapped)));
    if (overlapped !== undefined) expectArgumentType(() => cancelIoEx(a, wrong(overlapped)));
  }
  expect(port.pending).toBe(0);
});

test('keys are integers from 0 to 2^53 - 1, byte counts from 0 to 2^32 - 1', () => {
  const port = newPort();
  const [a] = associatedPair(newPort());
  for (const key of [-1, 2 ** 53, 1.5, Number.NaN]) {
    expectOutOfRange(() => port.post(key));
    expectOutOfRange(() => port.associate(a, key));
  }
  for (const key of ['1', null, undefined, {}, 1n]) {
    expectArgumentType(() => port.post(wrong(key)));
    expectArgumentType(() => port.associate(a, wrong(key)));
  }
  for (const count of [-1, 2 ** 32, 0.5]) expectOutOfRange(() => port.post(1, count));
  for (const count of ['1', null, {}]) expectArgumentType(() => port.post(1, wrong(count)));
  expect(port.pending).toBe(0);
});

test('options of the wrong type are refused', () => {
  const port = newPort();
  const [a] = associatedPair(newPort());
  for (const options of [null, 1, 'x', { skipOnSuccess: 1 }, { skipOnSuccess: null }]) {
    expectArgumentType(() => port.associate(a, 1, wrong(options)));
  }
  const overlapped = new Overlapped();
  for (const options of [null, 1, { head: 'x' }, { tail: null }, { flags: '1' }, { offset: '1' }, { count: '1' }]) {
    expectArgumentType(() => transmitFile(a, null, overlapped, wrong(options)));
  }
  for (const options of [{ offset: -1 }, { offset: 2 ** 53 }, { count: 1.5 }, { flags: 2 ** 32 }]) {
    expectOutOfRange(() => transmitFile(a, null, overlapped, options));
  }
  for (const options of [null, 1, { access: 'x' }, { share: null }, { disposition: {} }, { flags: '1' }]) {
    expectArgumentType(() => openFile('x', wrong(options)));
  }
  for (const path of [undefined, null, 1, Buffer.from('x')]) expectArgumentType(() => openFile(wrong(path)));
});

test('flags, events and offsets must be integers', () => {
  const port = newPort();
  const [a] = associatedPair(port);
  const overlapped = new Overlapped();
  const withNumber: ((value: Any) => unknown)[] = [
    (flags) => wsaRecv(a, bytes, overlapped, flags),
    (flags) => wsaSend(a, bytes, overlapped, flags),
    (flags) => wsaRecvFrom(a, bytes, overlapped, flags),
    (flags) => wsaSendTo(a, bytes, to, overlapped, flags),
    (flags) => disconnectEx(a, flags, overlapped),
    (events) => afdPoll(a, events, overlapped),
    (offset) => readFile(a, bytes, offset, overlapped),
    (offset) => writeFile(a, bytes, offset, overlapped),
  ];
  for (const call of withNumber) {
    for (const value of ['1', null, {}, 1n, Symbol('x')]) expectArgumentType(() => call(value));
    for (const value of [1.5, 2 ** 60, Number.NaN, Number.NEGATIVE_INFINITY]) expectOutOfRange(() => call(value));
  }
  expect(port.pending).toBe(0);
});

test('addresses, data and ports of the wrong type are refused', () => {
  const [a] = associatedPair(newPort());
  const overlapped = new Overlapped();
  for (const address of [
    undefined,
    null,
    1,
    'localhost',
    {},
    { host: 'localhost', port: 1 },
    new socket.SocketAddress(),
  ]) {
    expectBadArgument(() => connectEx(a, wrong(address), overlapped));
    expectBadArgument(() => wsaSendTo(a, bytes, wrong(address), overlapped));
  }
  for (const data of [null, 'x', [bytes], new DataView(new ArrayBuffer(1))]) {
    expectArgumentType(() => connectEx(a, to, overlapped, wrong(data)));
  }
  for (const port of [null, 1, {}, new CompletionEntries(1)]) {
    expectArgumentType(() => afdPoll(a, 1, overlapped, wrong(port)));
  }
  const closed = new CompletionPort();
  closed.close();
  expectInvalidState(() => afdPoll(a, 1, overlapped, closed));
  for (const target of [undefined, null, {}, new Uint8Array(136)])
    expectArgumentType(() => overlapped.sender(wrong(target)));
  expectInvalidState(() => overlapped.sender(new socket.SocketAddress()));
});

test('a capacity must be a positive integer of reasonable size', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) {
    expectOutOfRange(() => new CompletionEntries(capacity));
  }
  for (const capacity of ['4', null, undefined, {}, 4n])
    expectArgumentType(() => new CompletionEntries(wrong(capacity)));
  expect(new CompletionEntries(7).capacity).toBe(7);
});

test('an index outside the capacity is an error; one past what came shows nothing', () => {
  const entries = new CompletionEntries(2);
  const readers: ((i: Any) => unknown)[] = [
    (i) => entries.key(i),
    (i) => entries.bytes(i),
    (i) => entries.status(i),
    (i) => entries.overlapped(i),
    (i) => entries.error(i),
  ];
  for (const read of readers)
    for (const i of [-1, 2, 1.5, 2 ** 32, Number.NaN, '0', undefined]) expectBadArgument(() => read(i));
  expect(newPort().wait(entries, 0)).toBe(0);
  expect(readers.map((read) => read(1))).toEqual([0, 0, 0, null, null]);
});

test('wait() takes CompletionEntries and a time', () => {
  const port = newPort();
  const likeness = { capacity: 4 };
  for (const entries of [undefined, null, 4, [], new Int32Array(64), likeness, port]) {
    expectArgumentType(() => port.wait(wrong(entries), 0));
  }
  const entries = new CompletionEntries(1);
  for (const timeout of [Number.NaN, -2, -0.5, -Infinity]) expectOutOfRange(() => port.wait(entries, timeout));
  for (const timeout of ['1', null, {}, 1n]) expectArgumentType(() => port.wait(entries, wrong(timeout)));
});

test('a method on another receiver is a TypeError; constructors need new, and can be subclassed', () => {
  const port = newPort();
  const entries = new CompletionEntries(1);
  for (const receiver of [undefined, null, {}, 1, Object.create(CompletionPort.prototype)]) {
    for (const call of [
      () => CompletionPort.prototype.post.call(wrong(receiver), 1),
      () => CompletionPort.prototype.wait.call(wrong(receiver), entries, 0),
      () => CompletionPort.prototype.close.call(wrong(receiver)),
      () => CompletionEntries.prototype.key.call(wrong(receiver), 0),
      () => Overlapped.prototype.sender.call(wrong(receiver), new socket.SocketAddress()),
    ]) {
      expect(caught(call)).toBeInstanceOf(TypeError);
    }
  }
  for (const call of [() => wrong(CompletionPort)(), () => wrong(Overlapped)()])
    expect(caught(call)).toBeInstanceOf(TypeError);
  class Mine extends Overlapped<number> {}
  const mine = new Mine(5);
  port.post(1, 0, mine);
  expect(takePacket(port).overlapped).toBe(mine);
  expect(mine.data).toBe(5);
});

test('constructors ignore surplus arguments', () => {
  for (const argument of [0, 1, 2 ** 31, { number: 1 }, null, 'x']) {
    const port = new (CompletionPort as Any)(argument);
    port.post(1);
    expect(takePacket(port).key).toBe(1);
    port.close();
  }
});
