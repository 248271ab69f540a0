// Timers: never early, in order, again and again, cancelled from everywhere, and many of them.
import { Interest, type Timer } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { socketPair } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
} from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

contractTest('a timer fires once, never early', ({ reactor }) => {
  for (const delayMs of [0, 0.1, 0.4, 1, 1.5, 7.25, 20]) {
    const start = performance.now();
    let after = -1;
    reactor.setTimer(delayMs, () => {
      after = performance.now() - start;
    });
    turnUntil(reactor, () => after >= 0);
    expect(after).toBeGreaterThanOrEqual(delayMs);
  }
  expect(turnFor(reactor)).toBe(0);
});

contractTest('timers count as handlers that ran', ({ reactor }) => {
  let fired = 0;
  reactor.setTimer(0, () => fired++);
  expect(turnUntil(reactor, () => fired === 1)).toBe(1);
});

contractTest(
  'timers fire in the order of their deadlines, equal ones as they were set',
  ({ reactor }) => {
    let isQuiet = false;
    for (let unitMs = 5; !isQuiet; unitMs *= 2) {
      const order: number[] = [];
      const began = performance.now();
      for (const units of [6, 2, 4, 1, 5]) reactor.setTimer(units * unitMs, () => order.push(units));
      isQuiet = performance.now() - began < unitMs; // else others have stopped this process, and the order is another
      turnUntil(reactor, () => order.length === 5);
      if (isQuiet) expect(order).toEqual([1, 2, 4, 5, 6]);
    }
  },
  { notUnderQemu: 'to set one takes longer than they are apart' },
);

contractTest('thousands in random order fire in order and none is lost', ({ reactor }) => {
  const fired: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const delayMs = ((i * 7919) % 5000) / 100;
    reactor.setTimer(delayMs, () => fired.push(performance.now()));
  }
  turnUntil(reactor, () => fired.length === 5000);
  expect(fired).toEqual([...fired].sort((x, y) => x - y));
  expect(reactor.metrics().timers).toBe(0);
});

