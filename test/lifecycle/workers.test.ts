// Worker threads: terminated at any moment they end at once and leave nothing open; many load the add-on; objects of
// one thread are refused in another.
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { type Conditions, casesThatHold } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';
import { isWindows } from '../helpers/platform.js';

type Body = (toolbox: Toolbox) => void;

/** Ways to be busy in a worker; each says 'ready' just before. */
const busy: Record<string, { body: Body } & Conditions> = {
  'blocked in poll(-1)': {
    body: ({ Reactor, Interest, socket, workerThreads }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      workerThreads.parentPort?.postMessage('ready');
      for (;;) reactor.poll(-1);
    },
  },
  'blocked in poll(-1) of an empty reactor': {
    body: ({ Reactor, workerThreads }) => {
      const reactor = new Reactor();
      workerThreads.parentPort?.postMessage('ready');
      for (;;) reactor.poll();
    },
  },
  'blocked in run()': {
    body: ({ Reactor, Interest, socket, workerThreads }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      reactor.createWaker(() => {});
      reactor.setTimer(1e9, () => {});
      workerThreads.parentPort?.postMessage('ready');
      reactor.run();
    },
  },
  'blocked in a long poll': {
    body: ({ Reactor, workerThreads }) => {
      const reactor = new Reactor();
      workerThreads.parentPort?.postMessage('ready');
      for (;;) reactor.poll(1e9);
    },
  },
  'blocked with bytes in the pipe of a piping': {
    needs: 'splice',
    body: ({ Reactor, connection, socket, workerThreads }) => {
      const reactor = new Reactor();
      const [a, from] = socket.socketpair();
      const [b] = socket.socketpair();
      new connection.Connection(reactor, a, {}).pipeTo(new connection.Connection(reactor, b, {}));
      for (let idle = 0; idle < 10; ) {
        idle = socket.write(from, new Uint8Array(65536)) < 0 ? idle + 1 : 0;
        reactor.poll(0);
      }
      workerThreads.parentPort?.postMessage('ready');
      reactor.run();
    },
  },
  'blocked in Epoll.wait(-1)': {
    needs: 'epoll',
    body: ({ Epoll, EpollEvents, epoll, socket, workerThreads }) => {
      const ep = new Epoll();
      ep.add(socket.socketpair()[0], epoll.EPOLLIN);
      workerThreads.parentPort?.postMessage('ready');
      for (;;) ep.wait(new EpollEvents(8), -1);
    },
  },
  'blocked in poll inside a handler of another reactor': {
    body: ({ Reactor, workerThreads }) => {
      const [outer, inner] = [new Reactor(), new Reactor()];
      outer.setTimer(0, () => {
        workerThreads.parentPort?.postMessage('ready');
        for (;;) inner.poll(-1);
      });
      outer.run();
    },
  },
  'spinning in poll(0)': {
    body: ({ Reactor, workerThreads }) => {
      const reactor = new Reactor();
      workerThreads.parentPort?.postMessage('ready');
      for (;;) reactor.poll(0);
    },
  },
  'in the middle of a batch': {
    body: ({ Reactor, Interest, socket, workerThreads }) => {
      const reactor = new Reactor();
      for (let i = 0; i < 100; i++) {
        reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => {
          if (i === 50) workerThreads.parentPort?.postMessage('ready');
          for (const end = Date.now() + 10; Date.now() < end; );
        });
      }
      reactor.run();
    },
  },
  'attached and idle': {
    body: ({ Reactor, Interest, socket, workerThreads }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      reactor.attach();
      workerThreads.parentPort?.postMessage('ready');
    },
  },
  'attached and busy': {
    body: ({ Reactor, Interest, socket, workerThreads }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.WRITABLE, () => {});
      reactor.attach();
      workerThreads.parentPort?.postMessage('ready');
    },
  },
  'watching a signal': {
    body: ({ Reactor, workerThreads, aSignal }) => {
      const reactor = new Reactor();
      reactor.onSignal(aSignal, () => {});
      workerThreads.parentPort?.postMessage('ready');
      reactor.run();
    },
  },
  'with everything open': {
    body: ({ Reactor, Acceptor, socket, openRest, workerThreads }) => {
      const reactor = new Reactor();
      new Acceptor(reactor, socket.listenTcp({ host: '127.0.0.1', port: 0 }), () => {});
      openRest();
      workerThreads.parentPort?.postMessage('ready');
      for (;;) reactor.poll(-1);
    },
  },
};

test.each(casesThatHold('terminated while', busy))(
  'terminated while %s: ends within a second and leaves nothing open',
  async (_, { body }) => {
    const { tookMs, leaked, alive } = await reportOf(
      async ({ startWorker, openFds, leftOpen, report, args, Reactor }) => {
        const warmUp = startWorker(() => {});
        await new Promise((resolve) => warmUp.on('exit', resolve));
        const before = openFds();
        const worker = startWorker({ toString: () => args } as unknown as Body);
        worker.on('error', (error) => report({ error: String(error) }));
        await new Promise((resolve) => worker.once('message', resolve));
        await new Promise((resolve) => setTimeout(resolve, 60)); // it is in its wait by now
        const start = performance.now();
        await worker.terminate();
        const tookMs = performance.now() - start;
        const leaked = await leftOpen(before);
        let alive = false;
        const reactor = new Reactor();
        reactor.setTimer(1, () => {
          alive = true;
        });
        reactor.run();
        report({ tookMs, leaked, alive });
      },
      { args: String(body) },
    );
    expect(tookMs).toBeLessThan(patience(1000));
    expect(leaked).toEqual([]);
    expect(alive).toBe(true);
  },
);

