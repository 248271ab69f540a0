// Acceptor: a bounded number of connections a turn, and no busy loop when the process is out of fds.
import { Acceptor, Interest, type Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { dispose, own } from '../helpers/owned.js';
import { acceptOne, listen, pairWithNumber, portOf } from '../helpers/pairs.js';
import { closedFd, hasKqueue, isMacOs } from '../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectSystemError,
} from '../helpers/throws.js';
import { awaitReady, turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

function connect(port: number, count: number): void {
  for (let i = 0; i < count; i++) own(socket.connectTcp({ host: '127.0.0.1', port }));
}

function acceptor(reactor: Reactor, options = {}): { acceptor: Acceptor; fds: number[]; port: number } {
  const { listener, port } = listen('127.0.0.1', { backlog: 512 });
  const fds: number[] = [];
  return { acceptor: dispose(new Acceptor(reactor, listener, (fd) => fds.push(own(fd)), options)), fds, port };
}

contractTest('hands on every connection', ({ reactor }) => {
  const { acceptor: mine, fds, port } = acceptor(reactor);
  connect(port, 100);
  turnUntil(reactor, () => fds.length === 100);
  expect(mine).toMatchObject({ accepted: 100, pauses: 0, paused: false });
  expect(portOf(mine.fd)).toBe(port);
  expect(new Set(fds).size).toBe(100);
});

contractTest('at most maxPerTurn a turn: a flood leaves room for others', ({ reactor }) => {
  const { fds, port } = acceptor(reactor, { maxPerTurn: 3 });
  connect(port, 10);
  for (let before = 0; fds.length < 10; before = fds.length) {
    reactor.poll(1000);
    expect(fds.length - before).toBeLessThanOrEqual(3);
  }
});

contractTest('onBatch is called once a turn, after its last connection; also if one throws', ({ reactor }) => {
  const { listener, port } = listen('127.0.0.1', { backlog: 512 });
  const counts: number[] = [];
  let accepted = 0;
  const onConnection = (fd: number): void => {
    own(fd);
    if (++accepted === 10) throw new Error('the tenth');
  };
  const onError = (): void => {};
  dispose(new Acceptor(reactor, listener, onConnection, { onBatch: () => counts.push(accepted), onError }));
  connect(port, 20);
  turnUntil(reactor, () => accepted === 20);
  expect(counts.at(-1)).toBe(20);
  expect(counts).toContain(10);
  expect(new Set(counts).size).toBe(counts.length);
  expect(caught(() => new Acceptor(reactor, listener, onConnection, { onBatch: 5 as Any }))).toHaveProperty(
    'code',
    'ERR_INVALID_ARG_TYPE',
  );
});

contractTest('close closes the listener, is idempotent, and may come in the handler', ({ reactor }) => {
  const { listener, port } = listen();
  let accepted = 0;
  const mine: Acceptor = new Acceptor(reactor, listener, (fd) => {
    own(fd);
    accepted++;
    mine.close();
  });
  connect(port, 5);
  turnUntil(reactor, () => accepted === 1);
  expect(turnFor(reactor)).toBe(0);
  mine.close();
  expect(accepted).toBe(1);
  expect(reactor.size).toBe(0);
  expectSystemError(() => socket.accept(listener), closedFd);
});

contractTest('a callback that throws: poll throws the error, the acceptor goes on', ({ reactor }) => {
  const { listener, port } = listen();
  let calls = 0;
  dispose(
    new Acceptor(reactor, listener, (fd) => {
      own(fd);
      if (++calls === 1) throw new Error('from onConnection');
    }),
  );
  connect(port, 3);
  expect(caught(() => turnUntil(reactor, () => calls === 3))).toMatchObject({ message: 'from onConnection' });
  turnUntil(reactor, () => calls === 3);
});

contractTest('wrong arguments are refused, and the fd stays open', ({ reactor }) => {
  const { listener } = listen();
  const handler = (): void => {};
  for (const bad of [null, undefined, {}, 1, 'x'] as Any[]) {
    expectArgumentType(() => new Acceptor(bad, listener, handler));
    expectArgumentType(() => new Acceptor(reactor, listener, bad));
  }
  for (const fd of [-1, '3', null, 1.5] as Any[]) expectBadArgument(() => new Acceptor(reactor, fd, handler));
  for (const maxPerTurn of [0, -1, 1.5, '4', Number.NaN] as Any[]) {
    expectBadArgument(() => new Acceptor(reactor, listener, handler, { maxPerTurn }));
  }
  for (const retryMs of [-1, Number.NaN, '4', null] as Any[]) {
    expectBadArgument(() => new Acceptor(reactor, listener, handler, { retryMs }));
  }
  for (const onError of [null, 'x', {}] as Any[]) {
    expectArgumentType(() => new Acceptor(reactor, listener, handler, { onError }));
  }
  expect(reactor.size).toBe(0);
  expect(portOf(listener)).toBeGreaterThan(0);
});

contractTest('a socket that does not listen is refused, and left open', ({ reactor }) => {
  const udp = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const tcp = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
  const handler = (): void => {};
  // macOS does not tell: there the error of accept(2) comes out of poll().
  if (!isMacOs) for (const fd of [udp, tcp]) expectBadArgument(() => new Acceptor(reactor, fd, handler));
  socket.close(tcp);
  expectSystemError(() => new Acceptor(reactor, tcp, handler), closedFd, { fd: tcp });
  expect(reactor.size).toBe(0);
  expect(portOf(udp)).toBeGreaterThan(0);
});

contractTest(
  'no longer listening: the error comes out of poll, a few times a second',
  ({ reactor }) => {
    const { listener } = listen();
    const mine = dispose(new Acceptor(reactor, listener, () => {}, { retryMs: 60_000 }));
    socket.shutdown(listener, socket.SHUT_RDWR);
    expectSystemError(() => turnUntil(reactor, () => false), 'EINVAL', { fd: listener, syscall: 'accept4' });
    expect(mine).toMatchObject({ pauses: 1, paused: true, accepted: 0, failed: 0 });
    expect(turnFor(reactor)).toBeLessThanOrEqual(1); // told of the closure once more
  },
  { notOnWindows: 'a listener cannot be shut down there' },
);

contractTest('a callback that throws: the connection is closed, unless the callback did it', ({ reactor }) => {
  const { listener, port } = listen();
  const fds: number[] = [];
  const strangers: number[] = [];
  const ways = [
    () => {},
    (fd: number) => socket.close(fd),
    (fd: number) => {
      socket.close(fd);
      strangers.push(...pairWithNumber(fd));
    },
    (fd: number) => void reactor.register(fd, Interest.READABLE, () => {}),
  ];
  dispose(
    new Acceptor(reactor, listener, (fd) => {
      own(fd);
      ways[fds.push(fd) - 1]?.(fd);
      throw new Error('from onConnection');
    }),
  );
  const clients = ways.map(() => own(socket.connectTcp({ host: '127.0.0.1', port })));
  for (let calls = 1; calls <= ways.length; calls++) {
    expect(caught(() => turnUntil(reactor, () => false))).toMatchObject({ message: 'from onConnection' });
    expect(fds).toHaveLength(calls);
  }
  const [stranger, peer] = strangers as [number, number];
  for (const client of clients) {
    awaitReady(client, Interest.READABLE);
    expect(socket.recv(client, Buffer.alloc(1))).toBe(0);
  }
  expect(socket.send(stranger, Buffer.from('x'))).toBe(1);
  awaitReady(peer, Interest.READABLE);
  expect(socket.recv(peer, Buffer.alloc(2))).toBe(1);
});

contractTest(
  'the reactor closed in the callback: no further call, and the other connections wait',
  ({ newReactor }) => {
    const reactor = newReactor();
    const { listener, port } = listen();
    let calls = 0;
    const mine = dispose(
      new Acceptor(reactor, listener, (fd) => {
        own(fd);
        calls++;
        reactor.close();
      }),
    );
    connect(port, 3);
    turnUntil(reactor, () => calls > 0);
    expect(calls).toBe(1);
    expect(mine.paused).toBe(false);
    expectInvalidState(() => mine.pause());
    expectInvalidState(() => mine.resume());
    for (let left = 2; left > 0; left--) own(acceptOne(listener));
  },
);

contractTest('a blocking listener, as systemd and parents hand on: does not wait in accept', async ({ backend }) => {
  const accepted = await reportOf(
    ({ Reactor, Acceptor: A, socket: s, report, args }) => {
      const reactor = new Reactor({ backend: args });
      const listener = s.listenTcp({ host: '127.0.0.1', port: 0 });
      s.setNonBlocking(listener, false);
      const mine = new A(reactor, listener, () => {});
      s.connectTcp({ host: '127.0.0.1', port: (s.getsockname(listener) as { port: number }).port });
      while (mine.accepted === 0) reactor.poll(100);
      report(mine.accepted);
      process.exit(0);
    },
    { args: backend },
  );
  expect(accepted).toBe(1);
});

contractTest('pause and resume: at once, also in the callback, as often as one likes', ({ reactor }) => {
  const { listener, port } = listen();
  let calls = 0;
  const mine: Acceptor = dispose(
    new Acceptor(reactor, listener, (fd) => {
      own(fd);
      if (++calls === 2) mine.pause();
    }),
  );
  connect(port, 5);
  turnUntil(reactor, () => calls >= 2);
  mine.pause();
  turnFor(reactor);
  expect(calls).toBe(2);
  expect(mine).toMatchObject({ paused: true, pauses: 0, accepted: 2 });
  mine.resume();
  mine.resume();
  expect(mine.paused).toBe(false);
  turnUntil(reactor, () => calls === 5);
  mine.pause();
  mine.close();
  expect(reactor.size).toBe(0);
  expectInvalidState(() => mine.pause());
  expectInvalidState(() => mine.resume());
});

contractTest(
  'the reactor closed under a running or a paused acceptor: close still closes the listener',
  ({ newReactor }) => {
    const reactor = newReactor();
    const { acceptor: mine } = acceptor(reactor);
    reactor.close();
    mine.close();
    expectSystemError(() => socket.accept(mine.fd), closedFd);
    expectInvalidState(() => acceptor(reactor));
  },
);

contractTest(
  'out of fds (EMFILE): pauses, does not spin, and goes on when there is room',
  async ({ backend }) => {
    const { full, later, accepted } = await reportOf(
      ({ Reactor, Acceptor: A, socket: s, report, args }) => {
        const reactor = new Reactor({ backend: args });
        const listener = s.listenTcp({ host: '127.0.0.1', port: 0, backlog: 512 });
        const fds: number[] = [];
        const mine = new A(reactor, listener, (fd: number) => fds.push(fd), { retryMs: 40 });
        report(s.getsockname(listener));
        while (!mine.paused) reactor.poll(100);
        const full = { accepted: mine.accepted, pauses: mine.pauses, turns: reactor.metrics().turns };
        for (const end = performance.now() + 400; performance.now() < end; ) reactor.poll(end - performance.now());
        const later = { pauses: mine.pauses, turns: reactor.metrics().turns };
        while (mine.accepted < 150) {
          for (const fd of fds.splice(0)) s.close(fd); // room again
          reactor.poll(100);
        }
        report({ full, later, accepted: mine.accepted });
        process.exit(0);
      },
      {
        args: backend,
        wrap: ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'],
        // The clients are here, where there is no such limit.
        onReport: ({ port }) => port !== undefined && connect(port, 150),
      },
    );
    expect(accepted).toBe(150);
    expect(full.accepted).toBeGreaterThan(20);
    expect(later.pauses - full.pauses).toBeLessThanOrEqual(11); // 400 ms of pauses of 40
    expect(later.pauses).toBeGreaterThan(full.pauses);
    // The filter by which kqueue hears of closures wakes a paused reactor once a connection, too.
    expect(later.turns - full.turns).toBeLessThan(hasKqueue ? 100 + 150 : 100);
  },
  { needs: 'shell' },
);

contractTest(
  'closed while it pauses, it does not come back',
  async ({ backend }) => {
    const report = await reportOf(
      ({ Reactor, Acceptor: A, socket: s, injectFaults, report, args }) => {
        const reactor = new Reactor({ backend: args });
        const listener = s.listenTcp({ host: '127.0.0.1', port: 0 });
        s.connectTcp({ host: '127.0.0.1', port: (s.getsockname(listener) as { port: number }).port });
        const mine = new A(reactor, listener, () => {}, { retryMs: 5 });
        injectFaults(['accept4', 'error=ENFILE']);
        while (mine.pauses === 0) reactor.poll(100);
        mine.close();
        report({ paused: mine.paused, pauses: mine.pauses, left: reactor.metrics(), ran: reactor.poll(20) });
        process.exit(0);
      },
      { args: backend },
    );
    expect(report).toMatchObject({ paused: false, pauses: 1, left: { timers: 0, registered: 0 }, ran: 0 });
  },
  { needs: 'strace' },
);
