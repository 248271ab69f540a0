// What a step is: ticks that are counted, signals of which none is lost, wake-ups that are one.
import { Worker } from 'node:worker_threads';
import { interval, signals, wakes } from 'fdreactor/async';
import { expect } from 'vitest';
import { inChild } from '../../helpers/child.js';
import { contractTest } from '../../helpers/contract.js';
import { raise } from '../../helpers/fixtures/raise.mjs';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { testWith } from '../../helpers/needs.js';
import { anotherSignal, aSignal } from '../../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
} from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

const heard = { needs: ['signals', 'attach'], notOnLibkqueue: libkqueue.signals } as const;

contractTest(
  'ticks are never early, and each is one step where the loop keeps up',
  async ({ reactor }) => {
    reactor.attach();
    const beganMs = performance.now();
    let ticks = 0;
    for await (const count of interval(reactor, 5)) {
      ticks += count;
      expect(performance.now() - beganMs).toBeGreaterThanOrEqual(ticks * 5);
      if (ticks >= 5) break;
    }
    expect(reactor.metrics().timers).toBe(0);
  },
  { needs: 'attach' },
);

contractTest(
  'ticks that come while the body of the loop runs are one step, which says how many',
  async ({ reactor }) => {
    const ticks = interval(reactor, 1);
    turnUntil(reactor, () => reactor.metrics().timersFired === 3);
    expect(await ticks.next()).toEqual({ done: false, value: 3 });
    const waits = ticks.next();
    turnUntil(reactor, () => reactor.metrics().timersFired === 5);
    expect(await waits).toEqual({ done: false, value: 1 });
    expect(await ticks.next()).toEqual({ done: false, value: 1 });
    ticks.close();
    expect(reactor.metrics().timers).toBe(0);
  },
);

contractTest('a period of 0 ticks each turn', async ({ reactor }) => {
  const ticks = interval(reactor, 0);
  for (let i = 0; i < 10; i++) reactor.poll();
  const { turns, timersFired } = reactor.metrics();
  expect([turns, timersFired]).toEqual([10, 10]);
  expect(await ticks.next()).toMatchObject({ value: 10 });
  ticks.close();
});

contractTest('a wrong period is refused by name', ({ reactor }) => {
  const wrong = (periodMs: Any) => (): unknown => interval(reactor, periodMs);
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expectOutOfRange(wrong(value));
  for (const value of [undefined, '1', 1n]) expectArgumentType(wrong(value));
  expect(caught(wrong(-1)).message).toMatch(/^periodMs must be/);
  expectArgumentType(() => interval({} as Any, 1));
  expectArgumentType(() => interval(reactor, 1, null as Any));
});

contractTest(
  'signals that come while the body of the loop runs are counted, none is lost, and the names take turns',
  async ({ reactor }) => {
    const names = signals(reactor, aSignal, anotherSignal, aSignal);
    const raiseAlone = (name: NodeJS.Signals): void => {
      const { events } = reactor.metrics();
      raise(name);
      turnUntil(reactor, () => reactor.metrics().events === events + 1);
    };
    for (let i = 0; i < 4; i++) raiseAlone(aSignal);
    raiseAlone(anotherSignal);
    const steps: unknown[] = [];
    for await (const name of names) {
      steps.push(name);
      if (steps.length === 5) break;
    }
    expect(steps).toEqual([aSignal, anotherSignal, aSignal, aSignal, aSignal]);
  },
  heard,
);

testWith(
  { needs: ['signals', 'kill'] },
  'after the loop a signal does again what it did before: it ends the process',
  async () => {
    const outcome = await inChild(
      async ({ async, Reactor, report, raise, args: signal }) => {
        const reactor = new Reactor();
        reactor.attach();
        reactor.ref();
        const names = async.signals(reactor, signal);
        raise(signal);
        for await (const name of names) {
          report(name);
          break;
        }
        raise(signal);
        setTimeout(() => report('still here'), 10_000);
      },
      { args: aSignal },
    );
    expect([outcome.reports, outcome.signal]).toEqual([[aSignal], aSignal]);
  },
);

contractTest(
  'wrong signals are refused, and nothing is watched',
  ({ reactor }) => {
    const wrong =
      (...names: Any[]) =>
      (): unknown =>
        signals(reactor, ...names);
    expectBadArgument(wrong());
    expectBadArgument(wrong({}));
    expect(caught(wrong({})).message).toMatch(/^names must be one signal at least/);
    for (const value of ['SIGNAL', 'SIGKILL', 'SIGSEGV', 'toString', '']) expectBadArgument(wrong(aSignal, value));
    for (const value of [1, null, Symbol('s')]) expectBadArgument(wrong(value, aSignal));
    expectBadArgument(wrong(aSignal, null));
    expectArgumentType(wrong(aSignal, { signal: 1 }));
  },
  heard,
);

contractTest('wake-ups before a step are one; one that comes while the body runs is the next', async ({ reactor }) => {
  const told = wakes(reactor);
  expect(told.wake()).toBe(true);
  expect(told.wake()).toBe(true);
  reactor.poll(0);
  told.wake();
  reactor.poll(0);
  expect(await told.next()).toEqual({ done: false, value: undefined });
  const waits = told.next();
  told.wake();
  reactor.poll(0);
  expect(await waits).toEqual({ done: false, value: undefined });
  told.close();
  expectInvalidState(() => told.wake());
  expectInvalidState(() => told.transfer());
});

contractTest(
  'a worker wakes the loop, again and again',
  async ({ reactor }) => {
    reactor.attach();
    await using told = wakes(reactor);
    const source = `
      const { workerData, parentPort } = require('node:worker_threads');
      import('fdreactor').then(({ Waker }) => {
        const waker = Waker.from(workerData);
        parentPort.on('message', () => waker.wake());
        parentPort.postMessage('ready');
      });`;
    const worker = new Worker(source, { eval: true, workerData: told.transfer() });
    try {
      await new Promise((resolve) => worker.once('message', resolve));
      worker.postMessage('wake');
      let steps = 0;
      for await (const _ of told) {
        if (++steps === 10) break;
        worker.postMessage('wake');
      }
      expect(steps).toBe(10);
    } finally {
      await worker.terminate();
    }
  },
  { needs: 'attach' },
);
