// Signals that interrupt system calls: waits keep their time, calls that move bytes are not disturbed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ChildOptions, inChild, type Toolbox } from '../helpers/child.js';
import { compileC } from '../helpers/compile-c.js';
import { patience } from '../helpers/patience.js';

/**
 * Sends a signal to a process a thousand times a second, until the process is gone: a wait that begins anew with each
 * signal never ends.
 */
const storm = compileC(`
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc != 3) return 2;
  while (kill(atoi(argv[1]), atoi(argv[2])) == 0) usleep(1000);
  return 0;
}`);

/** When the child reports its pid, the storm begins. */
function underStorm(signals: number[], options: ChildOptions = {}): ChildOptions {
  const onReport = (report: { pid?: number }): void => {
    if (report.pid === undefined) return;
    for (const signal of signals) spawn(storm, [String(report.pid), String(signal)], { stdio: 'ignore' });
  };
  return { ...options, onReport };
}

const SIGWINCH = 28;
const SIGUSR2 = 12;
const SIGCHLD = 17;

const waitWhileInterrupted = ({ rawQueue, Reactor, report }: Toolbox): void => {
  for (const signal of ['SIGUSR2', 'SIGWINCH', 'SIGCHLD'] as const) process.on(signal, () => {});
  report({ pid: process.pid });
  const end = performance.now() + 50;
  while (performance.now() < end); // the storm is on
  const queue = rawQueue();
  const waits = [0.4, 30, 300].map((timeoutMs) => {
    const start = performance.now();
    queue.wait(timeoutMs);
    return [timeoutMs, performance.now() - start];
  });
  const reactor = new Reactor();
  const timers: number[][] = [];
  for (const delayMs of [0.4, 30, 300]) {
    const start = performance.now();
    reactor.setTimer(delayMs, () => timers.push([delayMs, performance.now() - start]));
  }
  reactor.run();
  report({ waits, timers });
  process.exit(0);
};

test('a thousand signals a second: waits and timers neither end early nor drift', async () => {
  const outcome = await inChild(waitWhileInterrupted, underStorm([SIGUSR2, SIGWINCH, SIGCHLD]));
  expect(outcome).toMatchObject({ code: 0, signal: null });
  const { waits, timers } = outcome.reports.at(-1);
  expect(timers).toHaveLength(3);
  for (const [asked, took] of [...waits, ...timers]) {
    expect(took, `asked for ${asked}`).toBeGreaterThanOrEqual(asked);
    expect(took, `asked for ${asked}`).toBeLessThan(asked + patience(1500));
  }
});

test('a thousand signals a second: every byte arrives', async () => {
  const outcome = await inChild(
    ({ Reactor, Interest, socket, report }) => {
      process.on('SIGUSR2', () => {});
      report({ pid: process.pid });
      const reactor = new Reactor();
      const [a, b] = socket.socketpair();
      const total = 32 * 2 ** 20;
      const chunk = new Uint8Array(65536);
      let [sent, received] = [0, 0];
      reactor.register(a, Interest.WRITABLE, (_, reg) => {
        const n = socket.write(a, chunk);
        if (n > 0) sent += n;
        if (sent >= total) reg.close();
      });
      reactor.register(b, Interest.READABLE, (_, reg) => {
        const n = socket.read(b, chunk);
        if (n > 0) received += n;
        if (n === 0) reg.close();
      });
      reactor.run();
      report({ sent, received });
      process.exit(0);
    },
    underStorm([SIGUSR2]),
  );
  const { sent, received } = outcome.reports.at(-1);
  expect(received).toBe(sent);
});

test('stopped and continued (SIGSTOP, SIGCONT): a wait goes on with what remains', async () => {
  let rhythm: NodeJS.Timeout | undefined;
  const outcome = await inChild(
    ({ rawQueue, report }) => {
      report('ready');
      const start = performance.now();
      const count = rawQueue().wait(400);
      report({ count, tookMs: performance.now() - start });
      process.exit(0);
    },
    {
      // Stops and continues it until it ends: a wait that begins anew never does.
      onReport: (report, kill) => {
        if (report !== 'ready') return;
        let stops = 0;
        rhythm = setInterval(() => kill(stops++ % 2 === 0 ? 'SIGSTOP' : 'SIGCONT'), 50);
      },
    },
  ).finally(() => clearInterval(rhythm));
  const { count, tookMs } = outcome.reports.at(-1);
  expect(count).toBe(0);
  expect(tookMs).toBeGreaterThanOrEqual(400);
});

test('under --cpu-prof (SIGPROF) all works, and the profile is written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fdreactor-prof-'));
  try {
    const outcome = await inChild(
      waitWhileInterrupted,
      underStorm([SIGUSR2], { execArgv: ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${directory}`] }),
    );
    expect(outcome).toMatchObject({ code: 0, signal: null });
    for (const [asked, took] of outcome.reports.at(-1).waits) expect(took).toBeGreaterThanOrEqual(asked);
    expect(readdirSync(directory)).toHaveLength(1);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('SIGUSR1, which opens the inspector, does not end or disturb a blocked poll', async () => {
  const outcome = await inChild(
    ({ Reactor, report }) => {
      const reactor = new Reactor();
      let done = false;
      reactor.setTimer(300, () => {
        done = true;
      });
      report('ready');
      while (!done) reactor.poll(-1);
      report('done');
      process.exit(0);
    },
    {
      execArgv: ['--inspect-port=0'],
      onReport: (report, kill) => report === 'ready' && setTimeout(() => kill('SIGUSR1'), 50),
    },
  );
  expect(outcome).toMatchObject({ code: 0, reports: ['ready', 'done'] });
});
