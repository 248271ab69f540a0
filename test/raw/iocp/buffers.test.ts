// The memory of overlapped operations: whatever JavaScript does to a buffer, the kernel reads and fills memory that
// stays.
import {
  type CompletionPort,
  Overlapped,
  STATUS_ACCESS_VIOLATION,
  WOULD_BLOCK,
  wsaRecv,
  wsaSend,
} from 'fdreactor/iocp';
import { describe, expect, test } from 'vitest';
import { associatedPair, finish } from '../../helpers/iocp/completions.js';
import { newPort, takePacket } from '../../helpers/iocp/packets.js';
import { recvAll, sendAll } from '../../helpers/pairs.js';
import { expectOutOfRange } from '../../helpers/throws.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
// biome-ignore lint/suspicious/noExplicitAny: newer than the types
type Any = any;

/** A receive that is under way, and its peer. */
function receiving(buffers: Uint8Array | Uint8Array[]): [CompletionPort, Overlapped, number, number] {
  const port = newPort();
  const [a, b] = associatedPair(port);
  const overlapped = new Overlapped();
  expect(wsaRecv(a, buffers, overlapped)).toBe(WOULD_BLOCK);
  return [port, overlapped, b, a];
}

function expectLost(port: CompletionPort, overlapped: Overlapped): void {
  const packet = takePacket(port);
  expect(packet).toMatchObject({ overlapped, status: STATUS_ACCESS_VIOLATION });
  expect(packet.error).toMatchObject({ code: 'EFAULT', syscall: 'WSARecv' });
}

