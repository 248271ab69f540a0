// The end of a process: from inside a handler, with workers blocked, by signals, by exceptions. Always at once, with
// the right code, and without a crash on the way out.
import { describe, expect, test } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';
import { raise } from '../helpers/fixtures/raise.mjs';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { type Conditions, casesThatHold } from '../helpers/needs.js';
import { endedByControlEvent, isWindows } from '../helpers/platform.js';

interface End extends Conditions {
  body: (toolbox: Toolbox) => unknown;
  code: number;
}

const ends: Record<string, End> = {
  'process.exit in a handler of poll': {
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      for (let i = 0; i < 10; i++) {
        reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => process.exit(7));
      }
      reactor.poll();
    },
    code: 7,
  },
  'process.exit in a handler while attached': {
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => process.exit(7));
    },
    code: 7,
  },
  'process.exit in a timer, a waker and a signal': {
    body: ({ Reactor, raise, aSignal }) => {
      const reactor = new Reactor();
      reactor.onSignal(aSignal, () => process.exit(7));
      const waker = reactor.createWaker(() => raise(aSignal));
      reactor.setTimer(1, () => waker.wake());
      for (;;) reactor.poll();
    },
    code: 7,
    notOnLibkqueue: libkqueue.signals,
  },
  'process.exit in a timer and a waker': {
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      const waker = reactor.createWaker(() => process.exit(7));
      reactor.setTimer(1, () => waker.wake());
      for (;;) reactor.poll();
    },
    code: 7,
  },
  'the last line of the main module, with everything open': {
    body: ({ Reactor, Acceptor, socket, openRest, aSignal }) => {
      const reactor = new Reactor();
      new Acceptor(reactor, socket.listenTcp({ host: '127.0.0.1', port: 0 }), () => {});
      reactor.onSignal(aSignal, () => {});
      reactor.createWaker(() => {}).wake();
      reactor.setTimer(5, () => {});
      openRest();
    },
    code: 0,
  },
  'an exception of a handler that is not caught': {
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.setTimer(0, () => {
        throw new Error('expected');
      });
      reactor.run();
    },
    code: 1,
  },
  'a rejected promise of a handler, not caught': {
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.setTimer(0, async () => {
        throw new Error('expected');
      });
    },
    code: 1,
  },
  'process.exit with eight workers blocked': {
    body: async ({ startWorker }) => {
      const body = ({ Reactor, Epoll, EpollEvents, capabilities, workerThreads, args }: Toolbox): void => {
        const wait = args % 2 === 0 || !capabilities().backends.includes('epoll') ? new Reactor() : new Epoll();
        workerThreads.parentPort?.postMessage('ready');
        for (;;) wait instanceof Reactor ? wait.poll(-1) : wait.wait(new EpollEvents(4), -1);
      };
      const workers = Array.from({ length: 8 }, (_, i) => startWorker(body as (toolbox: Toolbox) => void, i));
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
      setTimeout(() => process.exit(7), 50);
    },
    code: 7,
  },
  'the end of main with an attached, unreferenced reactor': {
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.unref();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
    },
    code: 0,
  },
  'hundreds of dropped objects, with finalizers pending': {
    body: ({ Reactor, openRest }) => {
      // Together fewer fds than the limit of 1024 that some systems set.
      for (let i = 0; i < 80; i++) {
        new Reactor().createWaker(() => {});
        openRest();
      }
      globalThis.gc?.();
    },
    code: 0,
  },
  'process.exit in an exit listener that still polls': {
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => {});
      process.on('exit', () => {
        if (reactor.poll(0) === 1) process.exitCode = 7;
      });
    },
    code: 7,
  },
};

describe.each(casesThatHold('ends the process', ends))('%s', (_, { body, code }) => {
  test('ends the process at once with its code', async () => {
    const outcome = await inChild(body, { execArgv: ['--expose-gc'] });
    expect(outcome).toMatchObject({ code, signal: null });
    if (code === 1) expect(outcome.stderr).toContain('expected');
    else expect(outcome.stderr).toBe('');
  });
});

test('SIGINT during poll(-1) ends a process that does not handle it', async () => {
  const outcome = await inChild(
    ({ Reactor, report }) => {
      const reactor = new Reactor();
      report(process.pid);
      for (;;) reactor.poll(-1);
    },
    { onReport: (pid) => setTimeout(() => raise('SIGINT', { pid }), 50) },
  );
  expect(outcome).toMatchObject(isWindows ? { code: endedByControlEvent } : { code: null, signal: 'SIGINT' });
});

test("SIGINT during poll(-1): poll returns, so that a listener of Node's runs", async () => {
  const outcome = await inChild(
    async ({ Reactor, report }) => {
      const reactor = new Reactor();
      let asked = false;
      process.on('SIGINT', () => {
        asked = true;
      });
      report({ pid: process.pid });
      while (!asked) {
        reactor.poll(-1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      report('stopped in order');
    },
    { onReport: ({ pid }) => pid !== undefined && setTimeout(() => raise('SIGINT', { pid }), 50) },
  );
  expect(outcome).toMatchObject({ code: 0, reports: [{}, 'stopped in order'] });
});
