// What is written: buffers of every kind, sizes from nothing to more than the kernel takes at once, and writes at every
// point of a connection's life.
import { type ConnectionHandlers, configureConnections, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { fill, recvAll } from '../../helpers/pairs.js';
import { codeOf, connectionPair, connectionTest } from '../../helpers/streams/backends.js';
import { caught, expectArgumentType, expectInvalidState } from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

connectionTest('buffers of every kind', (t) => {
  const reactor = t.newReactor();
  const { connection, peer } = connectionPair(reactor);
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(0x61);
  connection.write(shared);
  shared.fill(0x7a); // it was copied
  const resizable = Reflect.construct(ArrayBuffer, [3, { maxByteLength: 10 }]);
  const view = new Uint8Array(resizable).fill(0x62);
  connection.write(view);
  resizable.resize(0);
  expect(connection.write(view)).toBe(true); // nothing is left of it
  const detached = new Uint8Array(3).fill(0x63);
  connection.write(detached);
  structuredClone(detached, { transfer: [detached.buffer] });
  expect(caught(() => connection.write(detached)).code).toBe('ERR_INVALID_ARG_VALUE');
  for (const wrong of [new Uint16Array(1), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), 1n, Symbol('x')]) {
    expectArgumentType(() => connection.write(wrong as unknown as string));
  }
  expect(caught(() => connection.write('x', 'utf-99' as BufferEncoding)).code).toBe('ERR_INVALID_ARG_VALUE');
  expectArgumentType(() => connection.write('x', 5 as unknown as BufferEncoding));
  connection.write('ZGQ=', 'base64');
  connection.end('6565', 'hex');
  reactor.poll(0);
  expect(recvAll(peer).toString()).toBe('aaabbbcccddee');
  connection.close();
});

connectionTest('a buffer above 2 GiB ends the connection with ERR_QUEUE_FULL, and is not copied', (t) => {
  const reactor = t.newReactor();
  const events: string[] = [];
  const { connection } = connectionPair(reactor, {
    error: (_, error) => events.push(codeOf(error)),
    close: () => events.push('close'),
  });
  const huge = Buffer.from(new ArrayBuffer(2 ** 31 + 16)); // never written to: the kernel gives no pages for it
  const before = process.memoryUsage().rss;
  expect(connection.write(huge)).toBe(false);
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  turnUntil(reactor, () => connection.closed);
  expect(events).toEqual(['ERR_QUEUE_FULL', 'close']);
});

connectionTest('many small writes to a peer that does not read take memory in proportion to their bytes', (t) => {
  const reactor = t.newReactor();
  const { connection, peer } = connectionPair(reactor);
  fill(connection.fd);
  connection.write(Buffer.alloc(20_000));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  for (let i = 0; i < 1_000_000; i++) connection.write('x');
  expect(connection.queued).toBe(1_020_000);
  globalThis.gc?.();
  const now = process.memoryUsage();
  expect(now.heapUsed + now.arrayBuffers - heapUsed - arrayBuffers).toBeLessThan(100_000_000);
  let got = 0;
  turnUntil(reactor, () => {
    got += Math.max(0, socket.recv(peer, Buffer.alloc(2_000_000)));
    return connection.queued === 0;
  });
  connection.end();
  reactor.poll(0);
  expect(got + recvAll(peer).length).toBeGreaterThan(1_020_000);
  connection.close();
});

connectionTest('one byte of everything: what is written comes back', (t) => {
  const reactor = t.newReactor();
  const one = { slabBytes: 1, sendAreaBytes: 1, maxReceiveBytes: 1, acceptBatch: 1, maxCommands: 2, maxReports: 1 };
  configureConnections(reactor, one);
  const echo: ConnectionHandlers = { data: (connection, bytes) => void connection.write(bytes) };
  const { port } = new Listener(reactor, { host, port: 0 }, echo).address as { port: number };
  let text = '';
  const client = connect(
    reactor,
    { host, port },
    {
      open: (connection) => {
        for (const part of ['a', 'b', 'cd', 'é', Buffer.from('f')]) connection.write(part);
        connection.end();
      },
      data: (_, bytes) => {
        text += bytes.toString('latin1');
      },
    },
  );
  turnUntil(reactor, () => client.closed);
  expect(Buffer.from(text, 'latin1').toString()).toBe('abcdéf');
});

