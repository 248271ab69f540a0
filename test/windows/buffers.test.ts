// The memory of overlapped operations: the kernel's until the packet was taken out, whatever JavaScript does with its
// buffers meanwhile.
import { WOULD_BLOCK } from 'fdreactor';
import {
  type CompletionPort,
  Overlapped,
  STATUS_ACCESS_VIOLATION,
  wsaRecv,
  wsaRecvFrom,
  wsaSend,
  wsaSendTo,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { newPort, takePacket, takePackets } from '../helpers/iocp/packets.js';
import { own } from '../helpers/owned.js';
import { portOf, recvAll, socketPair } from '../helpers/pairs.js';
import { expectArgumentType, expectBadArgument } from '../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

function pairOn(port: CompletionPort): [number, number] {
  const [a, b] = socketPair();
  port.associate(a, 1);
  return [a, b];
}

const collect = async (): Promise<void> => {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
};

test('a buffer detached while it receives: EFAULT, its bytes are lost, the next receive works', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const overlapped = new Overlapped();
  for (const detach of [
    (buffer: Uint8Array) => structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] }),
    (buffer: Uint8Array) => {
      const { port1 } = new MessageChannel();
      port1.postMessage(null, [buffer.buffer as ArrayBuffer]);
      port1.close();
    },
  ]) {
    const buffer = new Uint8Array(1024);
    expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
    detach(buffer);
    expect(buffer.length).toBe(0);
    socket.send(b, Buffer.from('gone'));
    const packet = takePacket(port);
    expect(packet.status).toBe(STATUS_ACCESS_VIOLATION);
    expect(packet.error).toMatchObject({ code: 'EFAULT', syscall: 'WSARecv' });
  }
  const fresh = Buffer.alloc(8);
  wsaRecv(a, fresh, overlapped);
  socket.send(b, Buffer.from('here'));
  expect(takePacket(port)).toMatchObject({ bytes: 4, error: null });
  expect(fresh.toString('latin1', 0, 4)).toBe('here');
});

test('a buffer detached while it is sent: what was given is sent', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const bytes = new Uint8Array(2 ** 20).fill(0x61);
  const overlapped = new Overlapped();
  expect(wsaSend(a, bytes, overlapped)).toBe(WOULD_BLOCK);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  const received = recvAll(b, 2 ** 20);
  expect(received.every((value) => value === 0x61)).toBe(true);
  expect(takePacket(port)).toMatchObject({ bytes: 2 ** 20, error: null });
});

test('a buffer changed after the call: the old bytes are sent', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const bytes = new Uint8Array(2 ** 20).fill(0x61);
  wsaSend(a, bytes, new Overlapped());
  bytes.fill(0x62);
  expect(recvAll(b, 2 ** 20).every((value) => value === 0x61)).toBe(true);
  takePacket(port);
});

test('a resizable buffer that shrinks while it receives: EFAULT, and no byte beyond its end', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const memory = new (ArrayBuffer as Any)(64, { maxByteLength: 64 });
  const view = new Uint8Array(memory);
  wsaRecv(a, view, new Overlapped());
  memory.resize(2);
  socket.send(b, Buffer.from('too long for it'));
  expect(takePacket(port).error).toMatchObject({ code: 'EFAULT' });
  memory.resize(64);
  expect([...view].slice(2).every((value) => value === 0)).toBe(true);
});

test('the program drops the buffer and the operation: both live until the packet, through garbage collection', async () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const begin = (i: number): void => {
    const buffer = new Uint8Array(64);
    wsaRecv(a, buffer, new Overlapped({ i, buffer }));
  };
  for (let i = 0; i < 50; i++) begin(i);
  for (let i = 0; i < 5; i++) {
    await collect();
    Buffer.alloc(2 ** 20, 0xff); // what would take the place of freed memory
  }
  for (let i = 0; i < 50; i++) {
    socket.send(b, Buffer.from(`number ${i}`));
    const { overlapped, bytes } = takePacket(port);
    const { i: which, buffer } = (overlapped as Overlapped<{ i: number; buffer: Uint8Array }>).data;
    expect(which).toBe(i);
    expect(Buffer.from(buffer.subarray(0, bytes)).toString()).toBe(`number ${i}`);
  }
});

