// Registrations: what register, modify, deregister and close mean, and what they refuse.
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { capabilities, Interest, type Mode, Ready } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest, recorder } from '../helpers/contract.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { ownFile } from '../helpers/owned.js';
import { pairWithNumber, pipePair, socketPair } from '../helpers/pairs.js';
import { closedFd, isWindows, underWine } from '../helpers/platform.js';
import {
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const byte = new Uint8Array([1]);

contractTest('the reactor says which backend it is and how many registrations live', ({ reactor, backend }) => {
  expect(reactor.backend).toBe(backend);
  expect(reactor.size).toBe(0);
  const [a, b] = socketPair();
  const first = reactor.register(a, Interest.READABLE, () => {});
  const second = reactor.register(b, Interest.READABLE, () => {});
  expect(reactor.size).toBe(2);
  first.deregister();
  expect(reactor.size).toBe(1);
  second.close();
  expect(reactor.size).toBe(0);
});

contractTest('a registration says what it is', ({ reactor }) => {
  const [a] = socketPair();
  const data = { mine: true };
  const reg = reactor.register(a, Interest.READABLE, () => {}, { data });
  expect(reg).toMatchObject({ fd: a, interest: Interest.READABLE, mode: 'level', active: true });
  expect(reg.data).toBe(data);
  reg.modify(Interest.WRITABLE);
  expect(reg.interest).toBe(Interest.WRITABLE);
  reg.deregister();
  expect(reg.active).toBe(false);
  expect(reg.data).toBe(data);
});

contractTest('the handler gets the bits and its registration; one function can serve many', ({ reactor }) => {
  const seen: [number, string][] = [];
  const handler = (ready: number, reg: { data: string; deregister(): void }): void => {
    seen.push([ready, reg.data]);
    reg.deregister();
  };
  for (const name of ['one', 'two', 'three']) {
    const [a, b] = socketPair();
    reactor.register(a, Interest.READABLE, handler, { data: name });
    socket.send(b, byte);
  }
  turnUntil(reactor, () => seen.length === 3);
  expect(seen.sort()).toEqual([
    [Ready.READABLE, 'one'],
    [Ready.READABLE, 'three'],
    [Ready.READABLE, 'two'],
  ]);
});

contractTest('poll says how many handlers ran', ({ reactor }) => {
  const pairs = Array.from({ length: 5 }, socketPair);
  for (const [a, b] of pairs) {
    reactor.register(a, Interest.READABLE, () => {});
    socket.send(b, byte);
  }
  expect(reactor.poll(1000)).toBe(5);
});

contractTest('data can be changed by its owner, and is undefined when not given', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register<Any>(a, 0, () => {});
  expect(reg.data).toBe(undefined);
  reg.data = 5;
  expect(reg.data).toBe(5);
  expect(reactor.register(b, 0, () => {}, { data: null }).data).toBe(null);
});

contractTest('two registrations of one fd are EEXIST; after deregister it is free again', ({ reactor }) => {
  const [a, b] = socketPair();
  const first = recorder();
  const reg = reactor.register(a, Interest.READABLE, first.handler);
  expectSystemError(() => reactor.register(a, Interest.WRITABLE, () => {}), 'EEXIST', { fd: a });
  expect(reactor.size).toBe(1);
  socket.send(b, byte);
  turnUntil(reactor, () => first.bits() === Ready.READABLE);
  reg.deregister();
  const second = recorder();
  reactor.register(a, Interest.READABLE, second.handler);
  turnUntil(reactor, () => second.bits() === Ready.READABLE);
});

contractTest('two reactors may watch one fd', ({ reactor, newReactor }) => {
  const other = newReactor();
  const [a, b] = socketPair();
  const [first, second] = [recorder(), recorder()];
  reactor.register(a, Interest.READABLE, first.handler);
  other.register(a, Interest.READABLE, second.handler);
  socket.send(b, byte);
  turnUntil(reactor, () => first.bits() === Ready.READABLE);
  turnUntil(other, () => second.bits() === Ready.READABLE);
});

contractTest(
  'a file cannot be polled: EPERM, or ENOTSOCK on Windows; nothing is registered',
  ({ reactor }) => {
    const code = isWindows ? 'ENOTSOCK' : 'EPERM';
    for (const path of [process.execPath, fileURLToPath(import.meta.url), devNull]) {
      const fd = ownFile(openSync(path, 'r'));
      expectSystemError(() => reactor.register(fd, Interest.READABLE, () => {}), code, { fd });
    }
    expect(reactor.size).toBe(0);
  },
  { notOnKqueue: 'its READ filter has files as well: they are ready until their end' },
);

contractTest('a closed fd is EBADF, or ENOTSOCK on Windows', ({ reactor }) => {
  const [a, b] = socketPair();
  socket.close(b);
  socket.close(a);
  expectSystemError(() => reactor.register(a, Interest.READABLE, () => {}), closedFd, { fd: a });
});

contractTest(
  'pipes and whatever else the kernel can poll are registered like sockets',
  ({ reactor }) => {
    const [readEnd, writeEnd] = pipePair();
    const [reader, writer] = [recorder(), recorder()];
    reactor.register(readEnd, Interest.READABLE, reader.handler);
    const writing = reactor.register(writeEnd, Interest.WRITABLE, writer.handler);
    turnUntil(reactor, () => writer.bits() === Ready.WRITABLE);
    writing.deregister();
    expect(reader.bits()).toBe(0);
    socket.write(writeEnd, byte);
    turnUntil(reactor, () => reader.bits() === Ready.READABLE);
  },
  { needs: 'pipe' },
);

