// attach() and blocking waits in a host without libuv, which on Linux would be Bun or Deno: a thread waits for the
// epoll fd.
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { inChild, type Outcome, type Toolbox } from '../helpers/child.js';

const preload = pathToFileURL(`${import.meta.dirname}/../helpers/fixtures/without-libuv.mjs`).href;

const withoutLibuv = (body: (toolbox: Toolbox) => unknown): Promise<Outcome> =>
  inChild(body, { execArgv: ['--import', preload] });

test('events, timers and wakers come, and Node goes on meanwhile', async () => {
  const outcome = await withoutLibuv(async ({ Reactor, Interest, socket, report, openFds, leftOpen }) => {
    const before = openFds();
    const reactor = new Reactor();
    const [a, b] = socket.socketpair();
    const byte = new Uint8Array(1);
    let rounds = 0;
    const done = new Promise<void>((resolve) => {
      const registration = reactor.register(a, Interest.READABLE, () => {
        socket.recv(a, byte);
        if (++rounds < 1000) return void socket.send(b, byte);
        registration.close();
        resolve();
      });
    });
    reactor.attach();
    const woken = new Promise<void>((resolve) => {
      const waker = reactor.createWaker(() => {
        waker.close();
        resolve();
      });
      setTimeout(() => waker.wake(), 1);
    });
    const fired = new Promise<void>((resolve) => reactor.setTimer(20.5, () => resolve()));
    // Far from due when the thread begins to wait; the nearer one has to interrupt it.
    reactor.setTimer(1e6, () => {}).cancel();
    socket.send(b, byte);
    await Promise.all([done, woken, fired, new Promise((resolve) => setTimeout(resolve, 5))]);
    reactor.close();
    socket.close(b);
    report({ rounds, left: await leftOpen(before) });
  });
  expect(outcome).toMatchObject({ code: 0, reports: [{ rounds: 1000, left: [] }] });
});

test('what a handler throws is an uncaught exception, and the next turn goes on', async () => {
  const outcome = await withoutLibuv(({ Reactor, report }) => {
    const reactor = new Reactor();
    reactor.attach();
    process.on('uncaughtException', (error) => report(error.message));
    reactor.setTimer(1, () => {
      throw new Error('thrown');
    });
    reactor.setTimer(2, () => report('after'));
  });
  expect(outcome).toMatchObject({ code: 0, reports: ['thrown', 'after'] });
});

test('a process may exit in a handler, and with a thread that waits', async () => {
  const inHandler = await withoutLibuv(({ Reactor }) => {
    const reactor = new Reactor();
    reactor.attach();
    reactor.setTimer(1, () => process.exit(7));
  });
  const outside = await withoutLibuv(({ Reactor }) => {
    const reactor = new Reactor();
    reactor.attach();
    reactor.ref();
    setTimeout(() => process.exit(7), 5);
  });
  expect([inHandler.code, outside.code]).toEqual([7, 7]);
});

test('a worker that waits, or is attached, can be terminated', async () => {
  const outcome = await withoutLibuv(async ({ startWorker, report }) => {
    for (const drive of ['poll', 'attach']) {
      const worker = startWorker(({ Reactor, args, workerThreads }: Toolbox) => {
        const reactor = new Reactor();
        reactor.createWaker(() => {});
        workerThreads.parentPort?.postMessage('ready');
        if (args === 'attach') {
          reactor.attach();
          reactor.ref();
        } else for (;;) reactor.poll(-1);
      }, drive);
      await new Promise((resolve) => worker.once('message', resolve));
      report(await worker.terminate());
    }
  });
  expect(outcome).toMatchObject({ code: 0, reports: [1, 1] });
});
