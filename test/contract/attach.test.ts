// attach(): the host's event loop drives the turns, beside its own timers, promises and sockets.
import { Interest, Ready } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { inChild, reportOf } from '../helpers/child.js';
import { contractTest, recorder } from '../helpers/contract.js';
import { socketPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import { expectInvalidState } from '../helpers/throws.js';

const byte = new Uint8Array([1]);
const needs = { needs: 'attach' } as const;
const turnOfHost = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

contractTest(
  'events, timers and wakers come without poll',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, bits } = recorder();
    const seen: string[] = [];
    reactor.register(a, Interest.READABLE, handler, { mode: 'level' });
    const waker = reactor.createWaker(() => seen.push('waker'));
    reactor.setTimer(5, () => seen.push('timer'));
    reactor.attach();
    socket.send(b, byte);
    waker.wake();
    await eventually('all three', () => bits() === Ready.READABLE && seen.length === 2);
    expect(seen.sort()).toEqual(['timer', 'waker']);
    reactor.close();
  },
  needs,
);

contractTest(
  'what is set and registered after attach comes as well',
  async ({ reactor }) => {
    reactor.attach();
    await turnOfHost();
    const [a, b] = socketPair();
    const { handler, bits } = recorder();
    const reg = reactor.register(a, Interest.READABLE, handler);
    let fired = 0;
    const start = performance.now();
    let after = 0;
    reactor.setTimer(10.5, () => {
      fired++;
      after = performance.now() - start;
    });
    socket.send(b, byte);
    await eventually('the event and the timer', () => bits() === Ready.READABLE && fired === 1);
    expect(after).toBeGreaterThanOrEqual(10.5);
    reg.deregister();
  },
  needs,
);

contractTest(
  'a repeating timer and a timer set in a handler',
  async ({ reactor }) => {
    reactor.attach();
    let repeated = 0;
    let chained = 0;
    const repeating = reactor.setTimer(
      0,
      () => {
        repeated++;
      },
      { repeatMs: 1 },
    );
    const chain = (): void => {
      if (++chained < 5) reactor.setTimer(1, chain);
    };
    reactor.setTimer(0, chain);
    await eventually('both', () => repeated >= 5 && chained === 5);
    repeating.cancel();
    const told = repeated;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(repeated).toBe(told);
  },
  needs,
);

contractTest(
  "promise jobs and nextTicks run between turns, Node's timers go on",
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const order: string[] = [];
    reactor.attach();
    reactor.register(a, Interest.READABLE, (_, reg) => {
      order.push('handler');
      process.nextTick(() => order.push('tick'));
      void Promise.resolve().then(() => order.push('promise'));
      reg.deregister();
    });
    socket.send(b, byte);
    await eventually('the jobs', () => order.length === 3);
    expect(order).toEqual(['handler', 'tick', 'promise']);
  },
  needs,
);

contractTest(
  'a level-triggered fd that is never read starves neither Node nor the process',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    reactor.attach();
    reactor.register(a, Interest.READABLE, handler);
    socket.send(b, byte);
    let ticks = 0;
    const interval = setInterval(() => ticks++, 1);
    await eventually('both go on', () => ticks >= 5 && ready.length >= 5);
    clearInterval(interval);
  },
  needs,
);

contractTest(
  'poll and run while attached are ERR_INVALID_STATE; after detach they work',
  ({ reactor }) => {
    reactor.attach();
    reactor.attach();
    expectInvalidState(() => reactor.poll(0));
    expectInvalidState(() => reactor.run());
    reactor.detach();
    reactor.detach();
    expect(reactor.poll(0)).toBe(0);
  },
  needs,
);

contractTest(
  'detach and attach again, also inside a handler, lose nothing',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    let detached = 0;
    const reg = reactor.register(a, Interest.READABLE, (bits, self) => {
      handler(bits, self);
      socket.recv(a, new Uint8Array(8));
      reactor.detach();
      detached++;
    });
    for (let round = 1; round <= 3; round++) {
      reactor.attach();
      socket.send(b, byte);
      await eventually('the event', () => ready.length === round);
      expect(detached).toBe(round);
      socket.send(b, byte);
      await turnOfHost();
      await turnOfHost();
      expect(ready).toHaveLength(round); // detached: no loop drives it
      socket.recv(a, new Uint8Array(8));
    }
    expect(reactor.poll(0)).toBe(0);
    reg.deregister();
  },
  needs,
);

contractTest(
  'attach inside a handler of poll is ERR_INVALID_STATE or takes over after the turn',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    let error: unknown;
    reactor.register(a, Interest.READABLE, (_, reg) => {
      reg.deregister();
      try {
        reactor.attach();
      } catch (e) {
        error = e;
      }
    });
    socket.send(b, byte);
    reactor.poll(1000);
    if (error !== undefined) expect(error).toHaveProperty('code', 'ERR_INVALID_STATE');
    else expectInvalidState(() => reactor.poll(0));
  },
  needs,
);

