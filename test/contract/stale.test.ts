// After deregister() or close() no event of that registration is ever delivered, whatever else happens in the same
// batch, and whichever file has the number of the fd by then.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Interest, type Registration } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest, recorder } from '../helpers/contract.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { own } from '../helpers/owned.js';
import { listen, pairWithNumber, socketPair } from '../helpers/pairs.js';
import { underWine } from '../helpers/platform.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

const byte = new Uint8Array([1]);

/** Registrations whose events all come in one batch; each handler gets the list. */
function ready(count: number, register: (fd: number, index: number) => Registration<never>): Registration<never>[] {
  return Array.from({ length: count }, (_, index) => {
    const [a, b] = socketPair();
    const registration = register(a, index);
    socket.send(b, byte);
    return registration;
  });
}

contractTest('the first handler deregisters all others of its batch: none of them runs', ({ reactor }) => {
  for (const how of ['deregister', 'close'] as const) {
    let ran = 0;
    const all: Registration<never>[] = ready(
      10,
      (fd) =>
        reactor.register(fd, Interest.READABLE, (_, self) => {
          ran++;
          for (const registration of all) if ((registration as unknown) !== self) registration[how]();
        }) as Registration<never>,
    );
    expect(reactor.poll(1000)).toBe(1);
    expect(ran).toBe(1);
    expect(reactor.size).toBe(1);
    for (const registration of all) registration.close();
  }
});

contractTest(
  'a number closed and given to a new socket in the same batch: the new one gets no old event',
  ({ newReactor }) => {
    for (let round = 0; round < 20; round++) {
      const reactor = newReactor();
      const fresh = recorder();
      const taken: number[] = [];
      let ran = 0;
      const all: Registration<never>[] = ready(
        6,
        (fd) =>
          reactor.register(fd, Interest.READABLE, (_, self) => {
            ran++;
            if (taken.length > 0) return;
            const others = all.filter((registration) => (registration as unknown) !== self);
            for (const other of others) other.close();
            const isReused = (): boolean => others.some(({ fd: closed }) => taken.includes(closed));
            for (let i = 0; i < 3 || (i < 50 && !isReused()); i++) taken.push(...socketPair());
            for (const again of taken) reactor.register(again, Interest.READABLE, fresh.handler);
            expect(isReused()).toBe(true);
          }) as Registration<never>,
      );
      turnUntil(reactor, () => ran === 1);
      expect(reactor.poll(0)).toBe(1); // the first one again: level
      expect(fresh.ready).toEqual([]);
      reactor.close();
      for (const registration of all) registration.close();
    }
  },
);

contractTest(
  'an accept that reuses the number of a connection closed in the same batch gets only its own events',
  ({ reactor }) => {
    const { listener, port } = listen();
    const victims: Registration<never>[] = [];
    const got: string[] = [];
    const watchConnection = (fd: number, name: string): Registration<never> =>
      reactor.register(own(fd), Interest.READABLE, () => {
        got.push(name);
        for (const victim of victims.splice(0)) if (victim.fd !== fd) victim.close();
        own(socket.connectTcp({ host: '127.0.0.1', port }));
      }) as Registration<never>;
    reactor.register(listener, Interest.READABLE, () => {
      const fd = socket.accept(listener);
      if (fd >= 0) reactor.register(own(fd), Interest.READABLE, () => got.push('new'));
    });
    for (const name of ['first', 'second', 'third']) {
      const [a, b] = socketPair();
      victims.push(watchConnection(a, name));
      socket.send(b, byte);
    }
    reactor.poll(1000);
    for (let i = 0; i < 10; i++) reactor.poll(1);
    expect(got).not.toContain('new'); // nothing was sent to the new connection
    expect(got.filter((name) => name !== got[0])).toEqual([]);
  },
);

contractTest(
  'an fd that other code closed, and its number registered anew: no event of the old file',
  ({ reactor }) => {
    const [old, fresh] = [recorder(), recorder()];
    const [a, b] = socketPair();
    reactor.register(a, Interest.READABLE, old.handler);
    socket.send(b, byte);
    socket.close(a);
    const [again] = pairWithNumber(a);
    reactor.register(again, Interest.READABLE, fresh.handler);
    expect(turnFor(reactor)).toBe(0);
    expect([...old.ready, ...fresh.ready]).toEqual([]);
    reactor.close();
  },
  { notOnLibkqueue: libkqueue.closed },
);

