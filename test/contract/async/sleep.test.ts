// sleep(): a timer as a promise, with nothing of its own: never early, in the order of setTimer(), cancelled by an
// abort, rejected by the end of the reactor.
import { sleep } from 'fdreactor/async';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { caught, expectArgumentType, expectInvalidState, expectOutOfRange } from '../../helpers/throws.js';
import { rounds } from './sources.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

const attached = { needs: 'attach' } as const;

contractTest(
  'it is never early, and gives its value',
  async ({ reactor }) => {
    reactor.attach();
    for (const delayMs of [0, 0.1, 1.5, 7.25]) {
      const beganMs = performance.now();
      expect(await sleep(reactor, delayMs, { value: delayMs })).toBe(delayMs);
      expect(performance.now() - beganMs).toBeGreaterThanOrEqual(delayMs);
    }
    expect(await sleep(reactor, 0)).toBe(undefined);
    expect(reactor.metrics().timers).toBe(0);
  },
  attached,
);

contractTest(
  'sleeps end in the order of their deadlines, equal ones as they were set',
  async ({ reactor }) => {
    const order: string[] = [];
    const sleeps = ['30 a', '10 a', '20 a', '10 b', '30 b'].map(async (name) => {
      await sleep(reactor, Number.parseInt(name, 10));
      order.push(name);
    });
    reactor.attach();
    await Promise.all(sleeps);
    expect(order.map((name) => Number.parseInt(name, 10))).toEqual([10, 10, 20, 30, 30]);
  },
  { ...attached, notUnderQemu: 'to set one takes longer than they are apart' },
);

contractTest(
  'thousands sleep under one signal, without a warning, and one abort ends them',
  async ({ reactor }) => {
    const warnings: unknown[] = [];
    const warned = (warning: unknown): unknown => warnings.push(warning);
    process.on('warning', warned);
    reactor.attach();
    const aborting = new AbortController();
    const { signal } = aborting;
    const reason = new Error('enough');
    const quick = sleep(reactor, 0, { signal, value: 'slept' });
    const sleeps = Array.from({ length: 2000 }, () => sleep(reactor, 60_000, { signal }));
    expect(await quick).toBe('slept');
    aborting.abort(reason);
    for (const result of await Promise.allSettled(sleeps)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ABORT_ERR', cause: reason } });
    }
    expect(reactor.metrics().timers).toBe(0);
    expect(caught(() => sleep(reactor, 0, { signal }))).toMatchObject({ name: 'AbortError', cause: reason });
    await rounds();
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  },
  attached,
);

contractTest('the end of the reactor rejects it, and a later one is refused', async ({ reactor }) => {
  const sleeps = [sleep(reactor, 0), sleep(reactor, 60_000)].map((promise) => promise.catch((error) => error.message));
  reactor.close();
  expect(await Promise.all(sleeps)).toEqual(['the reactor is closed', 'the reactor is closed']);
  expectInvalidState(() => sleep(reactor, 0));
});

contractTest('inside run() it throws and says so; under poll() it does not', async ({ reactor }) => {
  let thrown: Any;
  let asleep: Promise<string> | undefined;
  reactor.setTimer(0, () => {
    thrown = caught(() => sleep(reactor, 0));
    reactor.stop();
  });
  reactor.run();
  expect(thrown.code).toBe('ERR_INVALID_STATE');
  expect(thrown.message).toMatch(/inside run\(\).*attach\(\)/);
  expect(reactor.metrics().timers).toBe(0);
  reactor.setTimer(0, () => {
    asleep = sleep(reactor, 0, { value: 'slept' });
  });
  while (asleep === undefined || reactor.metrics().timers > 0) reactor.poll(10);
  expect(await asleep).toBe('slept');
});

contractTest(
  'an attached process stays alive for it',
  async ({ reactor }) => {
    reactor.attach();
    const asleep = sleep(reactor, 1);
    expect(reactor.metrics().timers).toBe(1);
    await asleep;
  },
  attached,
);

contractTest('wrong arguments are refused by name, as those of setTimer()', ({ reactor }) => {
  const wrong =
    (...args: Any[]) =>
    (): unknown =>
      (sleep as Any)(...args);
  for (const value of [undefined, null, {}, 1]) {
    expectArgumentType(wrong(value, 0));
    expect(caught(wrong(value, 0)).message).toMatch(/^reactor must be/);
  }
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expectOutOfRange(wrong(reactor, value));
  for (const value of [undefined, '1', 1n]) {
    expectArgumentType(wrong(reactor, value));
    expect(caught(wrong(reactor, value)).message).toMatch(/^delayMs must be/);
  }
  for (const value of [null, 1, 'x']) expectArgumentType(wrong(reactor, 0, value));
  for (const value of [null, 1, {}, new EventTarget()]) {
    expectArgumentType(wrong(reactor, 0, { signal: value }));
    expect(caught(wrong(reactor, 0, { signal: value })).message).toMatch(/^options\.signal must be/);
  }
  expect(reactor.metrics().timers).toBe(0);
});
