// How long a raw wait takes: never less than asked, fractions of a millisecond included. In a child, whose host loop
// has nothing that could end a wait early.
import { expect, test } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { patience } from '../../helpers/patience.js';

test('a wait is never shorter than asked, and not much longer', async () => {
  const waits = await reportOf(({ kqueue, report }) => {
    const queue = new kqueue.Kqueue();
    const events = new kqueue.KeventList(4);
    const measure = (timeoutMs: number): number[] => {
      const start = process.hrtime.bigint();
      const count = queue.kevent(null, events, timeoutMs);
      return [timeoutMs, count, Number(process.hrtime.bigint() - start) / 1e6];
    };
    measure(1);
    report([0.000001, 0.0001, 0.05, 0.4, 0.999, 1, 1.5, 20, 50.25, 100, 260].map(measure));
  });
  for (const [timeoutMs, count, tookMs] of waits) {
    expect(count).toBe(0);
    expect(tookMs, `asked for ${timeoutMs}`).toBeGreaterThanOrEqual(timeoutMs);
    expect(tookMs, `asked for ${timeoutMs}`).toBeLessThan(timeoutMs + patience(1000));
  }
});

test('a time-out of 0 does not wait, and 1e-9 is not infinite; without a list of events nothing is waited for', async () => {
  const shortestMs = await reportOf(({ kqueue, report }) => {
    const queue = new kqueue.Kqueue();
    const events = new kqueue.KeventList(4);
    const times = Array.from({ length: 1000 }, () => {
      const start = performance.now();
      queue.kevent(null, events, 0);
      return performance.now() - start;
    });
    for (const tiny of [1e-9, Number.MIN_VALUE, 1e-300]) queue.kevent(null, events, tiny);
    for (const timeout of [undefined, -1, Number.POSITIVE_INFINITY, 60_000]) queue.kevent(null, null, timeout);
    report(Math.min(...times));
  });
  // A call that waits takes a millisecond each time. A busy machine delays some calls, not all of them.
  expect(shortestMs).toBeLessThan(1);
});

test('-1, undefined, Infinity and numbers past every clock wait until something comes', async () => {
  const limits = [-1, null, 'Infinity', 2 ** 31, 2 ** 32, 2 ** 53, 1e300];
  const counts = await reportOf(
    ({ kqueue, socket, startWorker, report, args }) => {
      const queue = new kqueue.Kqueue();
      const events = new kqueue.KeventList(4);
      const [a, b] = socket.socketpair();
      events.push(a, kqueue.EVFILT_READ, kqueue.EV_ADD);
      queue.kevent(events, null);
      const writeLater = ({ socket: s, args: fd }: { socket: typeof socket; args: number }): void => {
        const wait = new Int32Array(new SharedArrayBuffer(4));
        for (;;) {
          Atomics.wait(wait, 0, 0, 30);
          if (s.send(fd, new Uint8Array(1)) < 0) break;
        }
      };
      const worker = startWorker(writeLater, b);
      worker.on('online', () => {
        const counts = args.map((limit: unknown) => {
          const timeout = limit === null ? undefined : limit === 'Infinity' ? Number.POSITIVE_INFINITY : limit;
          const count = queue.kevent(null, events, timeout as number);
          while (socket.recv(a, new Uint8Array(64)) > 0);
          return count;
        });
        report(counts);
        process.exit(0);
      });
    },
    { args: limits },
  );
  expect(counts).toEqual(limits.map(() => 1));
});

test('a worker that is terminated in a wait without limit ends at once', async () => {
  const tookMs = await reportOf(async ({ startWorker, report }) => {
    const worker = startWorker(({ kqueue, workerThreads }: typeof import('../../helpers/fixtures/toolbox.mjs')) => {
      const queue = new kqueue.Kqueue();
      const events = new kqueue.KeventList(1);
      workerThreads.parentPort?.postMessage('ready');
      for (;;) queue.kevent(null, events, -1);
    });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, 60));
    const start = performance.now();
    await worker.terminate();
    report(performance.now() - start);
  });
  expect(tookMs).toBeLessThan(patience(1000));
});