contractTest('deregister and register of the same fd in a handler: only what is true now is told', ({ reactor }) => {
  const [a, b] = socketPair();
  const second = recorder();
  let first = 0;
  const reg = reactor.register(a, Interest.READABLE, () => {
    first++;
    reg.deregister();
    socket.recv(a, new Uint8Array(8));
    reactor.register(a, Interest.READABLE, second.handler);
  });
  socket.send(b, byte);
  turnUntil(reactor, () => first === 1);
  expect(turnFor(reactor)).toBe(0);
  expect(second.ready).toEqual([]);
  socket.send(b, byte);
  turnUntil(reactor, () => second.ready.length > 0);
  expect(first).toBe(1);
});

contractTest(
  'an interest taken away by an earlier handler of the batch: the event may come, and must do no harm',
  ({ reactor }) => {
    const all: Registration<never>[] = ready(
      5,
      (fd) =>
        reactor.register(fd, Interest.READABLE, () => {
          for (const registration of all) registration.modify(0);
        }) as Registration<never>,
    );
    reactor.poll(1000);
    expect(turnFor(reactor)).toBe(0);
  },
);

contractTest('the slot of a registration used again by another fd in the same batch', ({ reactor }) => {
  const fresh = recorder();
  let ran = 0;
  const all: Registration<never>[] = ready(
    8,
    (fd) =>
      reactor.register(fd, Interest.READABLE, (_, self) => {
        ran++;
        for (const registration of all) if ((registration as unknown) !== self) registration.deregister();
        for (let i = 0; i < 10; i++) reactor.register(socketPair()[0], Interest.READABLE, fresh.handler);
      }) as Registration<never>,
  );
  expect(reactor.poll(1000)).toBe(1);
  expect(ran).toBe(1);
  expect(fresh.ready).toEqual([]);
  all[0]?.close();
});

/** Wine needs milliseconds for a pair of sockets. */
const TURNS = underWine ? 200 : 1000;

contractTest(
  `closing every fd of a batch at random, with new ones in their place, ${TURNS} times`,
  ({ reactor }) => {
    // Each registration must only ever be told while it is live, and only if its own peer has sent something.
    let seed = 20260101;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    type Conn = { reg: Registration<Conn>; peer: number; sent: boolean };
    const live: Conn[] = [];
    const violations: string[] = [];
    const remove = (index: number): void => {
      const [conn] = live.splice(index, 1) as [Conn];
      conn.reg.close();
      socket.close(conn.peer);
      conn.sent = false;
    };
    const add = (): void => {
      const [fd, peer] = socket.socketpair();
      const conn = { peer, sent: false } as Conn;
      conn.reg = reactor.register<Conn>(fd, Interest.READABLE, handler, { data: conn });
      live.push(conn);
    };
    const handler = (_: number, { data: conn }: Registration<Conn>): void => {
      if (!live.includes(conn)) violations.push('told after close');
      if (!conn.sent) violations.push('told without a reason');
      socket.recv(conn.reg.fd, new Uint8Array(8));
      conn.sent = false;
      for (let i = random(4); i > 0 && live.length > 0; i--) remove(random(live.length));
      for (let i = random(5); i > 0 && live.length < 40; i--) add();
    };
    for (let i = 0; i < 20; i++) add();
    for (let turn = 0; turn < TURNS; turn++) {
      for (const conn of live) {
        if (random(3) !== 0) continue;
        socket.send(conn.peer, byte);
        conn.sent = true;
      }
      reactor.poll(0);
      while (live.length < 10) add();
    }
    while (live.length > 0) remove(0);
    expect(violations).toEqual([]);
    expect(reactor.size).toBe(0);
    expect(reactor.metrics().events).toBeGreaterThan(TURNS);
  },
  { timeoutMs: 60_000 },
);

contractTest(
  'close of a registration whose fd a child holds as well: no event comes, and nothing spins',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    const reg = reactor.register(a, Interest.READABLE, handler);
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', a] });
    await once(child, 'spawn');
    reg.close();
    socket.send(b, byte);
    const before = reactor.metrics().turns;
    expect(turnFor(reactor, 50)).toBe(0);
    expect(ready).toEqual([]);
    expect(reactor.metrics().turns - before).toBeLessThan(20);
    child.stdin?.end();
    await once(child, 'close');
  },
  { needs: 'fdsInChildren' },
);
