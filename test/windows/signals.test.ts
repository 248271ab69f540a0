// The events of the console as signals, each in a process of its own: Ctrl+C, Ctrl+Break, the closed window, the system
// that shuts down. After the last two Windows ends the process, and gives it some seconds before.
import { describe, expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';
import { raise } from '../helpers/fixtures/raise.mjs';
import { endedByControlEvent } from '../helpers/platform.js';

describe.each(['SIGINT', 'SIGBREAK', 'SIGHUP', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends a blocking poll, and the handler ends the process in order', async () => {
    const outcome = await inChild(
      ({ Reactor, report, args }) => {
        const reactor = new Reactor();
        reactor.onSignal(args, (name: string) => {
          report({ name });
          process.exitCode = 7;
          reactor.close();
        });
        report({ pid: process.pid });
        reactor.run();
      },
      { args: signal, onReport: ({ pid }) => pid !== undefined && setTimeout(() => raise(signal, { pid }), 100) },
    );
    expect(outcome).toMatchObject({ code: 7, reports: [{}, { name: signal }] });
  });

  test('comes to an attached reactor and to a worker', async () => {
    const outcome = await inChild(
      ({ Reactor, startWorker, report, args }) => {
        const reactor = new Reactor();
        const seen: string[] = [];
        const done = (who: string): void => {
          seen.push(who);
          if (seen.length < 2) return;
          report({ seen: seen.sort() });
          process.exit(0);
        };
        reactor.attach();
        reactor.ref();
        reactor.onSignal(args, () => done('attached'));
        const worker = startWorker(({ Reactor: R, workerThreads, args: signal }) => {
          const mine = new R();
          mine.onSignal(signal, () => {
            workerThreads.parentPort?.postMessage('worker');
            mine.close();
          });
          workerThreads.parentPort?.postMessage('ready');
          mine.run();
        }, args);
        worker.on('message', (message) => {
          if (message === 'ready') report({ pid: process.pid });
          else done('worker');
        });
      },
      { args: signal, onReport: ({ pid }) => pid !== undefined && setTimeout(() => raise(signal, { pid }), 100) },
    );
    expect(outcome).toMatchObject({ code: 0, reports: [{}, { seen: ['attached', 'worker'] }] });
  });
});

describe('deregistered', () => {
  test('SIGBREAK ends the process again', async () => {
    const outcome = await inChild(
      ({ Reactor, report }) => {
        const reactor = new Reactor();
        reactor.onSignal('SIGBREAK', () => {}).deregister();
        report({ pid: process.pid });
        for (;;) reactor.poll(-1);
      },
      { onReport: ({ pid }) => pid !== undefined && setTimeout(() => raise('SIGBREAK', { pid }), 100) },
    );
    expect(outcome.code).toBe(endedByControlEvent);
  });
});