connectionTest('configureConnections() refuses what it cannot do', (t) => {
  const reactor = t.newReactor();
  const names = ['slabBytes', 'sendAreaBytes', 'maxReceiveBytes', 'minReceiveBytes', 'acceptBatch', 'maxCommands'];
  for (const name of [...names, 'maxReports']) {
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      expect(caught(() => configureConnections(reactor, { [name]: wrong })).code).toBe('ERR_OUT_OF_RANGE');
    }
    expectArgumentType(() => configureConnections(reactor, { [name]: '1' }));
  }
  expect(caught(() => configureConnections(reactor, { slabBytes: 5, minReceiveBytes: 6 })).code).toBe(
    'ERR_OUT_OF_RANGE',
  );
  expectArgumentType(() => configureConnections(reactor, null as unknown as object));
  expectArgumentType(() => configureConnections({} as typeof reactor, {}));
  configureConnections(reactor, { slabBytes: 5 });
  configureConnections(reactor, { slabBytes: 6 });
  connectionPair(reactor).connection.close();
  expectInvalidState(() => configureConnections(reactor, {}));
  const closed = t.newReactor();
  closed.close();
  expectInvalidState(() => configureConnections(closed, {}));
});

connectionTest('writes that the send area has no room for go behind those before them', (t) => {
  const reactor = t.newReactor();
  configureConnections(reactor, { sendAreaBytes: 10_000, maxCommands: 3 });
  const { connection, peer } = connectionPair(reactor, {}, { maxQueued: 1e9 });
  const parts = Array.from({ length: 500 }, (_, i) => Buffer.alloc(997, i % 251));
  for (const [i, part] of parts.entries()) {
    connection.write(part);
    // The kernel has room again at times, which the later ones must not take first.
    if (i % 50 === 49) recvAllOf(peer, parts, i);
  }
  turnUntil(reactor, () => recvAllOf(peer, parts, parts.length));
  connection.close();
});

const received = new WeakMap<readonly Buffer[], Buffer>();

/** Reads some; whether all has come. What has come must be the beginning. */
function recvAllOf(peer: number, parts: readonly Buffer[], seed: number): boolean {
  const all = Buffer.concat(parts);
  const buffer = Buffer.alloc(20_000 + seed);
  const count = Math.max(0, socket.recv(peer, buffer));
  const now = Buffer.concat([received.get(parts) ?? Buffer.alloc(0), buffer.subarray(0, count)]);
  received.set(parts, now);
  expect(now.equals(all.subarray(0, now.length))).toBe(true);
  return now.length === all.length;
}

connectionTest("what is written in the turn of the peer's end arrives, more than fits at once", (t) => {
  for (const ends of ['handler', 'default'] as const) {
    const reactor = t.newReactor();
    configureConnections(reactor, { sendAreaBytes: 1_000_000 });
    const parts = Array.from({ length: 60 }, (_, i) => Buffer.alloc(16_000, i));
    const writeAll = (connection: { write(bytes: Buffer): boolean }): void => {
      for (const part of parts) connection.write(part);
    };
    const end: ConnectionHandlers['end'] = (self) => {
      writeAll(self);
      self.end();
    };
    // By default it ends without a handler; then another connection writes to it in the same turn, just before.
    const trigger = connectionPair(reactor, { data: () => writeAll(connection) });
    const handlers = ends === 'handler' ? { end } : {};
    const { connection, peer } = connectionPair(reactor, handlers, { maxQueued: 1e9 });
    if (ends === 'default') socket.send(trigger.peer, Buffer.from('x'));
    socket.shutdown(peer, socket.SHUT_WR);
    let got = 0;
    let isOver = false;
    const buffer = Buffer.alloc(100_000);
    turnUntil(reactor, () => {
      const count = socket.recv(peer, buffer);
      if (count > 0) got += count;
      isOver ||= count === 0;
      return isOver;
    });
    expect({ got, closed: connection.closed }).toEqual({ got: 60 * 16_000, closed: true });
  }
});

