// onSignal() beside process.on(), process.once(), spawn() and each other, in every order: each listener hears each
// signal, and the kernel does afterwards with the signal what it did before. A child process goes through all orders of
// its signal (../helpers/fixtures/signal-orders.mjs).
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inChild, runCommand } from '../helpers/child.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { describeWith, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

const program = fileURLToPath(new URL('../helpers/fixtures/signal-orders.mjs', import.meta.url));

const conditions = {
  needs: ['signals', 'kill', 'proc'],
  notOnLibkqueue: libkqueue.signals,
  notInBun: 'its handlers replace one another: watch a signal in one place only',
  notInDeno: 'its handlers replace one another: watch a signal in one place only',
} as const;

/** Every order of the steps of several sequences, each of which stays in its own order. */
function interleavings(sequences: readonly (readonly string[])[]): string[][] {
  const left = sequences.filter((sequence) => sequence.length > 0);
  if (left.length === 0) return [[]];
  return left.flatMap((sequence) =>
    interleavings(left.map((other) => (other === sequence ? other.slice(1) : other))).map((rest) => [
      sequence[0] as string,
      ...rest,
    ]),
  );
}

const first = ['watch0', 'unwatch0'];
const second = ['watch1', 'unwatch1'];
const startsWithFirst = (order: string[]): boolean => order.indexOf('watch0') < order.indexOf('watch1');

/** The first ones meet the handler that Node has from its start, which is gone after the first process.off(). */
const orders = [
  first,
  ['watch0', 'on', 'off', 'unwatch0'],
  ['watch0', 'watch1', 'unwatch0', 'once', 'unwatch1'],
  ...interleavings([first, second, ['on', 'off']]).filter(startsWithFirst),
  ...interleavings([first, ['once']]),
  ...interleavings([first, ['once', 'on', 'off']]),
];
const ordersOfChildren = [
  ...orders,
  ...interleavings([first, ['on', 'off'], ['spawn', 'reap']]),
  ...interleavings([first, ['once'], ['spawn', 'reap']]),
];

describeWith(conditions, 'each listener hears each signal, in every order', () => {
  for (const signal of ['SIGTERM', 'SIGCHLD', 'SIGWINCH', 'SIGHUP', 'SIGUSR2', 'SIGUSR1'] as const) {
    for (const thread of ['main', 'worker']) {
      for (const drive of ['poll', 'run', 'attach']) {
        test(
          `${signal}, ${drive} in the ${thread} thread`,
          async () => {
            const isChild = signal === 'SIGCHLD';
            const job = { signal, thread, drive, orders: isChild ? ordersOfChildren : orders };
            const command = [process.execPath, '--inspect-port=0', program, JSON.stringify(job)];
            const outcome = await runCommand(command, { timeoutMs: 60_000 });
            expect(outcome.reports).toEqual(['all heard']);
            expect(outcome.stderr).toBe('');
            const isHarmless = isChild || signal === 'SIGWINCH';
            expect([outcome.code, outcome.signal]).toEqual(isHarmless ? [0, null] : [null, signal]);
          },
          patience(90_000),
        );
      }
    }
  }
});

testWith(
  conditions,
  'SIGUSR1 opens no port of the inspector while it is watched, and does so again afterwards',
  async () => {
    const outcome = await inChild(
      async ({ Reactor, report, raise, fs, require }) => {
        const reactor = new Reactor();
        let heard = 0;
        const watch = reactor.onSignal('SIGUSR1', () => heard++);
        for (let i = 1; i <= 3; i++) {
          raise('SIGUSR1');
          while (heard < i) reactor.poll(-1);
        }
        await new Promise((resolve) => setTimeout(resolve, 100)); // the inspector has a thread of its own
        fs.writeSync(2, 'deregistered\n');
        watch.deregister();
        raise('SIGUSR1');
        report(heard);
        const { url } = require('node:inspector');
        while (url() === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
        process.exit(0);
      },
      { execArgv: ['--inspect-port=0'] },
    );
    expect(outcome).toMatchObject({ code: 0, reports: [3] });
    expect(outcome.stderr).toMatch(/^deregistered\nDebugger listening/);
  },
);

testWith(conditions, 'a worker that is terminated while it watches leaves the disposition as it was', async () => {
  const outcome = await inChild(async ({ startWorker, report, disposition }) => {
    const signals = ['SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGCHLD'] as const;
    const all = (): string => signals.map((signal) => disposition(signal)).join();
    const before = all();
    const worker = startWorker(({ Reactor, workerThreads, args }) => {
      const reactor = new Reactor();
      for (const signal of args) reactor.onSignal(signal, () => {});
      workerThreads.parentPort.postMessage('watching');
      reactor.run();
    }, signals);
    await new Promise((resolve) => worker.once('message', resolve));
    const during = all();
    await worker.terminate();
    report([during, all() === before]);
  });
  expect(outcome.stderr).toBe('');
  expect(outcome.reports).toEqual([['caught,caught,caught,caught,caught,caught', true]]);
});

testWith(
  conditions,
  'where the fds do not suffice: EMFILE, none is left open, and the disposition is untouched',
  async () => {
    const outcome = await inChild(
      async ({ Reactor, report, outcomeOf, openFds, socket, fs, disposition }) => {
        const reactor = new Reactor();
        reactor.onSignal('SIGUSR2', () => {}).deregister();
        const before = openFds();
        const fillers: number[] = [];
        const fill = (): void => {
          const { value, error } = outcomeOf(() => fs.openSync('/dev/null', 'r'));
          if (error !== undefined) return;
          fillers.push(value);
          fill();
        };
        const results = new Set<string>();
        let watch: { deregister(): void } | undefined;
        for (let free = 0; watch === undefined && free < 20; free++) {
          fill();
          for (let i = 0; i < free; i++) socket.close(fillers.pop() as number);
          const { value, error } = outcomeOf(() => reactor.onSignal('SIGHUP', () => {}));
          watch = value;
          if (error !== undefined) results.add(`${error.code} ${error.syscall}`);
        }
        for (const fd of fillers) fs.closeSync(fd);
        const during = disposition('SIGHUP');
        watch?.deregister();
        const after = openFds();
        const opened = after.filter((fd) => !before.includes(fd));
        const closed = before.filter((fd) => !after.includes(fd));
        report({ errors: [...results], during, after: disposition('SIGHUP'), opened, closed });
      },
      { wrap: ['sh', '-c', 'ulimit -n 80; exec "$0" "$@"'] },
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.reports).toEqual([
      { errors: ['EMFILE uv_loop_init'], during: 'caught', after: 'default', opened: [], closed: [] },
    ]);
  },
);
