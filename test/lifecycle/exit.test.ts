// The end of a process: from inside a handler, with workers blocked, by signals, by exceptions. Always at once, with the
// right code, and without a crash on the way out (54, 60, 70, 77, 80).
import { describe, expect, test } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';

const ends: Record<string, [body: (toolbox: Toolbox) => unknown, code: number]> = {
  'process.exit in a handler of poll (60)': [
    ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      for (let i = 0; i < 10; i++) {
        reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => process.exit(7));
      }
      reactor.poll();
    },
    7,
  ],
  'process.exit in a handler while attached (60)': [
    ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => process.exit(7));
    },
    7,
  ],
  'process.exit in a timer, a waker and a signal (60)': [
    ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.onSignal('SIGUSR2', () => process.exit(7));
      const waker = reactor.createWaker(() => process.kill(process.pid, 'SIGUSR2'));
      reactor.setTimer(1, () => waker.wake());
      for (;;) reactor.poll();
    },
    7,
  ],
  'the last line of the main module, with everything open': [
    ({ Reactor, Epoll, Acceptor, socket, transfer }) => {
      const reactor = new Reactor();
      new Acceptor(reactor, socket.listenTcp({ host: '127.0.0.1', port: 0 }), () => {});
      reactor.onSignal('SIGUSR2', () => {});
      reactor.createWaker(() => {}).wake();
      reactor.setTimer(5, () => {});
      new Epoll();
      const [a, b] = socket.socketpair();
      socket.send(b, new Uint8Array(10));
      new transfer.Pump(a, socket.socketpair()[0]).move();
      socket.pipe();
    },
    0,
  ],
  'an exception of a handler that nobody catches': [
    ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.setTimer(0, () => {
        throw new Error('expected');
      });
      reactor.run();
    },
    1,
  ],
  'a rejected promise of a handler that nobody catches (59)': [
    ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.setTimer(0, async () => {
        throw new Error('expected');
      });
    },
    1,
  ],
  'process.exit with eight workers blocked (70)': [
    async ({ startWorker }) => {
      const body = ({ Reactor, Epoll, EpollEvents, workerThreads, args }: Toolbox): void => {
        const wait = args % 2 === 0 ? new Reactor() : new Epoll();
        workerThreads.parentPort?.postMessage('ready');
        for (;;) wait instanceof Reactor ? wait.poll(-1) : wait.wait(new EpollEvents(4), -1);
      };
      const workers = Array.from({ length: 8 }, (_, i) => startWorker(body as (toolbox: Toolbox) => void, i));
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
      setTimeout(() => process.exit(7), 50);
    },
    7,
  ],
  'the end of main with an attached, unreferenced reactor': [
    ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.unref();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
    },
    0,
  ],
  'hundreds of dropped objects, with finalizers pending (54)': [
    ({ Reactor, Epoll }) => {
      for (let i = 0; i < 300; i++) {
        new Reactor().createWaker(() => {});
        new Epoll();
      }
      globalThis.gc?.();
    },
    0,
  ],
  'process.exit in an exit listener that still polls': [
    ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => {});
      process.on('exit', () => {
        if (reactor.poll(0) === 1) process.exitCode = 7;
      });
    },
    7,
  ],
};

describe.each(Object.entries(ends))('%s', (_, [body, code]) => {
  test('ends the process at once with its code', async () => {
    const outcome = await inChild(body, { execArgv: ['--expose-gc'] });
    expect(outcome).toMatchObject({ code, signal: null });
    if (code === 1) expect(outcome.stderr).toContain('expected');
    else expect(outcome.stderr).toBe('');
  });
});

test('SIGINT during poll(-1) ends a process that does not handle it (80)', async () => {
  const outcome = await inChild(
    ({ Reactor, report }) => {
      const reactor = new Reactor();
      report('ready');
      for (;;) reactor.poll(-1);
    },
    { onReport: (_, kill) => setTimeout(() => kill('SIGINT'), 50) },
  );
  expect(outcome).toMatchObject({ code: null, signal: 'SIGINT' });
});

test("SIGINT during poll(-1): poll returns, so that a listener of Node's runs (80)", async () => {
  const outcome = await inChild(
    async ({ Reactor, report }) => {
      const reactor = new Reactor();
      let asked = false;
      process.on('SIGINT', () => {
        asked = true;
      });
      report('ready');
      while (!asked) {
        reactor.poll(-1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      report('stopped in order');
    },
    { onReport: (report, kill) => report === 'ready' && setTimeout(() => kill('SIGINT'), 50) },
  );
  expect(outcome).toMatchObject({ code: 0, reports: ['ready', 'stopped in order'] });
});