describe('a buffer to receive into that is taken away before its bytes came', () => {
  const ways: [string, (buffer: ArrayBuffer) => unknown][] = [
    ['structuredClone', (buffer) => structuredClone(buffer, { transfer: [buffer] })],
    ['postMessage', (buffer) => new MessageChannel().port1.postMessage(buffer, [buffer])],
    ...('transfer' in ArrayBuffer.prototype
      ? [
          ['transfer', (buffer: ArrayBuffer) => (buffer as Any).transfer()] as [
            string,
            (buffer: ArrayBuffer) => unknown,
          ],
        ]
      : []),
  ];
  test.each(ways)('by %s: EFAULT, the new owner is untouched, and the next receive works', (_, take) => {
    const buffer = new ArrayBuffer(16);
    const [port, overlapped, peer, fd] = receiving(new Uint8Array(buffer));
    const taken = take(buffer);
    sendAll(peer, text('hello'));
    expectLost(port, overlapped);
    if (taken instanceof ArrayBuffer) expect(new Uint8Array(taken)).toEqual(new Uint8Array(16));
    const next = new Uint8Array(8);
    wsaRecv(fd, next, overlapped);
    sendAll(peer, text('again'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(asText(next.subarray(0, 5))).toBe('again');
  });

  test('shrunk below its bytes: EFAULT; shrunk to what has room: fine', () => {
    for (const [length, fits] of [
      [4, false],
      [5, true],
    ] as const) {
      const buffer: Any = new (ArrayBuffer as Any)(16, { maxByteLength: 32 });
      const view = new Uint8Array(buffer);
      const [port, overlapped, peer] = receiving(view);
      buffer.resize(length);
      sendAll(peer, text('hello'));
      if (fits) expect(finish(port, overlapped).bytes).toBe(5);
      else expectLost(port, overlapped);
      expect(asText(view)).toBe(fits ? 'hello' : '\0\0\0\0');
    }
  });

  test('a WebAssembly memory that grows', () => {
    const memory = new (globalThis as Any).WebAssembly.Memory({ initial: 1, maximum: 4 });
    const [port, overlapped, peer] = receiving(new Uint8Array(memory.buffer, 100, 16));
    memory.grow(1);
    sendAll(peer, text('hello'));
    expectLost(port, overlapped);
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  });

  test('one of several: EFAULT, and the others have their part', () => {
    const buffers = [new Uint8Array(2), new Uint8Array(2), new Uint8Array(2)] as const;
    const [port, overlapped, peer] = receiving([...buffers]);
    structuredClone(buffers[1].buffer, { transfer: [buffers[1].buffer] });
    sendAll(peer, text('abcdef'));
    expectLost(port, overlapped);
    expect(asText(buffers[0])).toBe('ab');
    expect(asText(buffers[2])).toBe('ef');
  });

  test('but not needed, since fewer bytes came', () => {
    const buffers = [new Uint8Array(5), new Uint8Array(5)] as const;
    const [port, overlapped, peer] = receiving([...buffers]);
    structuredClone(buffers[1].buffer, { transfer: [buffers[1].buffer] });
    sendAll(peer, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(asText(buffers[0])).toBe('hello');
  });
});

test('idle ones are collected, pending ones are not', async () => {
  const port = newPort();
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  const make = (): void => {
    for (let i = 0; i < 2000; i++) {
      const overlapped = new Overlapped();
      registry.register(overlapped, i);
      if (i % 2 === 0) port.post(i, 0, overlapped);
    }
  };
  make();
  for (let i = 0; i < 20 && collected < 900; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(collected).toBeGreaterThan(900);
  expect(collected).toBeLessThanOrEqual(1000);
  expect(port.pending).toBe(1000);
});

describe('a SharedArrayBuffer', () => {
  test('is filled and sent in place', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(32), 8, 16);
    const [port, overlapped, peer, fd] = receiving(shared);
    sendAll(peer, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(asText(shared.subarray(0, 5))).toBe('hello');
    wsaSend(fd, shared.subarray(1, 4), overlapped);
    expect(finish(port, overlapped).bytes).toBe(3);
    expect(recvAll(peer, 3).toString()).toBe('ell');
  });

  test('beside an ArrayBuffer, in one list', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    const [first, last] = [new Uint8Array(2), new Uint8Array(8)];
    const [port, overlapped, peer, fd] = receiving([first, shared, last]);
    sendAll(peer, text('abcdefg'));
    expect(finish(port, overlapped).bytes).toBe(7);
    expect([asText(first), asText(shared), asText(last.subarray(0, 2))]).toEqual(['ab', 'cde', 'fg']);
    wsaSend(fd, [first, shared, last.subarray(0, 2)], overlapped);
    expect(recvAll(peer, 7).toString()).toBe('abcdefg');
    finish(port, overlapped);
  });

  test('that grows', () => {
    const buffer: Any = new (SharedArrayBuffer as Any)(8, { maxByteLength: 1 << 20 });
    const view = new Uint8Array(buffer);
    const [port, overlapped, peer] = receiving(view);
    buffer.grow(1 << 20);
    sendAll(peer, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(asText(view.subarray(0, 5))).toBe('hello');
  });
});

test('the list of buffers may be changed after the call', () => {
  const [first, other] = [new Uint8Array(8), new Uint8Array(8)];
  const list = [first];
  const [port, overlapped, peer] = receiving(list);
  list[0] = other;
  list.length = 0;
  sendAll(peer, text('hello'));
  expect(finish(port, overlapped).bytes).toBe(5);
  expect(asText(first.subarray(0, 5))).toBe('hello');
  expect(other).toEqual(new Uint8Array(8));
});

test('1024 buffers are the most, and 2^31 - 1 bytes', () => {
  const port = newPort();
  const [a, b] = associatedPair(port);
  const overlapped = new Overlapped();
  const bytes = Array.from({ length: 1024 }, (_, i) => new Uint8Array([i]));
  wsaSend(a, bytes, overlapped);
  expect(finish(port, overlapped).bytes).toBe(1024);
  expect(recvAll(b, 1024).equals(Buffer.concat(bytes))).toBe(true);
  expectOutOfRange(() => wsaSend(a, [...bytes, new Uint8Array(1)], overlapped));
  const much = new Uint8Array(1 << 21);
  expectOutOfRange(() => wsaSend(a, new Array(1024).fill(much), overlapped));
  expect(overlapped.pending).toBe(false);
});
