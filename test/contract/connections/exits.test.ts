// Ends of programs, reactors and listeners with something to send; a process without room for another fd; a termination
// in the middle of a turn. Each in a process of its own where it would end or change this one.
import { WOULD_BLOCK } from 'fdreactor';
import { Connection, configureConnections, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { own } from '../../helpers/owned.js';
import { acceptOne, fill, listen, recvAll, socketPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { codeOf, connectionPair, connectionTest } from '../../helpers/streams/backends.js';
import { caught, expectArgumentType } from '../../helpers/throws.js';
import { turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

connectionTest('reactor.close() sends what the turn has to send, and drops what is queued', (t) => {
  const reactor = t.newReactor();
  const events: string[] = [];
  const sent = connectionPair(reactor, { close: () => events.push('close') });
  const queued = connectionPair(reactor, { error: () => events.push('error') });
  const taken = fill(queued.connection.fd);
  sent.connection.write('sent');
  queued.connection.write(Buffer.alloc(100_000));
  reactor.close();
  expect(recvAll(sent.peer).toString()).toBe('sent');
  expect(recvAll(queued.peer).length).toBe(taken);
  expect({ events, closed: queued.connection.closed, write: queued.connection.write('x') }).toEqual({
    events: [],
    closed: true,
    write: false,
  });
});

connectionTest('reactor.close() in a handler: no other one is called, and what was written leaves', (t) => {
  const reactor = t.newReactor();
  let calls = 0;
  const all = [0, 1, 2].map(() =>
    connectionPair(reactor, {
      data: (self) => {
        calls++;
        self.write('bye');
        reactor.close();
      },
    }),
  );
  for (const { peer } of all) socket.send(peer, Buffer.from('x'));
  reactor.poll(1000);
  expect(calls).toBe(1);
  const texts = all.map(({ peer }) => recvAll(peer).toString()).sort();
  expect(texts).toEqual(['', '', 'bye']);
});

connectionTest(
  'process.exit() drops what the turn has to send, and keeps what turns before it have sent',
  async (t) => {
    const { listener, port } = listen();
    const ended = reportOf(
      ({ Reactor, connection, report, args }) => {
        const reactor = new Reactor({ backend: args.backend });
        connection.connect(
          reactor,
          { host: '127.0.0.1', port: args.port },
          {
            open: (self) => {
              self.write('sent');
              reactor.setTimer(1, () => {
                self.write(', dropped');
                report('exits');
                process.exit(0);
              });
            },
          },
        );
        reactor.run();
      },
      { args: { backend: t.backend, port } },
    );
    expect(await ended).toBe('exits');
    expect(recvAll(acceptOne(listener)).toString()).toBe('sent');
  },
  { needs: 'shell' },
);

connectionTest(
  'a listener without room for another fd rests, does not spin, and goes on when there is room',
  async (t) => {
    const result = await reportOf(
      ({ Reactor, connection, report, args }) => {
        const reactor = new Reactor({ backend: args });
        const listener = new connection.Listener(reactor, { host: '127.0.0.1', port: 0, backlog: 512 }, {});
        report(listener.address);
        while (listener.pauses === 0) reactor.poll(100);
        const full = { accepted: listener.accepted, turns: reactor.metrics().turns };
        for (const end = performance.now() + 250; performance.now() < end; ) reactor.poll(end - performance.now());
        const rested = { pauses: listener.pauses, turns: reactor.metrics().turns - full.turns };
        while (listener.accepted < 150) {
          for (const open of [...listener.connections()]) open.close();
          reactor.poll(100);
        }
        report({ full, rested, accepted: listener.accepted });
        process.exit(0);
      },
      {
        args: t.backend,
        wrap: ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'],
        onReport: ({ port }) => {
          for (let i = 0; port !== undefined && i < 150; i++) own(socket.connectTcp({ host, port }));
        },
      },
    );
    expect(result.full.accepted).toBeGreaterThan(20);
    expect(result.rested.pauses).toBeLessThanOrEqual(4);
    expect(result.rested.turns).toBeLessThan(50);
    expect(result.accepted).toBe(150);
  },
  { needs: 'shell' },
);

connectionTest(
  'errors of accept(2): of one connection they do not pause the listener, its own are told',
  async (t) => {
    const results = await reportOf(
      ({ Reactor, connection, socket: s, report, injectFaults, outcomeOf, args }) => {
        const found: Record<string, unknown> = {};
        for (const code of args.codes) {
          const reactor = new Reactor({ backend: args.backend });
          const listener = new connection.Listener(reactor, { host: '127.0.0.1', port: 0 }, {});
          const stop = injectFaults(['accept4', `error=${code}`, '1..3'], ['accept', `error=${code}`, '1..3']);
          const { port } = listener.address as { port: number };
          const clients = [1, 2].map(() => s.connectTcp({ host: '127.0.0.1', port }));
          const thrown: unknown[] = [];
          for (const end = Date.now() + 20_000; listener.accepted < 2 && Date.now() < end; ) {
            const { error } = outcomeOf(() => reactor.poll(100));
            if (error !== undefined) thrown.push(`${error.code} ${error.syscall}`);
          }
          stop();
          found[code] = { accepted: listener.accepted, pauses: listener.pauses, thrown };
          reactor.close();
          for (const fd of clients) s.close(fd);
        }
        report(found);
        process.exit(0);
      },
      { args: { backend: t.backend, codes: ['EPROTO', 'EPERM', 'EMFILE', 'EINVAL'] }, timeoutMs: 60_000 },
    );
    const own3 = (code: string): string[] => Array.from({ length: 3 }, () => `${code} accept4`);
    expect(results).toEqual({
      EPROTO: { accepted: 2, pauses: 0, thrown: [] },
      EPERM: { accepted: 2, pauses: 0, thrown: [] },
      EMFILE: { accepted: 2, pauses: 3, thrown: [] },
      EINVAL: { accepted: 2, pauses: 3, thrown: own3('EINVAL') },
    });
  },
  { needs: 'strace', timeoutMs: 60_000 },
);

connectionTest('listener.close({ graceMs }) lets run() return as soon as all are closed', (t) => {
  const reactor = t.newReactor();
  const listener = new Listener(reactor, { host, port: 0 }, {});
  const { port } = listener.address as { port: number };
  const client = connect(reactor, { host, port }, {});
  turnUntil(reactor, () => listener.size === 1);
  const began = performance.now();
  listener.close({ graceMs: 60_000 });
  reactor.run();
  expect({ closed: client.closed, size: listener.size }).toEqual({ closed: true, size: 0 });
  expect(performance.now() - began).toBeLessThan(30_000);
  expect((listener.address as { port: number }).port).toBe(port);
});

connectionTest('a listener of what does not listen is refused, and leaves it open', (t) => {
  const reactor = t.newReactor();
  const [a] = socketPair();
  expect(caught(() => new Listener(reactor, { fd: a }, {})).code).toBe('ERR_INVALID_ARG_VALUE');
  expectArgumentType(() => new Listener(reactor, { fd: 'x' as unknown as number }, {}));
  expectArgumentType(() => new Listener(reactor, { host: 5 as unknown as string, port: 0 }, {}));
  for (const handlers of [null, 5, { data: 5 }, { close: 'x' }]) {
    expectArgumentType(() => new Connection(reactor, a, handlers as unknown as object));
    expectArgumentType(() => connect(reactor, { host, port: 1 }, handlers as unknown as object));
    expectArgumentType(() => new Listener(reactor, { host, port: 0 }, handlers as unknown as object));
  }
  expect(socket.recv(a, Buffer.alloc(1))).toBe(WOULD_BLOCK);
  const { listener } = listen();
  new Listener(reactor, { fd: listener }, {});
  expect(caught(() => new Listener(reactor, { fd: listener }, {})).code).toBe('EEXIST');
});

connectionTest(
  'a termination within the wait sends nothing twice, and loses nothing',
  async (t) => {
    const result = await reportOf(
      ({ Reactor, connection, socket: s, require, report, args }) => {
        const vm = require('node:vm') as typeof import('node:vm');
        const reactor = new Reactor({ backend: args });
        const [fd, peer] = s.socketpair();
        let got = '';
        const mine = new connection.Connection(reactor, fd, {
          data: (_: unknown, bytes: Buffer) => {
            got += bytes.toString('latin1');
          },
        });
        // A first round compiles what the others run: a time-out is to come within the wait, not within a handler.
        s.send(peer, Buffer.from('begin;'));
        while (got === '') reactor.poll(1000);
        let expected = '';
        for (let i = 0; i < 10; i++) {
          mine.write(`${i},`);
          // Without anything to read the wait that has sent is the one that is terminated.
          if (i % 2 === 0) s.send(peer, Buffer.from(`${i};`));
          expected += `${i},`;
          try {
            vm.runInNewContext('for (;;) reactor.poll(-1)', { reactor }, { timeout: 100 });
          } catch {
            mine.write('after,'); // before any turn has looked at what the last one did
            expected += 'after,';
          }
        }
        for (let i = 0; i < 5; i++) reactor.poll(0);
        const buffer = Buffer.alloc(10_000);
        const sent = buffer.toString('latin1', 0, s.recv(peer, buffer));
        report({ isSame: sent === expected, sent, got });
        process.exit(0);
      },
      { args: t.backend, timeoutMs: 60_000 },
    );
    expect(result).toMatchObject({ isSame: true, got: 'begin;0;2;4;6;8;' });
  },
  {
    needs: 'pipe',
    timeoutMs: 60_000,
    notInBun: 'a time-out of node:vm does not end a call there',
    notInDeno: 'a time-out of node:vm does not end a call there',
  },
);

connectionTest('a reactor that left something for the next turn gets it while it is attached', async (t) => {
  const reactor = t.newReactor({ onError: (error) => errors.push(codeOf(error)) });
  const errors: string[] = [];
  configureConnections(reactor, { slabBytes: 1, maxReports: 1, maxCommands: 2 });
  reactor.attach();
  const all = Array.from({ length: 5 }, () => {
    const { connection, peer } = connectionPair(reactor, {
      close: () => {
        throw new Error('of close');
      },
    });
    connection.pause();
    return { connection, peer };
  });
  await new Promise((resolve) => setImmediate(resolve));
  for (const { connection } of all) {
    connection.close();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually('all are told', () => errors.length >= 5);
  expect(errors).toEqual(Array(5).fill('of close'));
  reactor.close();
});
