// Wakers: the one thing that crosses threads. One wake-up however many calls, and none is lost.
import type { Worker } from 'node:worker_threads';
import { Interest, type Reactor, Waker } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { startWorker } from '../helpers/fixtures/toolbox.mjs';
import { socketPair } from '../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectInvalidState } from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

contractTest('a wake before the wait is not lost, and many are one', ({ reactor }) => {
  let woken = 0;
  const waker = reactor.createWaker(() => woken++);
  for (let i = 0; i < 1000; i++) expect(waker.wake()).toBe(true);
  turnUntil(reactor, () => woken > 0);
  expect(turnFor(reactor)).toBe(0);
  expect(woken).toBe(1);
});

contractTest("a wake in the waker's own handler is the next turn's", ({ reactor }) => {
  let woken = 0;
  const waker = reactor.createWaker(() => {
    if (++woken < 5) waker.wake();
  });
  waker.wake();
  for (let i = 1; i <= 5; i++) {
    turnUntil(reactor, () => woken === i);
  }
  expect(turnFor(reactor)).toBe(0);
});

contractTest('each waker has its own handler, and wakers are no registrations', ({ reactor }) => {
  const seen: string[] = [];
  const one = reactor.createWaker(() => seen.push('one'));
  const two = reactor.createWaker(() => seen.push('two'));
  expect(reactor.size).toBe(0);
  two.wake();
  turnUntil(reactor, () => seen.length === 1);
  one.wake();
  turnUntil(reactor, () => seen.length === 2);
  expect(seen).toEqual(['two', 'one']);
});

contractTest('a wake between two turns of other events comes with them', ({ reactor }) => {
  const [a, b] = socketPair();
  const seen = new Set<string>();
  const waker = reactor.createWaker(() => seen.add('waker'));
  reactor.register(a, Interest.READABLE, () => seen.add('socket'));
  socket.send(b, new Uint8Array(1));
  waker.wake();
  turnUntil(reactor, () => seen.size === 2);
});

contractTest('a worker thread wakes the reactor', async ({ reactor }) => {
  let woken = 0;
  const waker = reactor.createWaker(() => woken++);
  const worker = startWorker(({ Waker: W, args }: Any) => {
    const mine = W.from(args);
    if (mine.wake() !== true) throw new Error('wake() must be true while the reactor lives');
    mine.close();
  }, waker.transfer());
  const exited = exitOf(worker);
  turnUntil(reactor, () => woken === 1);
  expect(await exited).toBe(0);
  expect(turnFor(reactor, 5)).toBe(0);
});

contractTest(
  'a storm from four threads: all is heard, in few turns, and the last wake is not lost',
  async ({ reactor }) => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    let seen = 0;
    let turns = 0;
    const waker = reactor.createWaker(() => {
      turns++;
      seen = Atomics.load(counter, 0);
    });
    const workers = Array.from({ length: 4 }, () =>
      startWorker(
        ({ Waker: W, args }: Any) => {
          const mine = W.from(args.waker);
          for (let i = 0; i < 50_000; i++) {
            Atomics.add(args.counter, 0, 1);
            mine.wake();
          }
        },
        { waker: waker.transfer(), counter },
      ),
    );
    const exits = workers.map(exitOf);
    turnUntil(reactor, () => seen === 200_000, 60_000);
    expect(turns).toBeLessThanOrEqual(200_000);
    expect(await Promise.all(exits)).toEqual([0, 0, 0, 0]);
    turnFor(reactor, 5);
    expect(seen).toBe(200_000);
  },
  { timeoutMs: 90_000 },
);

contractTest(
  'close: no handler any more; wake() then throws ERR_INVALID_STATE, and returns false on a copy',
  async ({ reactor }) => {
    let woken = 0;
    const waker = reactor.createWaker(() => woken++);
    const copy = Waker.from(waker.transfer());
    waker.wake();
    waker.close();
    waker.close();
    expect(turnFor(reactor)).toBe(0);
    expect(woken).toBe(0);
    expectInvalidState(() => waker.wake());
    expectInvalidState(() => waker.transfer());
    expect(copy.wake()).toBe(false);
    copy.close();
    expectInvalidState(() => copy.wake());
  },
);

contractTest(
  'a copy outlives its reactor, and does not touch files that got its fd numbers since',
  ({ reactor, newReactor }) => {
    const copy = Waker.from(reactor.createWaker(() => {}).transfer());
    reactor.close();
    const later: Reactor = newReactor();
    let woken = 0;
    later.createWaker(() => woken++);
    expect(copy.wake()).toBe(false);
    expect(turnFor(later)).toBe(0);
    expect(woken).toBe(0);
  },
);

contractTest(
  'wakers close under fire: workers that wake while the reactor closes get true or false, never a crash',
  async ({ newReactor }) => {
    for (let round = 0; round < 5; round++) {
      const reactor = newReactor();
      let woken = 0;
      const waker = reactor.createWaker(() => woken++);
      const worker = startWorker(({ Waker: W, args }: Any) => {
        const mine = W.from(args);
        while (mine.wake());
      }, waker.transfer());
      const exit = exitOf(worker);
      turnUntil(reactor, () => woken > 3);
      if (round % 2 === 0) waker.close();
      else reactor.close();
      expect(await exit).toBe(0);
    }
  },
);

contractTest('Waker.from refuses everything that transfer() did not give', () => {
  for (const value of [
    null,
    undefined,
    1,
    'x',
    {},
    [],
    { fdreactorWaker: 'x' },
    { fdreactorWaker: -1 },
    Symbol('x'),
  ] as Any[]) {
    expectBadArgument(() => Waker.from(value));
  }
});

contractTest('createWaker refuses a handler that is not a function', ({ reactor }) => {
  for (const handler of [null, undefined, {}, 'x'] as Any[]) expectArgumentType(() => reactor.createWaker(handler));
});

contractTest('a handler that throws: the error comes out of poll, the waker lives on', ({ reactor }) => {
  let woken = 0;
  const waker = reactor.createWaker(() => {
    woken++;
    throw new Error('from the waker');
  });
  for (const expected of [1, 2]) {
    waker.wake();
    expect(() => turnUntil(reactor, () => woken > expected)).toThrow('from the waker');
    expect(woken).toBe(expected);
  }
});

contractTest('run goes on while there is a waker, and ends with the last one', ({ reactor }) => {
  let woken = 0;
  const waker = reactor.createWaker(() => {
    if (++woken === 3) waker.close();
    else waker.wake();
  });
  waker.wake();
  reactor.run();
  expect(woken).toBe(3);
});

contractTest('making and closing thousands leaves nothing', ({ reactor }) => {
  for (let i = 0; i < 3000; i++) {
    const waker = reactor.createWaker(() => {});
    if (i % 2 === 0) waker.wake();
    waker.close();
  }
  expect(reactor.poll(0)).toBe(0);
});

function exitOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
}
