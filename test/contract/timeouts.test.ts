// How long poll() waits: never less than asked where nothing happens, fractions included. In a child, whose host loop
// has nothing that could end a wait early.
import { expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { backends } from '../helpers/contract.js';
import { patience } from '../helpers/patience.js';

test.each(backends)('%s: poll waits at least as long as asked, and not much longer', async (backend) => {
  const waits = await reportOf(
    ({ Reactor, Interest, socket, report, args }) => {
      const reactor = new Reactor({ backend: args });
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      const measure = (timeoutMs: number): number[] => {
        const start = process.hrtime.bigint();
        const ran = reactor.poll(timeoutMs);
        return [timeoutMs, ran, Number(process.hrtime.bigint() - start) / 1e6];
      };
      measure(1);
      report([1e-9, 0.0001, 0.05, 0.4, 0.999, 1, 1.5, 20, 50.25, 100].map(measure));
      process.exit(0);
    },
    { args: backend },
  );
  for (const [timeoutMs, ran, tookMs] of waits) {
    expect(ran).toBe(0);
    expect(tookMs, `asked for ${timeoutMs}`).toBeGreaterThanOrEqual(timeoutMs);
    expect(tookMs, `asked for ${timeoutMs}`).toBeLessThan(timeoutMs + patience(1000));
  }
});

test.each(backends)('%s: -1, undefined and Infinity wait until something happens', async (backend) => {
  const fired = await reportOf(
    ({ Reactor, report, args }) => {
      const reactor = new Reactor({ backend: args });
      const fired: string[] = [];
      for (const timeout of [-1, undefined, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53, 1e300]) {
        let done = false;
        const start = performance.now();
        reactor.setTimer(20, () => {
          done = true;
        });
        while (!done) reactor.poll(timeout);
        fired.push(performance.now() - start >= 20 ? 'in time' : 'early');
      }
      report(fired);
      process.exit(0);
    },
    { args: backend },
  );
  expect(fired).toEqual(Array.from({ length: 6 }, () => 'in time'));
});

test.each(backends)('%s: a timer ends a wait, a longer poll does not delay it', async (backend) => {
  const { ran, tookMs } = await reportOf(
    ({ Reactor, report, args }) => {
      const reactor = new Reactor({ backend: args });
      let fired = false;
      const start = performance.now();
      reactor.setTimer(30.5, () => {
        fired = true;
      });
      let ran = 0;
      while (!fired) ran += reactor.poll(3_600_000);
      report({ ran, tookMs: performance.now() - start });
      process.exit(0);
    },
    { args: backend },
  );
  expect(ran).toBe(1);
  expect(tookMs).toBeGreaterThanOrEqual(30.5);
});