connectionTest('write() and end() before the connection is there, and end() in `open`', (t) => {
  const reactor = t.newReactor();
  const texts: string[] = [];
  const { port } = new Listener<number>(
    reactor,
    { host, port: 0 },
    {
      open: (connection) => {
        connection.data = texts.push('') - 1;
      },
      data: (connection, bytes) => {
        texts[connection.data] += bytes.toString();
      },
    },
  ).address as { port: number };
  const early = connect(reactor, { host, port }, {});
  early.write('early ');
  early.end('bytes');
  const silent = connect(reactor, { host, port }, {});
  silent.end();
  const inOpen = connect(reactor, { host, port }, { open: (connection) => connection.end('in open') });
  turnUntil(reactor, () => early.closed && silent.closed && inOpen.closed);
  expect(texts.sort()).toEqual(['', 'early bytes', 'in open']);
});

connectionTest('drain comes once there is room, and not after end()', (t) => {
  const reactor = t.newReactor();
  const drained: string[] = [];
  const open = (name: string) =>
    connectionPair(reactor, { drain: () => drained.push(name) }, { highWaterMark: 1000, maxQueued: 1e9 });
  const going = open('going');
  const ending = open('ending');
  for (const { connection } of [going, ending]) {
    fill(connection.fd);
    expect(connection.write(Buffer.alloc(100_000))).toBe(false);
  }
  ending.connection.end();
  let end = false;
  turnUntil(reactor, () => {
    socket.recv(going.peer, Buffer.alloc(100_000));
    end ||= socket.recv(ending.peer, Buffer.alloc(100_000)) === 0;
    return end && drained.length > 0;
  });
  expect(drained).toEqual(['going']);
  for (const { connection } of [going, ending]) connection.close();
});

connectionTest('a length that is overridden sends nothing but the bytes that are there', (t) => {
  for (const claimed of [20, -5, 0, 2.5, Number.NaN, 100_000, 1e9]) {
    class Liar extends Uint8Array {
      override get length(): number {
        return claimed;
      }
      override get byteLength(): number {
        return claimed;
      }
    }
    const reactor = t.newReactor();
    const other = connectionPair(reactor);
    other.connection.write('of another connection');
    reactor.poll(0);
    const { connection, peer } = connectionPair(reactor);
    other.connection.write('of another connection');
    connection.write(new Liar(3).fill(0x61));
    connection.write('b');
    reactor.poll(0);
    expect(recvAll(peer, 4).toString()).toBe('aaab');
    expect(recvAll(other.peer, 42).toString()).toBe('of another connection'.repeat(2));
    fill(connection.fd);
    connection.write('c');
    reactor.poll(0);
    connection.write(new Liar(3).fill(0x61)); // behind what is queued
    expect(connection.queued).toBe(4);
    expect(connection.bytesWritten).toBe(8);
    reactor.close();
  }
});

connectionTest('a handler that transfers the memory of its chunk breaks the connections of this turn alone', (t) => {
  const reactor = t.newReactor();
  const seen: string[] = [];
  const handlers: ConnectionHandlers<string> = {
    data: (connection, bytes) => {
      seen.push(`${connection.data}: ${bytes}`);
      if (String(bytes) === 'take') structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
    },
    error: (connection, error) => seen.push(`${connection.data}: ${codeOf(error)}`),
  };
  const pairs = ['a', 'b'].map((name) => {
    const made = connectionPair<string>(reactor, handlers);
    made.connection.data = name;
    return made;
  });
  for (const { peer } of pairs) socket.send(peer, Buffer.from('take'));
  turnUntil(reactor, () => seen.length === 2);
  const left = pairs.filter(({ connection }) => !connection.closed);
  expect(left).toHaveLength(1);
  expect(seen.filter((line) => line.endsWith('ENOMEM'))).toHaveLength(1);
  for (const { peer } of left) socket.send(peer, Buffer.from('more'));
  turnUntil(reactor, () => seen.length === 3);
  expect(seen[2]).toMatch(/: more$/);
});
