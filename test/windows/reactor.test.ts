// The Reactor on a completion port: what is true of this platform alone, and a user's overlapped operations beside
// readiness.
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import { CompletionEntries, cancelIoEx, Overlapped, portOf, wsaRecv, wsaSend } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { contractTest, recorder } from '../helpers/contract.js';
import { handleCount } from '../helpers/fixtures/open-handles.mjs';
import { socketPair, tcpPair } from '../helpers/pairs.js';
import { eventually, patience } from '../helpers/patience.js';
import { caught, expectInvalidState, expectSystemError, expectUnsupported } from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

contractTest('the mode edge is refused, and registers nothing', ({ reactor }) => {
  const [a] = socketPair();
  expectUnsupported(() => reactor.register(a, Interest.READABLE, () => {}, { mode: 'edge' }));
  expect(reactor.size).toBe(0);
  reactor.register(a, Interest.READABLE, () => {}, { mode: 'oneshot' });
});

contractTest('registered twice is EEXIST with both numbers of the error', ({ reactor }) => {
  const [a] = socketPair();
  reactor.register(a, Interest.READABLE, () => {});
  const error = caught(() => reactor.register(a, Interest.READABLE, () => {}));
  expect(error).toMatchObject({ code: 'EEXIST', fd: a });
  expect(error.winError).toBeGreaterThan(0);
});

contractTest('a number that is not a socket is ENOTSOCK with winError 10038', ({ reactor }) => {
  for (const number of [1, 2, 3, 2 ** 31 - 1]) {
    const register = (): unknown => reactor.register(number, Interest.READABLE, () => {});
    expectSystemError(register, 'ENOTSOCK', { winError: 10038, fd: number });
  }
});

contractTest('overlapped operations and readiness come out of one wait', ({ reactor }) => {
  const [a, b] = socketPair();
  const [c, d] = socketPair();
  const told: string[] = [];
  const port = portOf(reactor, (overlapped, key, bytes, error) => {
    told.push(`${String(overlapped?.data)} ${key} ${bytes} ${error}`);
  });
  port.associate(a, 42);
  reactor.register(c, Interest.READABLE, () => {
    told.push('readable');
    socket.recv(c, new Uint8Array(8));
  });
  const buffer = Buffer.alloc(8);
  expect(wsaRecv(a, buffer, new Overlapped('mine'))).toBe(WOULD_BLOCK);
  socket.send(b, Buffer.from('12345'));
  socket.send(d, new Uint8Array(1));
  turnUntil(reactor, () => told.length === 2);
  expect(told.sort()).toEqual(['mine 42 5 null', 'readable']);
  expect(buffer.toString('latin1', 0, 5)).toBe('12345');
  port.post(7, 8);
  turnUntil(reactor, () => told.length === 3);
  expect(told[2]).toBe('undefined 7 8 null');
  expect(turnFor(reactor)).toBe(0);
});

contractTest('one socket may be registered and have overlapped operations', ({ reactor }) => {
  const [a, b] = socketPair();
  const packets: number[] = [];
  const port = portOf(reactor, (_, __, bytes) => packets.push(bytes));
  port.associate(a, 1);
  const { handler, bits } = recorder();
  reactor.register(a, Interest.WRITABLE, handler);
  wsaRecv(a, Buffer.alloc(4), new Overlapped());
  socket.send(b, Buffer.from('four'));
  turnUntil(reactor, () => packets.length === 1 && bits() === Ready.WRITABLE);
  expect(packets).toEqual([4]);
});

contractTest('run goes on while operations are pending, and ends with the last', ({ reactor }) => {
  const [a, b] = socketPair();
  let received = 0;
  const operation = new Overlapped();
  const port = portOf(reactor, (overlapped, _, bytes) => {
    received += bytes;
    if (received < 30 && overlapped !== null) {
      wsaRecv(a, Buffer.alloc(10), overlapped);
      socket.send(b, Buffer.alloc(10));
    }
  });
  port.associate(a, 1);
  wsaRecv(a, Buffer.alloc(10), operation);
  socket.send(b, Buffer.alloc(10));
  reactor.run();
  expect(received).toBe(30);
});

