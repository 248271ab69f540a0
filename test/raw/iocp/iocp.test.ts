// The completion port itself: packets that are posted, and what may be associated.
import { CompletionEntries, CompletionPort, Overlapped, STATUS_SUCCESS, supported, wsaRecv } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { associatedPair, newTcpSocket } from '../../helpers/iocp/completions.js';
import { expectNoPacket, newPort, packetsNow, takePackets } from '../../helpers/iocp/packets.js';
import { tcpPair } from '../../helpers/pairs.js';
import { expectInvalidState, expectSystemError } from '../../helpers/throws.js';

const byte = new Uint8Array([1]);

test('it says that it is supported', () => expect(supported).toBe(true));

test('packets come out as they were posted, in order, with any key and byte count', () => {
  const port = newPort();
  const posted: [key: number, bytes: number][] = [
    [0, 0],
    [1, 1],
    [2 ** 31, 2 ** 31],
    [2 ** 32, 2 ** 32 - 1],
    [2 ** 52 + 1, 7],
    [Number.MAX_SAFE_INTEGER, 0],
  ];
  for (const [key, bytes] of posted) port.post(key, bytes);
  expect(packetsNow(port, 0)).toEqual(
    posted.map(([key, bytes]) => ({ key, bytes, status: STATUS_SUCCESS, overlapped: null, error: null })),
  );
});

test('a packet without an Overlapped is posted by null and by undefined', () => {
  const port = newPort();
  port.post(1);
  port.post(2, 0, null);
  port.post(3, 0, undefined);
  expect(takePackets(port, 3).map((packet) => packet.overlapped)).toEqual([null, null, null]);
});

test('an Overlapped is pending from post() until its packet is taken out, and can be posted again then', () => {
  const port = newPort();
  const overlapped = new Overlapped('mine');
  expect(overlapped.pending).toBe(false);
  port.post(1, 2, overlapped);
  expect(overlapped.pending).toBe(true);
  expect(port.pending).toBe(1);
  expectInvalidState(() => port.post(1, 2, overlapped));
  const [packet] = takePackets(port, 1);
  expect(packet).toMatchObject({ key: 1, bytes: 2, overlapped, error: null });
  expect(overlapped.data).toBe('mine');
  expect(overlapped.pending).toBe(false);
  expect(port.pending).toBe(0);
  port.post(3, 4, overlapped);
  expect(takePackets(port, 1)[0]).toMatchObject({ key: 3, bytes: 4, overlapped });
});

test('a wait gives at most the capacity, and the rest with the next (133: partial batch)', () => {
  const port = newPort();
  const all = Array.from({ length: 10 }, () => new Overlapped());
  all.forEach((overlapped, i) => {
    port.post(i, 0, overlapped);
  });
  const entries = new CompletionEntries(4);
  const seen: (Overlapped | null)[] = [];
  for (const expected of [4, 4, 2, 0]) {
    expect(port.wait(entries, 0)).toBe(expected);
    for (let i = 0; i < expected; i++) seen.push(entries.overlapped(i));
  }
  expect(seen).toEqual(all);
  expect(entries.overlapped(0)).toBe(null);
});

test('many packets at once, each with its own Overlapped: none is lost or doubled', () => {
  const port = newPort();
  const all = new Set(Array.from({ length: 5000 }, () => new Overlapped()));
  for (const overlapped of all) port.post(1, 0, overlapped);
  const entries = new CompletionEntries(4096);
  while (all.size > 0) {
    const count = port.wait(entries, 1000);
    expect(count).toBeGreaterThan(0);
    for (let i = 0; i < count; i++) expect(all.delete(entries.overlapped(i) as Overlapped)).toBe(true);
  }
  expectNoPacket(port);
});

test('a wait never ends before its time, and a packet ends it', () => {
  const port = newPort();
  const entries = new CompletionEntries(1);
  for (const timeoutMs of [0.4, 1, 15, 300]) {
    const start = performance.now();
    expect(port.wait(entries, timeoutMs)).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(timeoutMs);
  }
  for (const limitless of [-1, undefined, Number.POSITIVE_INFINITY]) {
    port.post(1);
    expect(port.wait(entries, limitless)).toBe(1);
  }
});

test('a socket is associated once: a second port is refused, also after the first was closed', () => {
  const [first, second] = [new CompletionPort(), newPort()];
  const [a] = tcpPair();
  first.associate(a, 1);
  expectSystemError(() => first.associate(a, 1), 'EINVAL', { syscall: 'CreateIoCompletionPort', fd: a });
  expectSystemError(() => second.associate(a, 1), 'EINVAL', { syscall: 'CreateIoCompletionPort', fd: a });
  first.close();
  expectSystemError(() => second.associate(a, 1), 'EINVAL');
  expectInvalidState(() => wsaRecv(a, byte, new Overlapped()));
});

test('what is not a handle, or was closed, is EBADF', () => {
  const port = newPort();
  const [a] = tcpPair();
  socket.close(a);
  for (const handle of [a, 0, 2 ** 31 - 4]) {
    expectSystemError(() => port.associate(handle, 1), 'EBADF', { syscall: 'CreateIoCompletionPort', fd: handle });
  }
});

test('an overlapped call on a handle that is on no port of this thread is refused, since its packet would be lost', () => {
  newPort();
  const [a] = tcpPair();
  const overlapped = new Overlapped();
  expectInvalidState(() => wsaRecv(a, byte, overlapped));
  expect(overlapped.pending).toBe(false);
});

test('the number of a closed socket is on no port any more', () => {
  const port = newPort();
  const [a] = associatedPair(port);
  socket.close(a);
  expectInvalidState(() => wsaRecv(a, byte, new Overlapped()));
  const next = newTcpSocket();
  port.associate(next, 2);
});

test('the port closes what is pending on it: every Overlapped is idle, and can be used with another port', () => {
  const port = new CompletionPort();
  const other = newPort();
  const [a] = associatedPair(port);
  const [posted, receiving] = [new Overlapped(), new Overlapped()];
  port.post(1, 0, posted);
  wsaRecv(a, new Uint8Array(8), receiving);
  expect(port.pending).toBe(2);
  port.close();
  expect([posted.pending, receiving.pending]).toEqual([false, false]);
  other.post(1, 0, posted);
  other.post(2, 0, receiving);
  expect(takePackets(other, 2).map((packet) => packet.overlapped)).toEqual([posted, receiving]);
});

test('close is idempotent, and every other call after it is ERR_INVALID_STATE', () => {
  const port = new CompletionPort();
  port.close();
  port.close();
  port[Symbol.dispose]();
  const [a] = tcpPair();
  const calls = [
    () => port.associate(a, 1),
    () => port.post(1),
    () => port.wait(new CompletionEntries(1), 0),
    () => port.pending,
  ];
  for (const call of calls) expectInvalidState(call);
});
