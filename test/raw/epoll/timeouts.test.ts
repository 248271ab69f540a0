// How long a raw wait takes: never less than asked, fractions of a millisecond included. In a child, whose host loop
// has nothing that could end a wait early.
import { expect, test } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { patience } from '../../helpers/patience.js';

test('a wait is never shorter than asked, and not much longer', async () => {
  const waits = await reportOf(({ Epoll, EpollEvents, report }) => {
    const ep = new Epoll();
    const events = new EpollEvents(4);
    const measure = (timeoutMs: number): number[] => {
      const start = process.hrtime.bigint();
      const count = ep.wait(events, timeoutMs);
      return [timeoutMs, count, Number(process.hrtime.bigint() - start) / 1e6];
    };
    measure(1);
    report([0.000001, 0.0001, 0.05, 0.4, 0.999, 1, 1.5, 20, 50.25, 100].map(measure));
  });
  for (const [timeoutMs, count, tookMs] of waits) {
    expect(count).toBe(0);
    expect(tookMs, `asked for ${timeoutMs}`).toBeGreaterThanOrEqual(timeoutMs);
    expect(tookMs, `asked for ${timeoutMs}`).toBeLessThan(timeoutMs + patience(1000));
  }
});

test('a time-out of 0 does not wait, and 1e-9 is not infinite', async () => {
  const shortestMs = await reportOf(({ Epoll, EpollEvents, report }) => {
    const ep = new Epoll();
    const events = new EpollEvents(4);
    const times = Array.from({ length: 1000 }, () => {
      const start = performance.now();
      ep.wait(events, 0);
      return performance.now() - start;
    });
    for (const tiny of [1e-9, Number.MIN_VALUE, 1e-300]) ep.wait(events, tiny);
    report(Math.min(...times));
  });
  // A call that waits takes a millisecond each time. A busy machine delays some calls, not all of them.
  expect(shortestMs).toBeLessThan(1);
});

test('-1, undefined, Infinity and numbers past every clock wait until something comes', async () => {
  const limits = [-1, null, 'Infinity', 2 ** 31, 2 ** 32, 2 ** 53, 1e300];
  const counts = await reportOf(
    ({ Epoll, EpollEvents, epoll, socket, startWorker, report, args }) => {
      const ep = new Epoll();
      const events = new EpollEvents(4);
      const [a, b] = socket.socketpair();
      ep.add(a, epoll.EPOLLIN);
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
          let count = 0;
          while (count === 0) count = ep.wait(events, timeout as number);
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