contractTest(
  'close while attached, also inside a handler',
  async ({ newReactor }) => {
    for (const where of ['outside', 'handler', 'timer'] as const) {
      const reactor = newReactor();
      const [a, b] = socketPair();
      let ran = 0;
      reactor.attach();
      reactor.register(a, Interest.READABLE, () => {
        ran++;
        if (where === 'handler') reactor.close();
      });
      if (where === 'timer') reactor.setTimer(0, () => reactor.close());
      socket.send(b, byte);
      if (where === 'outside') reactor.close();
      await eventually('closed', () => reactor.closed);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (where !== 'timer') expect(ran).toBe(where === 'handler' ? 1 : 0);
      expectInvalidState(() => reactor.attach());
      expectInvalidState(() => reactor.ref());
    }
  },
  needs,
);

contractTest(
  'two attached reactors in one process do not mind each other',
  async ({ reactor, newReactor }) => {
    const other = newReactor();
    const [a, b] = socketPair();
    let rounds = 0;
    for (const [r, fd, peer] of [
      [reactor, a, b],
      [other, b, a],
    ] as const) {
      r.attach();
      r.register(fd, Interest.READABLE, () => {
        socket.recv(fd, new Uint8Array(8));
        if (++rounds < 100) socket.send(peer === a ? b : a, byte);
      });
    }
    socket.send(a, byte);
    await eventually('ping-pong', () => rounds >= 100);
  },
  needs,
);

contractTest(
  'an exception of a handler is an uncaught exception; the rest of the batch is delivered',
  async ({ backend }) => {
    const outcome = await reportOf(
      ({ Reactor, Interest: I, socket: s, report, args }) => {
        const caught: string[] = [];
        const seen: number[] = [];
        process.on('uncaughtException', (error) => caught.push(error.message));
        const reactor = new Reactor({ backend: args });
        reactor.attach();
        for (let i = 0; i < 5; i++) {
          const [a, b] = s.socketpair();
          reactor.register(a, I.READABLE, (_, reg) => {
            seen.push(i);
            reg.deregister();
            if (seen.length === 2) throw new Error('from handler');
          });
          s.send(b, new Uint8Array(1));
        }
        reactor.setTimer(5, () => {
          throw new Error('from timer');
        });
        const look = (): void => {
          if (caught.length < 2 || seen.length < 5) return void setTimeout(look, 5);
          // Where making the sockets takes longer than the timer, that is due in the first turn, and they may be later.
          report({ caught: caught.sort(), seen: seen.sort() });
          process.exit(0);
        };
        setTimeout(look, 200);
      },
      { args: backend },
    );
    expect(outcome).toEqual({ caught: ['from handler', 'from timer'], seen: [0, 1, 2, 3, 4] });
  },
  needs,
);

contractTest(
  'an uncaught exception ends the process with code 1 and the message',
  async ({ backend }) => {
    const outcome = await inChild(
      ({ Reactor, args }) => {
        const reactor = new Reactor({ backend: args });
        reactor.attach();
        reactor.setTimer(1, () => {
          throw new Error('nobody catches this');
        });
      },
      { args: backend },
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('nobody catches this');
  },
  needs,
);

contractTest(
  "beside Node's own sockets and timers in one process",
  async ({ backend }) => {
    const report = await reportOf(
      ({ Reactor, Acceptor, Interest: I, socket: s, http, net, report, args }) => {
        const reactor = new Reactor({ backend: args });
        reactor.attach();
        const listener = s.listenTcp({ host: '127.0.0.1', port: 0 });
        const buffer = Buffer.alloc(65536);
        new Acceptor(reactor, listener, (fd: number) => {
          reactor.register(fd, I.READABLE, (_, reg) => {
            const n = s.recv(fd, buffer);
            if (n > 0) s.send(fd, buffer, 0, n);
            else if (n === 0) reg.close();
          });
        });
        const { port } = s.getsockname(listener) as { port: number };
        const server = http
          .createServer((_, response) => response.end('from node:http'))
          .listen(0, '127.0.0.1', () => {
            const results: string[] = [];
            const done = (text: string): void => {
              results.push(text);
              if (results.length < 3) return;
              report(results.sort());
              process.exit(0);
            };
            http.get({ port: (server.address() as { port: number }).port }, (response) => {
              response.setEncoding('utf8').on('data', done);
            });
            const client = net.connect(port, '127.0.0.1', () => client.write('from node:net'));
            client.setEncoding('utf8').on('data', done);
            setTimeout(() => done('from setTimeout'), 5);
          });
      },
      { args: backend },
    );
    expect(report).toEqual(['from node:http', 'from node:net', 'from setTimeout']);
  },
  needs,
);
