// The counters of a reactor.
import { getHeapSpaceStatistics } from 'node:v8';
import { Interest } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { socketPair } from '../helpers/pairs.js';
import { underWine } from '../helpers/platform.js';
import { expectInvalidState } from '../helpers/throws.js';
import { turnUntil } from '../helpers/wait.js';

const byte = new Uint8Array(1);
/** In one turn. */
const READY = 500;

contractTest('all are plain numbers, 0 at first', ({ reactor }) => {
  const metrics = reactor.metrics();
  for (const name of [
    'turns',
    'events',
    'timersFired',
    'staleEvents',
    'waitTimeMs',
    'dispatchTimeMs',
    'registered',
    'timers',
  ]) {
    expect(metrics, name).toHaveProperty(name, 0);
  }
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
});

contractTest('turns, events, timers and registrations are counted', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => socket.recv(a, new Uint8Array(8)));
  const timer = reactor.setTimer(1e6, () => {});
  expect(reactor.metrics()).toMatchObject({ registered: 1, timers: 1 });
  socket.send(b, byte);
  reactor.poll(1000);
  reactor.poll(0);
  expect(reactor.metrics()).toMatchObject({ turns: 2, events: 1 });
  timer.cancel();
  reg.deregister();
  let fired = 0;
  reactor.setTimer(0, () => fired++);
  turnUntil(reactor, () => fired === 1);
  expect(reactor.metrics()).toMatchObject({ timersFired: 1, registered: 0, timers: 0 });
});

contractTest('waiting and dispatching take time', ({ reactor }) => {
  reactor.setTimer(20, () => {
    const end = performance.now() + 10;
    while (performance.now() < end);
  });
  turnUntil(reactor, () => reactor.metrics().timersFired === 1);
  const [a, b] = socketPair();
  reactor.register(a, Interest.READABLE, () => {
    const end = performance.now() + 10;
    while (performance.now() < end);
  });
  socket.send(b, byte);
  reactor.poll(1000);
  const { waitTimeMs, dispatchTimeMs } = reactor.metrics();
  expect(waitTimeMs).toBeGreaterThan(5);
  expect(dispatchTimeMs).toBeGreaterThanOrEqual(9);
});

contractTest(
  'events of registrations that a handler of the same batch ended are dropped, and not counted as stale',
  ({ reactor }) => {
    const regs = Array.from({ length: 4 }, () => {
      const [a, b] = socketPair();
      socket.send(b, byte);
      return reactor.register(a, Interest.READABLE, () => {
        for (const reg of regs) reg.deregister();
      });
    });
    expect(reactor.poll(1000)).toBe(1);
    expect(reactor.metrics()).toMatchObject({ events: 1, staleEvents: 0 });
  },
);

contractTest('an event is counted also where its handler throws', ({ reactor }) => {
  const [a, b] = socketPair();
  reactor.register(a, Interest.READABLE, () => {
    throw new Error('counted');
  });
  socket.send(b, byte);
  expect(() => reactor.poll(1000)).toThrow('counted');
  expect(reactor.metrics().events).toBe(1);
});

contractTest('after close it is ERR_INVALID_STATE', ({ reactor }) => {
  reactor.close();
  expectInvalidState(() => reactor.metrics());
});

/** Wine needs up to a tenth of a millisecond for each event. */
const TURNS = underWine ? 50 : 200;

/** Where what a program allocates begins. The other spaces also grow by what V8 compiles, whenever it likes. */
function newSpaceBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_used_size ??
    process.memoryUsage().heapUsed
  );
}

contractTest(
  'a turn with many ready fds allocates nothing on the heap',
  ({ reactor }) => {
    const handler = (): void => {};
    for (let i = 0; i < READY / 2; i++) for (const fd of socketPair()) reactor.register(fd, Interest.WRITABLE, handler);
    globalThis.gc?.();
    const before = newSpaceBytes();
    for (let i = 0; i < TURNS; i++) expectAll(reactor.poll(0));
    expect((newSpaceBytes() - before) / TURNS / READY).toBeLessThan(2);
  },
  { timeoutMs: 60_000 },
);

function expectAll(ran: number): void {
  if (ran !== READY) throw new Error(`${ran} handlers ran`);
}