contractTest('repeatMs: again and again, never sooner than asked, until cancelled', ({ reactor }) => {
  const start = performance.now();
  const times: number[] = [];
  const timer = reactor.setTimer(5, () => times.push(performance.now() - start), { repeatMs: 3 });
  turnUntil(reactor, () => times.length === 6);
  timer.cancel();
  // From the turn's clock to the turn's clock: a handler that runs late in its turn may be followed sooner by the next.
  for (const [i, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(5 + 3 * i);
  expect(turnFor(reactor)).toBe(0);
});

contractTest('a repeating timer cancelled in its own handler does not fire again', ({ reactor }) => {
  let fired = 0;
  const timer: Timer = reactor.setTimer(
    0,
    () => {
      if (++fired === 3) timer.cancel();
    },
    { repeatMs: 0 },
  );
  turnUntil(reactor, () => fired === 3);
  expect(turnFor(reactor)).toBe(0);
  expect(reactor.metrics().timers).toBe(0);
});

contractTest('cancelled before it fires: it does not, and cancel is idempotent', ({ reactor }) => {
  let fired = 0;
  const timer = reactor.setTimer(1, () => fired++);
  timer.cancel();
  timer.cancel();
  turnFor(reactor);
  expect(fired).toBe(0);
  expect(reactor.metrics().timers).toBe(0);
});

contractTest('one timer cancels another that is due in the same turn', ({ reactor }) => {
  const fired: string[] = [];
  const timers: Timer[] = [];
  for (const name of ['a', 'b', 'c']) {
    timers.push(
      reactor.setTimer(0, () => {
        fired.push(name);
        for (const timer of timers) timer.cancel();
      }),
    );
  }
  turnFor(reactor);
  expect(fired).toEqual(['a']);
});

contractTest('cancel after it has fired does nothing, also to a later timer', ({ reactor }) => {
  let fired = 0;
  const first = reactor.setTimer(0, () => fired++);
  turnUntil(reactor, () => fired === 1);
  reactor.setTimer(1, () => fired++);
  first.cancel();
  turnUntil(reactor, () => fired === 2);
});

contractTest("a timer set in a timer's handler fires in a later turn: no endless turn", ({ reactor }) => {
  let fired = 0;
  const again = (): void => {
    if (++fired < 10) reactor.setTimer(0, again);
  };
  reactor.setTimer(0, again);
  for (let turn = 1; fired < 10; turn++) {
    const before = fired;
    reactor.poll(1000);
    expect(fired - before).toBeLessThanOrEqual(1);
    if (turn > 1000) throw new Error('never done');
  }
});

contractTest(
  'a timer that throws: the error comes out, the other due timers fire next turn, a repeating one goes on',
  ({ reactor }) => {
    const fired: string[] = [];
    reactor.setTimer(0, () => {
      fired.push('first');
      throw new Error('from the timer');
    });
    reactor.setTimer(0, () => fired.push('second'));
    const repeating = reactor.setTimer(
      1,
      () => {
        fired.push('repeating');
        throw new Error('again');
      },
      { repeatMs: 1 },
    );
    const end = performance.now() + patience(5000);
    const messages: string[] = [];
    while (fired.filter((name) => name === 'repeating').length < 3 && performance.now() < end) {
      try {
        reactor.poll(100);
      } catch (error) {
        messages.push((error as Error).message);
      }
    }
    repeating.cancel();
    expect(fired.filter((name) => name !== 'repeating')).toEqual(['first', 'second']);
    expect(messages).toEqual(['from the timer', 'again', 'again', 'again']);
  },
);

contractTest('wrong delays, repeats and handlers are refused', ({ reactor }) => {
  const handler = (): void => {};
  for (const delay of [-1, -0.5, Number.NaN, -Infinity]) {
    expectOutOfRange(() => reactor.setTimer(delay, handler));
    expectOutOfRange(() => reactor.setTimer(1, handler, { repeatMs: delay }));
  }
  for (const delay of ['1', null, undefined, {}, 1n, Symbol('x')] as Any[]) {
    expectArgumentType(() => reactor.setTimer(delay, handler));
  }
  for (const bad of ['1', null, {}, 1n] as Any[])
    expectBadArgument(() => reactor.setTimer(1, handler, { repeatMs: bad }));
  for (const bad of [null, undefined, {}, 'x'] as Any[]) expectArgumentType(() => reactor.setTimer(1, bad));
  for (const options of [null, 1, 'x'] as Any[]) expectArgumentType(() => reactor.setTimer(1, handler, options));
  expect(reactor.metrics().timers).toBe(0);
});

contractTest('far away deadlines neither overflow nor fire', ({ reactor }) => {
  let fired = 0;
  const timers = [2 ** 31, 2 ** 32, 2 ** 53, 1e300].map((delay) => reactor.setTimer(delay, () => fired++));
  expect(turnFor(reactor, 5)).toBe(0);
  for (const timer of timers) timer.cancel();
  expect(fired).toBe(0);
});

contractTest('a timer of a closed reactor: set is ERR_INVALID_STATE, cancel is fine', ({ reactor }) => {
  const timer = reactor.setTimer(0, () => {
    throw new Error('must not fire');
  });
  reactor.close();
  expectInvalidState(() => reactor.setTimer(0, () => {}));
  timer.cancel();
});

contractTest(
  'a million timers: set and cancelled quickly, and cancelled ones do not pile up',
  ({ reactor }) => {
    const start = performance.now();
    const timers = Array.from({ length: 1_000_000 }, (_, i) =>
      reactor.setTimer(100_000 + ((i * 7919) % 100_000), () => {}),
    );
    expect(reactor.metrics().timers).toBe(1_000_000);
    for (const timer of timers) timer.cancel();
    expect(reactor.metrics().timers).toBe(0);
    expect(performance.now() - start).toBeLessThan(patience(5000));
    timers.length = 0;
    const idle = (): void => {};
    const cycle = (times: number): void => {
      for (let i = 0; i < times; i++) reactor.setTimer(60_000, idle).cancel();
    };
    cycle(10_000);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    cycle(300_000);
    globalThis.gc?.();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 2 ** 20);
  },
  { timeoutMs: 60_000, notUnderQemu: 'it takes half a minute' },
);

contractTest('a hundred thousand timers that are due fire within one turn, in order', ({ reactor }) => {
  const order: number[] = [];
  for (let i = 0; i < 100_000; i++) reactor.setTimer(0, () => order.push(i));
  turnUntil(reactor, () => order.length === 100_000);
  expect(order.every((value, i) => value === i)).toBe(true);
});

contractTest('timers are closed with `using`, and say whether they are active', ({ reactor }) => {
  const timer = reactor.setTimer(1, () => {
    throw new Error('must not fire');
  });
  timer[Symbol.dispose]();
  expect(turnFor(reactor)).toBe(0);
  expect(caught(() => (timer as Any).constructor())).toBeInstanceOf(TypeError);
});

contractTest('a timer of 0 ms that is set in an event handler, or in a timer, fires in a later turn', ({ reactor }) => {
  const [a, b] = socketPair();
  socket.send(b, new Uint8Array(1));
  const fired: string[] = [];
  reactor.register(a, Interest.READABLE, (_, registration) => {
    registration.deregister();
    reactor.setTimer(0, () => {
      fired.push('of the handler');
      reactor.setTimer(0, () => fired.push('of the timer'));
    });
  });
  expect(reactor.poll(1000)).toBe(1);
  expect(fired).toEqual([]);
  expect(reactor.poll(1000)).toBe(1);
  expect(fired).toEqual(['of the handler']);
  expect(reactor.poll(1000)).toBe(1);
  expect(fired).toEqual(['of the handler', 'of the timer']);
});

contractTest('repeatMs lies between the end of one call and the next, however long a call takes', ({ reactor }) => {
  const gaps: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const timer = reactor.setTimer(
    0,
    () => {
      gaps.push(performance.now() - end);
      const busyUntil = performance.now() + [0, 0.5, 1.5][gaps.length % 3]!;
      while (performance.now() < busyUntil);
      if (gaps.length === 60) timer.cancel();
      end = performance.now();
    },
    { repeatMs: 1 },
  );
  reactor.run();
  expect(gaps).toHaveLength(60);
  // The clock of performance.now() is read after the reactor's, and in steps of its own.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.99);
});