contractTest('modify changes the interest, also to what is ready already', ({ reactor }) => {
  const [a, b] = socketPair();
  const { handler, ready } = recorder();
  const reg = reactor.register(a, Interest.READABLE, handler);
  expect(turnFor(reactor)).toBe(0);
  reg.modify(Interest.WRITABLE);
  turnUntil(reactor, () => ready.length > 0);
  expect(ready.at(-1)).toBe(Ready.WRITABLE);
  socket.send(b, byte);
  reg.modify(Interest.READABLE | Interest.WRITABLE);
  turnUntil(reactor, () => ready.at(-1) === (Ready.READABLE | Ready.WRITABLE));
  reg.modify(0);
  expect(turnFor(reactor)).toBe(0);
});

contractTest('interest 0 is paused: nothing until it is modified, and nothing is lost', ({ reactor }) => {
  const [a, b] = socketPair();
  const { handler, ready } = recorder();
  const reg = reactor.register(a, 0, handler);
  socket.send(b, byte);
  expect(turnFor(reactor)).toBe(0);
  reg.modify(Interest.READABLE);
  turnUntil(reactor, () => ready.includes(Ready.READABLE));
});

contractTest('deregister is idempotent and leaves the fd open', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  reg.deregister();
  reg.deregister();
  socket.send(b, byte);
  expect(socket.recv(a, new Uint8Array(4))).toBe(1);
  expect(turnFor(reactor)).toBe(0);
});

contractTest('close of a registration closes the fd, once, and never a later owner of its number', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  reg.close();
  expect(socket.recv(b, new Uint8Array(1))).toBe(0);
  const [again] = pairWithNumber(a);
  reg.close();
  reg.deregister();
  expect(socket.send(again, byte)).toBe(1);
});

contractTest('close after deregister closes the fd', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  reg.deregister();
  reg.close();
  expect(socket.recv(b, new Uint8Array(1))).toBe(0);
});

contractTest('modify of a registration that is gone is ERR_INVALID_STATE', ({ reactor }) => {
  const [a] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  reg.deregister();
  expectInvalidState(() => reg.modify(Interest.WRITABLE));
  reg.close();
  expectInvalidState(() => reg.modify(Interest.WRITABLE));
});

contractTest('wrong arguments are typed errors, and register nothing', ({ reactor }) => {
  const [a] = socketPair();
  const handler = (): void => {};
  for (const { value } of badFds) expectBadArgument(() => reactor.register(value, Interest.READABLE, handler));
  for (const interest of [-1, 8, 16, 64, 2 ** 31, 1.5, Number.NaN]) {
    expectOutOfRange(() => reactor.register(a, interest, handler));
  }
  for (const interest of ['1', null, undefined, {}, 1n] as Any[]) {
    expectArgumentType(() => reactor.register(a, interest, handler));
  }
  for (const bad of [null, undefined, {}, 'x', 1] as Any[]) {
    expectArgumentType(() => reactor.register(a, Interest.READABLE, bad));
  }
  for (const options of [null, 1, 'level'] as Any[]) {
    expectArgumentType(() => reactor.register(a, Interest.READABLE, handler, options));
  }
  for (const mode of ['', 'LEVEL', 'et', 1, null, {}] as Any[]) {
    expectBadArgument(() => reactor.register(a, Interest.READABLE, handler, { mode }));
  }
  expect(reactor.size).toBe(0);
  const reg = reactor.register(a, Interest.READABLE, handler);
  for (const interest of [-1, 8, 1.5, '1', null, undefined] as Any[]) expectBadArgument(() => reg.modify(interest));
  expect(reg.interest).toBe(Interest.READABLE);
});

contractTest('modes are those of the platform; others are refused, never emulated', ({ reactor }) => {
  const can = capabilities();
  for (const mode of ['level', 'edge', 'oneshot'] as Mode[]) {
    const [a] = socketPair();
    const register = (): Mode => reactor.register(a, Interest.READABLE, () => {}, { mode }).mode;
    const supported = mode === 'level' || can[mode];
    if (supported) expect(register()).toBe(mode);
    else expect(register).toThrow(expect.objectContaining({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' }));
  }
});

contractTest(
  'an fd that other code closed, and its number registered anew: the new file gets its events',
  ({ reactor }) => {
    const [a, b] = socketPair();
    const [old, fresh] = [recorder(), recorder()];
    const stale = reactor.register(a, Interest.READABLE, old.handler);
    socket.close(a);
    const [again, peer] = pairWithNumber(a);
    reactor.register(again, Interest.READABLE, fresh.handler);
    socket.send(peer, byte);
    turnUntil(reactor, () => fresh.bits() === Ready.READABLE);
    expect(old.ready).toEqual([]);
    expect(reactor.size).toBe(1);
    stale.close(); // it must not close the number that is another's by now
    stale.deregister();
    expect(socket.send(again, byte)).toBe(1);
    socket.close(b);
  },
  { notOnLibkqueue: libkqueue.closed },
);

contractTest('registering and deregistering again and again keeps nothing', ({ reactor }) => {
  const [a] = socketPair();
  const cycle = (times: number): void => {
    for (let i = 0; i < times; i++) reactor.register(a, Interest.READABLE, () => {}).deregister();
  };
  cycle(1000);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  cycle(underWine ? 10_000 : 100_000); // there each is many calls to Wine's server
  globalThis.gc?.();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * 2 ** 20);
  expect(reactor.size).toBe(0);
});