test('a worker that ends by itself leaves nothing open; a detached fd stays, by the old name as well', async () => {
  const { leaked, detached, usable } = await reportOf(async ({ startWorker, openFds, leftOpen, socket, report }) => {
    const body = ({ Reactor, Interest, socket: s, workerThreads }: Toolbox): void => {
      const reactor = new Reactor();
      for (let i = 0; i < 10; i++) reactor.register(s.socketpair()[0], Interest.READABLE, () => {});
      const [mine, other] = s.socketpair();
      s.send(other, new Uint8Array([1, 2, 3]));
      s.detachFd(mine);
      s.release(other); // the old name
      workerThreads.parentPort?.postMessage([mine, other]);
    };
    const warmUp = startWorker(() => {});
    await new Promise((resolve) => warmUp.on('exit', resolve));
    const before = openFds();
    const worker = startWorker(body as Body);
    const ended = new Promise((resolve) => worker.on('exit', resolve)); // it may come with the message
    const fds: [number, number] = await new Promise((resolve) => worker.once('message', resolve));
    await ended;
    const after = await leftOpen(before, 2);
    const usable = socket.recv(fds[0], new Uint8Array(8));
    const isDetached = (name: string): boolean => fds.some((fd) => name.startsWith(`${fd} `));
    report({ leaked: after.filter((name) => !isDetached(name)), detached: after.length, usable });
  });
  expect(leaked).toEqual([]);
  expect(detached).toBe(2);
  expect(usable).toBe(3);
});

test('64 workers load the add-on, eight at a time, use it, and leave nothing open', {
  timeout: patience(70_000),
}, async () => {
  const { codes, leaked } = await reportOf(
    async ({ startWorker, openFds, leftOpen, report }) => {
      const body = ({ Reactor, Interest, socket }: Toolbox): void => {
        const reactor = new Reactor();
        const [a, b] = socket.socketpair();
        let rounds = 0;
        reactor.register(a, Interest.READABLE, () => {
          socket.recv(a, new Uint8Array(4));
          if (++rounds === 50) reactor.close();
          else socket.send(b, new Uint8Array(1));
        });
        socket.send(b, new Uint8Array(1));
        reactor.run();
        if (rounds !== 50) throw new Error(`${rounds} rounds`);
      };
      const one = (): Promise<number> => {
        const worker = startWorker(body as Body);
        return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
      };
      await one();
      const before = openFds();
      const codes: number[] = [];
      for (let i = 0; i < 8; i++) codes.push(...(await Promise.all(Array.from({ length: 8 }, one))));
      report({ codes, leaked: await leftOpen(before) });
    },
    { timeoutMs: 60_000 },
  );
  expect(codes).toEqual(Array.from({ length: 64 }, () => 0));
  expect(leaked).toEqual([]);
});

test('an object of one thread is refused in another, without a crash', async () => {
  const outcomes = await reportOf(async ({ Reactor, startWorker, report, outcomeOf }) => {
    const body = ({ Reactor: R, Epoll: E, outcomeOf: of, workerThreads, args }: Toolbox): void => {
      workerThreads.parentPort?.postMessage([
        of(() => R.prototype.poll.call(args.reactor, 0)),
        of(() => E.prototype.close.call(args.reactor)),
        of(() => args.reactor.poll(0)),
      ]);
    };
    const args = { reactor: new Reactor() };
    const posted = outcomeOf(() => startWorker(body as Body, args).on('message', report));
    if (posted.error !== undefined) report([posted]);
  });
  for (const { error } of outcomes) expect(['TypeError', 'DataCloneError']).toContain(error.name);
});

test('an adopted fd is closed with the worker that adopted it; one that was only used stays open', async () => {
  const { ends, refused } = await reportOf(async ({ startWorker, socket, outcomeOf, report }) => {
    const pairs = Array.from({ length: 3 }, () => socket.socketpair());
    const given = pairs.map(([, fd]) => fd);
    const body = ({ socket: s, args, workerThreads, Reactor }: Toolbox): void => {
      s.adopt(args[0]);
      s.adopt(args[0]);
      s.send(args[1], new Uint8Array(1));
      s.adopt(args[2]);
      s.detachFd(args[2]);
      workerThreads.parentPort?.postMessage('ready');
      const reactor = new Reactor();
      reactor.createWaker(() => {});
      reactor.poll();
    };
    const worker = startWorker(body as Body, given);
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    const buffer = new Uint8Array(8);
    const ends = pairs.map(([mine]) => socket.recv(mine, buffer));
    socket.adopt(pairs[0]?.[0] as number); // of the main thread: it is open
    const closed = socket.socketpair()[0];
    socket.close(closed);
    const refused = [closed, -1, 'x', undefined].map((fd) => outcomeOf(() => socket.adopt(fd as number)).error?.code);
    report({ ends, refused });
  });
  expect(ends).toEqual([0, 1, -1]);
  const notOpen = isWindows ? 'ENOTSOCK' : 'EBADF';
  expect(refused).toEqual([notOpen, 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE']);
});
