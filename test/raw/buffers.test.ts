// Buffers of every kind and in every state: a range outside the view or a wrong type is an error, never a crash, and no
// byte outside the range is touched.
import { once } from 'node:events';
import { createContext, runInContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { startWorker } from '../helpers/fixtures/toolbox.mjs';
import { socketPair } from '../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange } from '../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { WebAssembly } = globalThis as Any; // in no type library that the tests use
type Move = (fd: number, buffer: Any, offset?: Any, length?: Any) => number;
const to = new SocketAddress({ host: '127.0.0.1', port: 9 });
const moves: Record<string, Move> = {
  read: socket.read,
  write: socket.write,
  recv: socket.recv,
  send: socket.send,
  recvfrom: (fd, buffer, offset = 0, length = 1) => socket.recvfrom(fd, buffer, offset, length, 0, new SocketAddress()),
  sendto: (fd, buffer, offset = 0, length = 1) => socket.sendto(fd, buffer, offset, length, 0, to),
};
const readers = ['read', 'recv'] as const;
const writers = ['write', 'send'] as const;

describe.each(Object.entries(moves))('%s', (_, move) => {
  test('refuses ranges outside the buffer, also where the sum would wrap', () => {
    const [a] = socketPair();
    const buffer = new Uint8Array(16);
    for (const [offset, length] of [
      [17, 0],
      [0, 17],
      [16, 1],
      [8, 9],
      [2 ** 32, 1],
      [1, 2 ** 32],
      [2 ** 32 - 1, 2],
      [2 ** 53 - 1, 2 ** 53 - 1],
      [2 ** 53, 1],
      [1, 2 ** 53],
      [2 ** 63, 2 ** 63],
      [2 ** 64, 1],
      [-1, 1],
      [1, -1],
      [0.5, 1],
      [1, 0.5],
      [Number.NaN, 1],
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
      [1, Number.POSITIVE_INFINITY],
    ]) {
      expectOutOfRange(() => move(a, buffer, offset, length));
    }
  });

  test('refuses offsets and lengths that are not numbers', () => {
    const [a] = socketPair();
    const buffer = new Uint8Array(16);
    for (const value of ['1', null, {}, [], 1n, true, Symbol('x'), () => 1] as Any[]) {
      expectArgumentType(() => move(a, buffer, value, 1));
      expectArgumentType(() => move(a, buffer, 0, value));
    }
  });

  test('refuses a value that is not a Uint8Array', () => {
    const [a] = socketPair();
    const wasm = new WebAssembly.Memory({ initial: 1 });
    for (const value of [
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
      new SharedArrayBuffer(8),
      wasm.buffer,
      new Int32Array(4),
      new Float64Array(2),
      new Uint16Array(4),
      new Int8Array(4),
      new BigInt64Array(2),
      new Uint8ClampedArray(4),
      [1, 2],
      'text',
      null,
      undefined,
      5,
      {},
      { length: 4, buffer: new ArrayBuffer(4), byteOffset: 0, byteLength: 4 },
      Object.create(Uint8Array.prototype),
      new Proxy(new Uint8Array(4), {}),
    ] as Any[]) {
      expectArgumentType(() => move(a, value, 0, 1));
    }
  });

  test('refuses a detached buffer: by structuredClone, postMessage, transfer', () => {
    const [a] = socketPair();
    const cloned = new Uint8Array(8);
    structuredClone(cloned.buffer, { transfer: [cloned.buffer] });
    const posted = new Uint8Array(8);
    const { port1 } = new MessageChannel();
    port1.postMessage(null, [posted.buffer]);
    port1.close();
    for (const buffer of [cloned, posted]) {
      expect(buffer.length).toBe(0);
      expectBadArgument(() => move(a, buffer, 0, 1));
      expectBadArgument(() => move(a, buffer, 4, 4));
      expectBadArgument(() => move(a, buffer, 0, 0)); // 0 from recv would look like the end of the stream
    }
  });

  test('refuses an object whose conversion would run code, without running it', () => {
    const [a] = socketPair();
    const buffer = new Uint8Array(8);
    const convert = {
      valueOf() {
        structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
        return 4;
      },
    };
    expectArgumentType(() => move(a, buffer, convert, 4));
    expectArgumentType(() => move(a, buffer, 0, convert));
    expectArgumentType(() => move(convert as Any, buffer, 0, 4));
    expect(buffer.length).toBe(8);
  });
});

test.each(readers)('%s writes inside the range only', (name) => {
  const [a, b] = socketPair();
  socket.send(b, Buffer.from('0123456789'));
  const buffer = Buffer.alloc(12, 0xee);
  expect(moves[name]?.(a, buffer, 3, 4)).toBe(4);
  expect(buffer.toString('latin1')).toBe(`${'\xee'.repeat(3)}0123${'\xee'.repeat(5)}`);
});

test.each(writers)('%s sends the range only, with offset and length left out the whole', (name) => {
  const [a, b] = socketPair();
  const move = moves[name] as Move;
  const buffer = Buffer.from('0123456789');
  const received = Buffer.alloc(64);
  expect(move(a, buffer)).toBe(10);
  expect(move(a, buffer, 7)).toBe(3);
  expect(move(a, buffer, 2, 3)).toBe(3);
  expect(received.toString('latin1', 0, socket.recv(b, received))).toBe('0123456789789234');
});

test('length 0 and offset at the end are fine and move nothing', () => {
  const [a, b] = socketPair();
  const buffer = new Uint8Array(8);
  expect(socket.send(a, buffer, 0, 0)).toBe(0);
  expect(socket.write(a, buffer, 8, 0)).toBe(0);
  expect(socket.write(a, new Uint8Array(0))).toBe(0);
  expect(socket.recv(b, buffer)).toBe(WOULD_BLOCK);
  socket.send(a, buffer);
  expect(socket.read(b, buffer, 8)).toBe(0);
  expect(socket.read(b, buffer)).toBe(8);
});

test('views at odd offsets of pooled, shared, WebAssembly and resizable memory work', () => {
  const [a, b] = socketPair();
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const resizable = new (ArrayBuffer as Any)(16, { maxByteLength: 64 });
  const views: Uint8Array[] = [
    Buffer.from('pooled'),
    new Uint8Array(new SharedArrayBuffer(16), 5, 7),
    new Uint8Array(wasm.buffer, 65530),
    new Uint8Array(resizable),
    new Uint8Array(resizable, 3, 5),
    Buffer.from(new ArrayBuffer(32), 9, 3),
  ];
  for (const view of views) {
    view.fill(0x41);
    expect(socket.send(a, view)).toBe(view.length);
    view.fill(0);
    expect(socket.recv(b, view)).toBe(view.length);
    expect([...view]).toEqual(Array.from(view, () => 0x41));
  }
});

test('a view of WebAssembly memory is refused after the memory has grown', () => {
  const [a] = socketPair();
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const view = new Uint8Array(wasm.buffer);
  wasm.grow(1);
  expectBadArgument(() => socket.send(a, view, 0, 1));
  expect(socket.send(a, new Uint8Array(wasm.buffer), 65536, 1)).toBe(1);
});

test('a resizable buffer that shrank under its view is refused, one that grew is used as it is now', () => {
  const [a] = socketPair();
  const memory = new (ArrayBuffer as Any)(32, { maxByteLength: 64 });
  const tracking = new Uint8Array(memory);
  const fixed = new Uint8Array(memory, 8, 16);
  memory.resize(16);
  expectBadArgument(() => socket.send(a, fixed, 0, 1));
  expectOutOfRange(() => socket.send(a, tracking, 0, 17));
  expect(socket.send(a, tracking)).toBe(16);
  memory.resize(64);
  expect(socket.send(a, tracking)).toBe(64);
  expect(socket.send(a, fixed)).toBe(16);
});

test('views from another realm are views', () => {
  const [a, b] = socketPair();
  const foreign = runInContext('new Uint8Array([1, 2, 3])', createContext());
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  expect(socket.send(a, foreign)).toBe(3);
  const target = runInContext('new Uint8Array(8)', createContext());
  expect(socket.recv(b, target)).toBe(3);
  expect([...target]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
});

test('a subclass with lying members does not move memory that is not its own', () => {
  class Liar extends Uint8Array {
    override get length(): number {
      return 2 ** 30;
    }
    override get byteLength(): number {
      return 2 ** 30;
    }
    override get byteOffset(): number {
      return 2 ** 20;
    }
  }
  const [a] = socketPair();
  const liar = new Liar(8);
  try {
    expect(socket.send(a, liar, 0, 9)).toBeLessThanOrEqual(8);
  } catch (error) {
    expect(error).toHaveProperty('code', expect.stringMatching(/^ERR_/));
  }
  const plain = new Uint8Array(8);
  Object.defineProperty(plain, 'byteLength', { value: 2 ** 30 });
  Object.defineProperty(plain, 'length', { value: 2 ** 30 });
  try {
    expect(socket.send(a, plain, 0, 2 ** 20)).toBeLessThanOrEqual(8);
  } catch (error) {
    expect(error).toHaveProperty('code', expect.stringMatching(/^ERR_/));
  }
});

test('a buffer over 2 GiB can be read from at any offset', () => {
  const [a, b] = socketPair();
  const size = 2 ** 31 + 4096;
  const huge = new Uint8Array(size); // zero pages: costs address space, not memory
  huge.set([1, 2, 3], size - 3);
  expect(socket.send(a, huge, size - 3)).toBe(3);
  const received = new Uint8Array(8);
  expect(socket.recv(b, received)).toBe(3);
  expect([...received.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect(socket.write(a, huge)).toBeGreaterThan(0);
  expectOutOfRange(() => socket.send(a, huge, size - 3, 4));
});

test('the tail of a short receive is left as it was', () => {
  const [a, b] = socketPair();
  socket.send(b, new Uint8Array([1, 2]));
  const buffer = new Uint8Array(8).fill(0xee);
  expect(socket.recv(a, buffer)).toBe(2);
  expect([...buffer]).toEqual([1, 2, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee]);
});

test('shared memory that a worker writes to all the while: what is sent is old or new, byte for byte, no crash', async () => {
  const [a, b] = socketPair();
  const shared = new Uint8Array(new SharedArrayBuffer(4096));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker(
    ({ args, workerThreads }: Any) => {
      workerThreads.parentPort.postMessage('writing');
      let value = 0;
      while (!Atomics.load(args.stop, 0)) args.shared.fill(++value % 251);
    },
    { shared, stop },
  );
  await once(worker, 'message');
  const received = new Uint8Array(new SharedArrayBuffer(4096));
  for (let i = 0; i < 2000; i++) {
    const n = socket.send(a, shared);
    expect(socket.recv(b, i % 2 === 0 ? shared : received)).toBe(n);
  }
  Atomics.store(stop, 0, 1);
  await once(worker, 'exit');
  expect(received.every((value) => value <= 250)).toBe(true);
});