contractTest('attached: operations keep it going, and their packets come without poll', async ({ reactor }) => {
  const [a, b] = socketPair();
  const told: unknown[] = [];
  const port = portOf(reactor, (_, key, bytes, error) => told.push([key, bytes, error]));
  reactor.attach();
  port.associate(a, 1);
  wsaRecv(a, Buffer.alloc(10), new Overlapped());
  socket.send(b, Buffer.alloc(3));
  await eventually('the packet', () => told.length === 1);
  expect(told).toEqual([[1, 3, null]]);
  reactor.detach();
});

contractTest(
  'a handler of packets that throws: the error comes out, the rest comes with the next turn',
  ({ reactor }) => {
    const keys: number[] = [];
    const port = portOf(reactor, (_, key) => {
      keys.push(key);
      if (key === 2) throw new Error('from the packet');
    });
    for (const key of [1, 2, 3, 4]) port.post(key);
    expect(() => turnUntil(reactor, () => keys.length === 4)).toThrow('from the packet');
    turnUntil(reactor, () => keys.length === 4);
    expect(keys).toEqual([1, 2, 3, 4]);
  },
);

contractTest("the reactor's port cannot be waited for, or asked for twice, and ends with it", ({ reactor }) => {
  const port = portOf(reactor, () => {});
  expectInvalidState(() => port.wait(new CompletionEntries(1), 0));
  expectInvalidState(() => portOf(reactor, () => {}));
  const [a] = socketPair();
  const operation = new Overlapped();
  port.associate(a, 1);
  wsaRecv(a, Buffer.alloc(10), operation);
  reactor.close();
  expect(operation.pending).toBe(false);
  expectInvalidState(() => port.post(1));
  expectInvalidState(() => portOf(reactor, () => {}));
  expectInvalidState(() => wsaSend(a, Buffer.alloc(1), operation));
});

contractTest(
  'a socket that other code closed while it is polled: no event, and its number may be used again',
  ({ reactor }) => {
    for (let round = 0; round < 20; round++) {
      const [a, b] = tcpPair();
      const { handler, ready } = recorder();
      const registration = reactor.register(a, Interest.READABLE, handler);
      reactor.poll(0); // the poll is in the kernel's hands
      socket.close(a);
      socket.close(b);
      turnFor(reactor, 2);
      expect(ready).toEqual([]);
      registration.deregister();
    }
    expect(reactor.size).toBe(0);
  },
);

contractTest('five hundred sockets cost a few handles more than themselves', ({ reactor }) => {
  const fds = Array.from({ length: 250 }, () => socketPair()).flat();
  const before = handleCount();
  for (const fd of fds) reactor.register(fd, Interest.READABLE, () => {});
  reactor.poll(0);
  expect(handleCount() - before).toBeLessThan(50);
});

contractTest('cancelIoEx of a handle does not end the readiness of it', ({ reactor }) => {
  const [a, b] = socketPair();
  const { handler, bits } = recorder();
  reactor.register(a, Interest.READABLE, handler);
  reactor.poll(0);
  cancelIoEx(a);
  socket.send(b, new Uint8Array(1));
  turnUntil(reactor, () => bits() === Ready.READABLE);
});

test('worker.terminate() of a worker in poll(-1) takes at most a slice of 250 ms and a little', async () => {
  const times: number[] = await reportOf(async ({ startWorker, report }) => {
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      const worker = startWorker(({ Reactor, Interest, socket, workerThreads }) => {
        const reactor = new Reactor();
        reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
        workerThreads.parentPort?.postMessage('ready');
        for (;;) reactor.poll(-1);
      });
      await new Promise((resolve) => worker.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, 60));
      const start = performance.now();
      await worker.terminate();
      times.push(performance.now() - start);
    }
    report(times);
    process.exit(0);
  });
  for (const time of times) expect(time).toBeLessThan(250 + patience(200));
});
