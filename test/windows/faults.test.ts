// Overlapped operations under faults: handles and operations used wrongly, cancelled, closed or raced. A clear error
// or a packet with one, nothing freed early, nothing hangs, and no packet is lost or comes twice.
import { openSync } from 'node:fs';
import { SystemError, WOULD_BLOCK } from 'fdreactor';
import {
  AFD_POLL_RECEIVE,
  acceptEx,
  afdPoll,
  CompletionEntries,
  CompletionPort,
  cancelIoEx,
  closeHandle,
  connectEx,
  disconnectEx,
  Overlapped,
  openFile,
  readFile,
  STATUS_CANCELLED,
  STATUS_SUCCESS,
  transmitFile,
  writeFile,
  wsaRecv,
  wsaRecvFrom,
  wsaSend,
  wsaSendTo,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { expectNoPacket, newPort, type Packet, packetsNow, takePacket, takePackets } from '../helpers/iocp/packets.js';
import { testWith } from '../helpers/needs.js';
import { dispose, own, ownFile } from '../helpers/owned.js';
import { listen, refusingPort, reset, socketPair } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { AF_INET, SOCK_STREAM } = socket.constants;
const freshSocket = (): number => own(socket.socket(AF_INET, SOCK_STREAM, 0));

/** A socket on a port with a receive that waits for bytes. */
function receiving(port: CompletionPort, key = 1): { a: number; b: number; buffer: Buffer; overlapped: Overlapped } {
  const [a, b] = socketPair();
  const buffer = Buffer.alloc(16, 0xee);
  const overlapped = new Overlapped();
  port.associate(a, key);
  expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
  return { a, b, buffer, overlapped };
}

describe('handles', () => {
  test('a socket on another port, and one on this port already, is EINVAL', () => {
    const [first, second] = [newPort(), newPort()];
    const [a] = socketPair();
    first.associate(a, 1);
    expectSystemError(() => second.associate(a, 1), 'EINVAL', { syscall: 'CreateIoCompletionPort', fd: a });
    expectSystemError(() => first.associate(a, 2), 'EINVAL', { fd: a });
    expect(wsaRecv(a, Buffer.alloc(1), new Overlapped())).toBe(WOULD_BLOCK);
    cancelIoEx(a);
    expect(takePacket(first).key).toBe(1);
  });

  test('a number that is not a handle is EBADF; a file of Node is EINVAL or EBADF', () => {
    const port = newPort();
    const gone = socket.socket(AF_INET, SOCK_STREAM, 0);
    socket.close(gone);
    expectSystemError(() => port.associate(gone, 1), 'EBADF', { fd: gone });
    const file = ownFile(openSync(process.execPath, 'r'));
    expect(caught(() => port.associate(file, 1)).code).toMatch(/^(EBADF|EINVAL)$/);
  });

  test.each(badFds)('$name is not a handle for any call', ({ value }) => {
    const port = newPort();
    const overlapped = new Overlapped();
    const bytes = new Uint8Array(1);
    const calls: (() => unknown)[] = [
      () => port.associate(value, 1),
      () => acceptEx(value, freshSocket(), overlapped),
      () => acceptEx(listen().listener, value, overlapped),
      () => connectEx(value, { host: '127.0.0.1', port: 1 }, overlapped),
      () => disconnectEx(value, 0, overlapped),
      () => wsaRecv(value, bytes, overlapped),
      () => wsaSend(value, bytes, overlapped),
      () => wsaRecvFrom(value, bytes, overlapped),
      () => wsaSendTo(value, bytes, { host: '127.0.0.1', port: 1 }, overlapped),
      () => readFile(value, bytes, 0, overlapped),
      () => writeFile(value, bytes, 0, overlapped),
      () => transmitFile(value, null, overlapped),
      () => cancelIoEx(value),
      () => afdPoll(value, AFD_POLL_RECEIVE, overlapped, port),
      () => closeHandle(value),
    ];
    for (const call of calls) expectBadArgument(call);
    expect(overlapped.pending).toBe(false);
  });

  test('a socket that is on no port is refused before anything is begun', () => {
    const [a] = socketPair();
    const overlapped = new Overlapped();
    for (const call of [
      () => wsaRecv(a, new Uint8Array(1), overlapped),
      () => wsaSend(a, new Uint8Array(1), overlapped),
      () => transmitFile(a, null, overlapped, { head: new Uint8Array(1) }),
      () => afdPoll(a, AFD_POLL_RECEIVE, overlapped),
    ]) {
      expectInvalidState(call);
    }
    expect(overlapped.pending).toBe(false);
  });

  test('a handle that is not a socket is ENOTSOCK for the calls of sockets', () => {
    const port = newPort();
    const file = openFile(process.execPath);
    dispose({ close: () => closeHandle(file) });
    port.associate(file, 1);
    const overlapped = new Overlapped();
    expectSystemError(() => wsaRecv(file, new Uint8Array(1), overlapped), 'ENOTSOCK', { fd: file });
    expectSystemError(() => wsaSend(file, new Uint8Array(1), overlapped), 'ENOTSOCK', { fd: file });
    expect(overlapped.pending).toBe(false);
    expect(port.pending).toBe(0);
  });

  test('a handle of a file is closed by closeHandle, once, and a socket never is', () => {
    const file = openFile(process.execPath);
    closeHandle(file);
    expectSystemError(() => closeHandle(file), 'EBADF');
    const [a] = socketPair();
    expectSystemError(() => closeHandle(a), 'EBADF');
    expect(socket.recv(a, new Uint8Array(1))).toBe(WOULD_BLOCK);
  });
});

describe('operations', () => {
  test('one that is pending is refused by every call, and is not disturbed', () => {
    const port = newPort();
    const { a, b, buffer, overlapped } = receiving(port);
    const calls: (() => unknown)[] = [
      () => wsaRecv(a, buffer, overlapped),
      () => wsaSend(a, buffer, overlapped),
      () => port.post(1, 0, overlapped),
      () => afdPoll(a, AFD_POLL_RECEIVE, overlapped),
      () => disconnectEx(a, 0, overlapped),
    ];
    for (const call of calls) expectInvalidState(call);
    socket.send(b, Buffer.from('still there'));
    const packet = takePacket(port);
    expect(packet).toMatchObject({ key: 1, bytes: 11, error: null });
    expect(packet.overlapped).toBe(overlapped);
    expect(buffer.toString('latin1')).toBe(`still there${'\xee'.repeat(5)}`);
    expect(overlapped.pending).toBe(false);
    expectNoPacket(port);
  });

  test('a value that is not an Overlapped is refused: null, a look-alike, another class', () => {
    const port = newPort();
    const [a] = socketPair();
    port.associate(a, 1);
    for (const wrong of [null, undefined, {}, 1, 'x', Object.create(Overlapped.prototype), port] as Any[]) {
      expectArgumentType(() => wsaRecv(a, new Uint8Array(1), wrong));
      expectArgumentType(() => wsaSend(a, new Uint8Array(1), wrong));
      expectArgumentType(() => acceptEx(a, a, wrong));
    }
    expect(port.pending).toBe(0);
  });

  test('a packet without an operation (null overlapped) comes as it was posted', () => {
    const port = newPort();
    port.post(5);
    port.post(6, 7, null);
    expect(takePackets(port, 2)).toEqual([
      { key: 5, bytes: 0, status: STATUS_SUCCESS, error: null, overlapped: null },
      { key: 6, bytes: 7, status: STATUS_SUCCESS, error: null, overlapped: null },
    ]);
  });

  test('keys and lengths to their limits, and not beyond', () => {
    const port = newPort();
    for (const key of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      port.post(key, 2 ** 32 - 1);
      expect(takePacket(port)).toMatchObject({ key, bytes: 2 ** 32 - 1 });
    }
    for (const key of [-1, 2 ** 53, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectOutOfRange(() => port.post(key));
      expectOutOfRange(() => port.associate(freshSocket(), key));
    }
    for (const bytes of [-1, 2 ** 32, 1.5, Number.NaN]) expectOutOfRange(() => port.post(1, bytes));
    for (const wrong of ['1', {}, 1n, Symbol('x')] as Any[]) {
      expectArgumentType(() => port.post(wrong));
      expectArgumentType(() => port.post(1, wrong));
    }
    for (const capacity of [0, -1, 1.5, 2 ** 24 + 1, Number.NaN])
      expectOutOfRange(() => new CompletionEntries(capacity));
    expectNoPacket(port, 0);
  });

  test('the largest key of a socket comes back with its packet', () => {
    const port = newPort();
    const [a, b] = socketPair();
    port.associate(a, 2 ** 53 - 1);
    wsaRecv(a, new Uint8Array(4), new Overlapped());
    socket.send(b, new Uint8Array(2));
    expect(takePacket(port)).toMatchObject({ key: 2 ** 53 - 1, bytes: 2 });
  });

  test('more packets than fit come with the next waits, in their order, none twice', () => {
    const port = newPort();
    for (let i = 0; i < 100; i++) port.post(i);
    const entries = new CompletionEntries(7);
    const keys: number[] = [];
    for (let count = port.wait(entries, 0); count > 0; count = port.wait(entries, 0)) {
      expect(count).toBeLessThanOrEqual(7);
      for (let i = 0; i < count; i++) keys.push(entries.key(i));
    }
    expect(keys).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('cancelled', () => {
  test('a receive is: one packet with ECANCELED, and the operation can be used again', () => {
    const port = newPort();
    const { a, b, buffer, overlapped } = receiving(port);
    expect(cancelIoEx(a, overlapped)).toBe(true);
    const packet = takePacket(port);
    expect(packet).toMatchObject({ status: STATUS_CANCELLED, bytes: 0 });
    expect(packet.error).toMatchObject({ code: 'ECANCELED', syscall: 'WSARecv', fd: a });
    expect(packet.error).toBeInstanceOf(SystemError);
    expect(cancelIoEx(a, overlapped)).toBe(false);
    wsaRecv(a, buffer, overlapped);
    socket.send(b, Buffer.from('again'));
    expect(takePacket(port)).toMatchObject({ bytes: 5, error: null });
  });

  test('all of a handle are, and those of another are not', () => {
    const port = newPort();
    const [first, second] = [receiving(port, 1), receiving(port, 2)];
    const more = Array.from({ length: 5 }, () => new Overlapped());
    for (const overlapped of more) wsaRecv(first.a, new Uint8Array(1), overlapped);
    expect(cancelIoEx(first.a)).toBe(true);
    const packets = takePackets(port, 6);
    expect(packets.map(({ key, error }) => [key, error?.code])).toEqual(Array(6).fill([1, 'ECANCELED']));
    expect(new Set(packets.map(({ overlapped }) => overlapped)).size).toBe(6);
    socket.send(second.b, new Uint8Array(1));
    expect(takePacket(port)).toMatchObject({ key: 2, error: null });
  });

  test('racing its completion: cancelled or done, one packet each time', () => {
    const port = newPort();
    const [a, b] = socketPair();
    port.associate(a, 1);
    const overlapped = new Overlapped();
    const outcomes = { done: 0, cancelled: 0 };
    for (let i = 0; i < 500; i++) {
      const buffer = Buffer.alloc(1);
      expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
      if (i % 2 === 0) socket.send(b, Buffer.from([i & 0xff]));
      cancelIoEx(a, overlapped);
      if (i % 2 === 1) socket.send(b, Buffer.from([i & 0xff]));
      const { error, bytes } = takePacket(port);
      if (error === null) {
        outcomes.done++;
        expect([bytes, buffer[0]]).toEqual([1, i & 0xff]);
        continue;
      }
      outcomes.cancelled++;
      expect(error.code).toBe('ECANCELED');
      wsaRecv(a, buffer, overlapped); // the byte was not lost with the operation
      expect(takePacket(port)).toMatchObject({ bytes: 1, error: null });
      expect(buffer[0]).toBe(i & 0xff);
    }
    expect(outcomes.done + outcomes.cancelled).toBe(500);
    expect(outcomes.cancelled).toBeGreaterThan(0);
    expectNoPacket(port);
  });

  test('an accept, a connect and a poll are as well', () => {
    const port = newPort();
    const { listener } = listen();
    const [a] = socketPair();
    port.associate(listener, 1);
    port.associate(a, 2);
    const [accepting, polling] = [new Overlapped(), new Overlapped()];
    const accepted = freshSocket();
    acceptEx(listener, accepted, accepting);
    afdPoll(a, AFD_POLL_RECEIVE, polling);
    expect(cancelIoEx(listener)).toBe(true);
    expect(cancelIoEx(a, polling)).toBe(true);
    const packets = takePackets(port, 2);
    for (const { error } of packets) expect(error).toMatchObject({ code: 'ECANCELED' });
    expect(new Set(packets.map(({ overlapped }) => overlapped))).toEqual(new Set([accepting, polling]));
    expect(accepting.pending || polling.pending).toBe(false);
  });

  testWith(
    { notUnderWine: 'it says that it has cancelled something' },
    'cancelling nothing is not an error: false',
    () => {
      const port = newPort();
      const [a] = socketPair();
      port.associate(a, 1);
      expect(cancelIoEx(a)).toBe(false);
      expect(cancelIoEx(a, new Overlapped())).toBe(false);
    },
  );
});

describe('closed with operations pending', () => {
  /** As it is told: by Windows one, by Wine another. */
  const ended = expect.stringMatching(/^(ECANCELED|ECONNABORTED|ENOTSOCK)$/);

  test('the socket: each has its packet, with an error, after closesocket', () => {
    const port = newPort();
    const [a, b] = socketPair();
    port.associate(a, 1);
    const operations = Array.from({ length: 10 }, () => new Overlapped());
    for (const overlapped of operations) wsaRecv(a, new Uint8Array(8), overlapped);
    socket.close(a);
    const packets = takePackets(port, 10);
    for (const { error } of packets) expect(error).toMatchObject({ code: ended });
    expect(new Set(packets.map(({ overlapped }) => overlapped))).toEqual(new Set(operations));
    expectNoPacket(port);
    expect(socket.recv(b, new Uint8Array(1))).toBeLessThanOrEqual(0);
  });

  test('the socket, and its number given to others: their packets are their own', () => {
    const port = newPort();
    for (let round = 0; round < 50; round++) {
      const old = receiving(port, 1000 + round);
      socket.close(old.a);
      const fresh = receiving(port, 2000 + round);
      socket.send(fresh.b, Buffer.from('fresh'));
      const packets = takePackets(port, 2);
      const told = new Map(packets.map((packet) => [packet.key, packet]));
      expect(told.get(1000 + round)).toMatchObject({ overlapped: old.overlapped, error: { code: ended } });
      expect(told.get(2000 + round)).toMatchObject({ overlapped: fresh.overlapped, bytes: 5, error: null });
      expect(old.buffer.every((value) => value === 0xee)).toBe(true);
      socket.close(fresh.a);
    }
    expectNoPacket(port);
  });

  test('the port: all is cancelled and drained, each operation is idle, and its socket goes on', () => {
    const port = new CompletionPort();
    const all = Array.from({ length: 20 }, () => receiving(port));
    const { listener } = listen();
    port.associate(listener, 2);
    const accepting = new Overlapped();
    acceptEx(listener, freshSocket(), accepting);
    port.post(3);
    expect(port.pending).toBeGreaterThanOrEqual(21);
    const start = performance.now();
    port.close();
    expect(performance.now() - start).toBeLessThan(patience(1000));
    for (const { a, b, overlapped } of all) {
      expect(overlapped.pending).toBe(false);
      socket.send(b, Buffer.from('x'));
      const end = performance.now() + patience(2000);
      while (socket.recv(a, new Uint8Array(4)) === WOULD_BLOCK) {
        if (performance.now() > end) throw new Error('the socket is dead');
      }
    }
    expect(accepting.pending).toBe(false);
    port.close();
    expectInvalidState(() => port.wait(new CompletionEntries(1), 0));
    expectInvalidState(() => port.post(1));
    expectInvalidState(() => port.associate(freshSocket(), 1));
    expectInvalidState(() => port.pending);
  });

  test('the port, then a call on a socket that was on it: refused, it has nowhere to go', () => {
    const port = new CompletionPort();
    const [a] = socketPair();
    port.associate(a, 1);
    port.close();
    expectInvalidState(() => wsaRecv(a, new Uint8Array(1), new Overlapped()));
  });

  test('an operation of a closed port can be used on another', () => {
    const first = new CompletionPort();
    const { overlapped } = receiving(first);
    first.close();
    const second = newPort();
    second.post(9, 0, overlapped);
    expect(takePacket(second)).toMatchObject({ key: 9, overlapped });
  });
});

describe('connections', () => {
  test('refused: the packet says so', () => {
    const port = newPort();
    const fd = freshSocket();
    socket.bind(fd, { host: '0.0.0.0', port: 0 });
    port.associate(fd, 1);
    connectEx(fd, { host: '127.0.0.1', port: refusingPort() }, new Overlapped());
    const { error } = takePackets(port, 1, 10_000)[0] as Packet;
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'ConnectEx', fd });
  });

  test('not bound, connected already, or not connected: an error of the call, and no packet', () => {
    const port = newPort();
    const { port: number } = listen();
    const address = { host: '127.0.0.1', port: number };
    const fresh = freshSocket();
    const [connected] = socketPair();
    port.associate(fresh, 1);
    port.associate(connected, 2);
    expectSystemError(() => connectEx(fresh, address, new Overlapped()), 'EINVAL', { syscall: 'ConnectEx' });
    expectSystemError(() => connectEx(connected, address, new Overlapped()), 'EISCONN', { syscall: 'ConnectEx' });
    expectSystemError(() => wsaRecv(fresh, new Uint8Array(1), new Overlapped()), 'ENOTCONN', { syscall: 'WSARecv' });
    expectNoPacket(port);
    expect(port.pending).toBe(0);
  });

  test('accepted and connected sockets know their names (SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT)', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    const [accepted, client] = [freshSocket(), freshSocket()];
    socket.bind(client, { host: '127.0.0.1', port: 0 });
    port.associate(listener, 1);
    port.associate(client, 2);
    acceptEx(listener, accepted, new Overlapped());
    connectEx(client, { host: '127.0.0.1', port: number }, new Overlapped());
    const packets = takePackets(port, 2);
    for (const { error } of packets) expect(error).toBe(null);
    expect(socket.getpeername(accepted)).toEqual(socket.getsockname(client));
    expect(socket.getpeername(client)).toEqual(socket.getsockname(accepted));
    for (const fd of [accepted, client]) socket.shutdown(fd, socket.constants.SHUT_WR);
  });

  test('a reset while a receive is pending is its error', () => {
    const port = newPort();
    const { b, a } = receiving(port);
    reset(b);
    expect(takePacket(port).error).toMatchObject({ code: 'ECONNRESET', syscall: 'WSARecv', fd: a });
  });

  test('the end of the stream is a packet of 0 bytes', () => {
    const port = newPort();
    const { b } = receiving(port);
    socket.close(b);
    expect(takePacket(port)).toMatchObject({ bytes: 0, error: null });
  });

  test('with skipOnSuccess what is done at once makes no packet: nothing is handled twice', () => {
    const port = newPort();
    const [a, b] = socketPair();
    port.associate(a, 1, { skipOnSuccess: true });
    let packets = 0;
    let atOnce = 0;
    for (let i = 0; i < 200; i++) {
      const sent = wsaSend(a, Buffer.from('ten bytes!'), new Overlapped());
      if (sent === WOULD_BLOCK) packets++;
      else {
        atOnce++;
        expect(sent).toBe(10);
      }
      while (packetsNow(port).length > 0) packets--;
    }
    while (packets > 0) packets -= takePackets(port, 1).length;
    expect(atOnce).toBeGreaterThan(0);
    expectNoPacket(port);
    let received = 0;
    for (const end = performance.now() + patience(2000); received < 2000; ) {
      received += Math.max(0, socket.recv(b, new Uint8Array(4096)));
      if (performance.now() > end) throw new Error(`${received} bytes`);
    }
    expect(received).toBe(2000);
  });
});
