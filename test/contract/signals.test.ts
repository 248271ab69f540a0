// Signals as events of the reactor.
import { Interest } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { raise } from '../helpers/fixtures/raise.mjs';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { socketPair } from '../helpers/pairs.js';
import { anotherSignal, aSignal, inDeno, isWindows } from '../helpers/platform.js';
import { expectArgumentType, expectBadArgument, expectInvalidState } from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

/** When a child says who it is, it gets the signal: it is in its wait by then. */
const raiseSoon =
  (signal: NodeJS.Signals) =>
  ({ pid }: { pid?: number }): void => {
    if (pid !== undefined) setTimeout(() => raise(signal, { pid }), 100);
  };

contractTest(
  'a signal calls the handler in a turn, with its name',
  ({ reactor }) => {
    const seen: string[] = [];
    const reg = reactor.onSignal(aSignal, (signal: string) => seen.push(signal));
    expect(reactor.size).toBe(0);
    raise(aSignal);
    turnUntil(reactor, () => seen.length === 1);
    expect(seen).toEqual([aSignal]);
    reg.deregister();
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'different signals go to their own handlers; two handlers of one are both called',
  ({ reactor, newReactor }) => {
    const seen: string[] = [];
    const other = newReactor();
    reactor.onSignal(aSignal, () => seen.push('usr2'));
    reactor.onSignal(anotherSignal, () => seen.push('hup'));
    other.onSignal(anotherSignal, () => seen.push('hup elsewhere'));
    raise(anotherSignal);
    turnUntil(reactor, () => seen.includes('hup'));
    turnUntil(other, () => seen.includes('hup elsewhere'));
    raise(aSignal);
    turnUntil(reactor, () => seen.includes('usr2'));
    expect(seen.sort()).toEqual(['hup', 'hup elsewhere', 'usr2']);
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'raised again and again until they are heard: each handler hears its own, as long as it is there',
  ({ reactor, newReactor }) => {
    const other = newReactor();
    const heard = { one: 0, two: 0, elsewhere: 0, another: 0 };
    const keep = reactor.onSignal(anotherSignal, () => heard.another++);
    const one = reactor.onSignal(aSignal, () => heard.one++);
    const two = reactor.onSignal(aSignal, () => heard.two++);
    other.onSignal(aSignal, () => heard.elsewhere++);
    /** Raises it in each turn until the condition holds. */
    const raiseUntil = (condition: () => boolean): void => {
      turnUntil(reactor, () => {
        raise(aSignal);
        other.poll(1);
        return condition();
      });
    };
    raiseUntil(() => heard.one > 0 && heard.two > 0 && heard.elsewhere > 0);
    one.deregister();
    turnFor(reactor);
    const before = { ...heard };
    raiseUntil(() => heard.two > before.two && heard.elsewhere > before.elsewhere);
    expect(heard).toMatchObject({ one: before.one, another: 0 });
    two.deregister();
    keep.deregister();
  },
  { needs: 'signals' },
);

contractTest(
  'many of the same before the turn are at least one call, and later ones are not lost',
  ({ reactor }) => {
    let calls = 0;
    reactor.onSignal(aSignal, () => calls++);
    for (let round = 1; round <= 5; round++) {
      const before = calls;
      raise(aSignal, { times: 50 });
      turnUntil(reactor, () => calls > before);
      turnFor(reactor, 10);
    }
    expect(calls).toBeLessThanOrEqual(250);
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'deregister: the handler is not called any more, also for a signal that came before',
  ({ reactor }) => {
    let calls = 0;
    const keep = reactor.onSignal(aSignal, () => {}); // or the signal would end this process
    const reg = reactor.onSignal(aSignal, () => calls++);
    raise(aSignal);
    reg.deregister();
    reg.deregister();
    turnFor(reactor);
    raise(aSignal);
    turnFor(reactor);
    expect(calls).toBe(0);
    keep.deregister();
  },
  { needs: 'signals' },
);

contractTest(
  'deregister in its own handler',
  ({ reactor }) => {
    let calls = 0;
    const keep = reactor.onSignal(aSignal, () => {});
    const reg = reactor.onSignal(aSignal, () => {
      calls++;
      reg.deregister();
    });
    raise(aSignal);
    turnUntil(reactor, () => calls === 1);
    raise(aSignal);
    turnFor(reactor);
    expect(calls).toBe(1);
    keep.deregister();
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  "beside a listener of Node's: both hear it, on Windows and in Deno the reactor alone; Node's listener works again afterwards",
  async ({ reactor }) => {
    let nodes = 0;
    let own = 0;
    const listener = (): void => {
      nodes++;
    };
    process.on(aSignal, listener);
    const reg = reactor.onSignal(aSignal, () => own++);
    raise(aSignal);
    turnUntil(reactor, () => own === 1);
    const heard = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): unknown => (nodes >= count ? resolve() : setTimeout(look, 2));
        look();
      });
    // Windows gives an event to one handler alone: the one that was installed last and takes it.
    const already = isWindows || inDeno ? 0 : 1;
    await heard(already);
    reg.deregister();
    raise(aSignal);
    await heard(already + 1);
    process.off(aSignal, listener);
    expect([nodes, own]).toEqual([already + 1, 1]);
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'signals that cannot be watched, and unknown names, are refused',
  ({ reactor }) => {
    for (const signal of ['SIGKILL', 'SIGSTOP', 'SIGNONSENSE', '', 'sigterm', '__proto__', 'constructor'] as Any[]) {
      expectBadArgument(() => reactor.onSignal(signal, () => {}));
    }
    for (const signal of [15, null, undefined, {}, Symbol('SIGTERM')] as Any[]) {
      expectArgumentType(() => reactor.onSignal(signal, () => {}));
    }
    for (const handler of [null, undefined, {}, 'x'] as Any[])
      expectArgumentType(() => reactor.onSignal(aSignal, handler));
  },
  { needs: 'signals' },
);

contractTest(
  'onSignal after close is ERR_INVALID_STATE',
  ({ reactor }) => {
    reactor.close();
    expectInvalidState(() => reactor.onSignal(aSignal, () => {}));
  },
  { needs: 'signals' },
);

contractTest(
  'a signal during a blocking poll ends the wait',
  async ({ backend }) => {
    const report = await reportOf(
      ({ Reactor, report, args }) => {
        const reactor = new Reactor({ backend: args });
        let came = '';
        reactor.onSignal('SIGTERM', (signal: string) => {
          came = signal;
        });
        report({ pid: process.pid });
        while (came === '') reactor.poll(-1);
        report(came);
        process.exit(0);
      },
      { args: backend, onReport: raiseSoon('SIGTERM') },
    );
    expect(report).toBe('SIGTERM');
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'run does not end while a signal handler is there; stop in it does',
  async ({ backend }) => {
    const report = await reportOf(
      ({ Reactor, report, args }) => {
        const reactor = new Reactor({ backend: args });
        const reg = reactor.onSignal('SIGINT', () => reg.deregister());
        report({ pid: process.pid });
        reactor.run();
        report('ended');
        process.exit(0);
      },
      { args: backend, onReport: raiseSoon('SIGINT') },
    );
    expect(report).toBe('ended');
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);

contractTest(
  'a storm of signals while sockets are busy: no crash, everything is delivered',
  ({ reactor }) => {
    let signals = 0;
    let bytes = 0;
    reactor.onSignal(aSignal, () => signals++);
    const [a, b] = socketPair();
    reactor.register(a, Interest.READABLE, () => {
      bytes += Math.max(0, socket.recv(a, new Uint8Array(64)));
    });
    const signalEvery = isWindows ? 50 : 1; // a process each
    for (let i = 0; i < 500; i++) {
      socket.send(b, new Uint8Array(1));
      if (i % signalEvery === 0) raise(aSignal);
      reactor.poll(0);
    }
    turnUntil(reactor, () => bytes === 500 && signals > 0);
  },
  { needs: 'signals', notOnLibkqueue: libkqueue.signals },
);