test('shared memory is used in place, and kept alive', async () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const overlapped = new Overlapped<Uint8Array>();
  const begin = (): void => {
    const view = new Uint8Array(new SharedArrayBuffer(32), 5, 9);
    overlapped.data = view;
    wsaRecv(a, view, overlapped);
  };
  begin();
  await collect();
  socket.send(b, Buffer.from('in place, and no further'));
  expect(takePacket(port)).toMatchObject({ bytes: 9, error: null });
  const all = Buffer.from(overlapped.data.buffer as Any);
  expect(all.toString('latin1')).toBe(`${'\0'.repeat(5)}in place,${'\0'.repeat(18)}`);
});

test('gather and scatter: many buffers, empty ones, the same one twice', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const parts = ['one ', 'two ', '', 'three'].map((text) => Buffer.from(text));
  wsaSend(a, parts, new Overlapped());
  expect(takePacket(port)).toMatchObject({ bytes: 13, error: null });
  expect(recvAll(b, 13).toString()).toBe('one two three');
  const targets = [Buffer.alloc(4), Buffer.alloc(0), Buffer.alloc(2), Buffer.alloc(32, 0xee)];
  wsaRecv(a, targets, new Overlapped());
  socket.send(b, Buffer.from('one two three'));
  expect(takePacket(port)).toMatchObject({ bytes: 13 });
  expect(targets.slice(0, 3).map(String)).toEqual(['one ', '', 'tw']);
  expect(targets[3]?.toString('latin1', 0, 8)).toBe('o three\xee');
});

test('the tail of a short receive is left as it was', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  const buffer = new Uint8Array(8).fill(0xee);
  wsaRecv(a, buffer, new Overlapped());
  socket.send(b, new Uint8Array([1, 2]));
  takePacket(port);
  expect([...buffer]).toEqual([1, 2, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee]);
});

test('an empty receive is done when there is something, and takes nothing', () => {
  const port = newPort();
  const [a, b] = pairOn(port);
  wsaRecv(a, [], new Overlapped());
  socket.send(b, Buffer.from('x'));
  expect(takePacket(port)).toMatchObject({ bytes: 0, error: null });
  expect(recvAll(a, 1).toString()).toBe('x');
});

test('a value that is not a buffer, or is detached, is refused and starts nothing', () => {
  const port = newPort();
  const [a] = pairOn(port);
  const overlapped = new Overlapped();
  const gone = new Uint8Array(4);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const wrong of [null, 'text', 1, {}, new DataView(new ArrayBuffer(4)), [null], [1], ['x']] as Any[]) {
    expectArgumentType(() => wsaRecv(a, wrong, overlapped));
    expectArgumentType(() => wsaSend(a, wrong, overlapped));
  }
  expectBadArgument(() => wsaRecv(a, gone, overlapped));
  expectBadArgument(() => wsaSend(a, [new Uint8Array(1), gone], overlapped));
  expect([overlapped.pending, port.pending]).toEqual([false, 0]);
});

test('datagrams: the sender of each, and what does not fit is EMSGSIZE beside what does', () => {
  const port = newPort();
  const receiver = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const sender = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  port.associate(receiver, 1);
  port.associate(sender, 2);
  const operation = new Overlapped();
  const buffer = Buffer.alloc(8, 0xee);
  const from = new SocketAddress();
  const send = (text: string): void => {
    wsaRecvFrom(receiver, buffer, operation);
    wsaSendTo(sender, Buffer.from(text), { host: '127.0.0.1', port: portOf(receiver) }, new Overlapped());
  };
  send('ping');
  const received = takePackets(port, 2).find(({ key }) => key === 1);
  expect(received).toMatchObject({ bytes: 4, error: null });
  operation.sender(from);
  expect([from.address, from.port]).toEqual(['127.0.0.1', portOf(sender)]);
  send('longer than that');
  const cut = takePackets(port, 2).find(({ key }) => key === 1);
  expect(cut).toMatchObject({ bytes: 8, error: { code: 'EMSGSIZE' } });
  expect(buffer.toString()).toBe('longer t');
});
