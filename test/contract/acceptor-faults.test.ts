// Acceptor under errors of accept(2), injected by strace: those of one connection are passed over and counted, those of
// the listener are told, and none of them makes it spin.
import { expect } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { patience } from '../helpers/patience.js';

const needs = { needs: 'strace', timeoutMs: 60_000 } as const;

/** For each of `codes`: two connections come, and the first three calls of accept4() fail. */
const failThreeTimes = ({ Reactor, Acceptor, socket, report, injectFaults, outcomeOf, args }: Toolbox): void => {
  const results: Record<string, unknown> = {};
  for (const code of args.codes) {
    const reactor = new Reactor({ backend: args.backend });
    const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
    const { port } = socket.getsockname(listener) as { port: number };
    const acceptor = new Acceptor(reactor, listener, (fd: number) => socket.close(fd), { retryMs: 10 });
    // After EINVAL, accept4() of musl calls accept(2), which must fail as well.
    const stop = injectFaults(['accept4', `error=${code}`, '1..3'], ['accept', `error=${code}`, '1..3']);
    const clients = [1, 2].map(() => socket.connectTcp({ host: '127.0.0.1', port }));
    const thrown: unknown[] = [];
    for (const end = Date.now() + 20_000; acceptor.accepted < 2 && Date.now() < end; ) {
      const { error } = outcomeOf(() => reactor.poll(100));
      if (error !== undefined) thrown.push(error.code);
    }
    stop();
    const { accepted, failed, pauses } = acceptor;
    results[code] = { accepted, failed, pauses, thrown };
    acceptor.close();
    reactor.close();
    for (const fd of clients) socket.close(fd);
  }
  report(results);
  process.exit(0);
};

const ofOneConnection = [
  'EPROTO',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'ENONET',
  'EHOSTUNREACH',
  'EOPNOTSUPP',
  'ENETUNREACH',
  'EPERM',
  'ETIMEDOUT',
  'ECONNRESET',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
];

contractTest(
  'errors of one connection: counted, and the next connection is taken',
  async ({ backend }) => {
    const results = await reportOf(failThreeTimes, {
      args: { backend, codes: ofOneConnection },
      timeoutMs: patience(60_000),
    });
    for (const code of ofOneConnection) {
      expect({ code, ...results[code] }).toEqual({ code, accepted: 2, failed: 3, pauses: 0, thrown: [] });
    }
  },
  needs,
);

contractTest(
  'no room: pauses, and goes on; an error of the listener: thrown, pauses, and goes on',
  async ({ backend }) => {
    const codes = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EINVAL', 'EFAULT', 'EACCES'];
    const results = await reportOf(failThreeTimes, { args: { backend, codes }, timeoutMs: patience(60_000) });
    for (const code of codes) {
      const isTold = ['EINVAL', 'EFAULT', 'EACCES'].includes(code);
      const thrown = isTold ? [code, code, code] : [];
      expect({ code, ...results[code] }).toEqual({ code, accepted: 2, failed: 0, pauses: 3, thrown });
    }
  },
  needs,
);

contractTest(
  'a connection that was reset before it was taken, without end (ECONNABORTED): the acceptor does not spin',
  async ({ backend }) => {
    const { failed, pauses, turns } = await reportOf(
      ({ Reactor, Acceptor, socket, report, injectFaults, args }) => {
        const reactor = new Reactor({ backend: args });
        const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
        const acceptor = new Acceptor(reactor, listener, () => {}, { retryMs: 50, maxPerTurn: 1 });
        injectFaults(['accept4', 'error=ECONNABORTED']);
        socket.connectTcp({ host: '127.0.0.1', port: (socket.getsockname(listener) as { port: number }).port });
        while (acceptor.pauses < 3) reactor.poll(1000);
        report({ failed: acceptor.failed, pauses: acceptor.pauses, turns: reactor.metrics().turns });
        process.exit(0);
      },
      { args: backend, timeoutMs: patience(30_000) },
    );
    expect(failed).toBe(3 * 64);
    expect(pauses).toBe(3);
    expect(turns).toBeLessThan(3 * 64 + 20); // a failure a turn (maxPerTurn), and nothing while it pauses
  },
  needs,
);

contractTest(
  'no memory or no room for another registration in the callback: the connection is closed, and the next one is taken',
  async ({ backend }) => {
    const { codes, accepted, leaked, size } = await reportOf(
      ({ Reactor, Acceptor, Interest, socket, openFds, report, injectFaults, outcomeOf, args }) => {
        const reactor = new Reactor({ backend: args });
        const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
        const { port } = socket.getsockname(listener) as { port: number };
        const acceptor = new Acceptor(reactor, listener, (fd: number) => {
          reactor.register(fd, Interest.READABLE, () => {}).close();
        });
        const stop = injectFaults(['epoll_ctl', 'error=ENOSPC']);
        const before = openFds();
        const clients = [1, 2].map(() => socket.connectTcp({ host: '127.0.0.1', port }));
        const codes: unknown[] = [];
        while (acceptor.accepted < 2) {
          const { error } = outcomeOf(() => reactor.poll(100));
          if (error === undefined) continue;
          codes.push(error.code);
          stop();
        }
        for (const fd of clients) socket.close(fd);
        const leaked = openFds().filter((fd) => !before.includes(fd));
        report({ codes, accepted: acceptor.accepted, leaked, size: reactor.size });
        process.exit(0);
      },
      { args: backend },
    );
    expect(codes).toEqual(['ENOSPC']);
    expect({ accepted, leaked, size }).toEqual({ accepted: 2, leaked: [], size: 1 });
  },
  { ...needs, needs: ['strace', 'epoll'] },
);
