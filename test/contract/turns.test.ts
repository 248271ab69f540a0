// Turns: poll, run, stop and close from every place, handlers that throw, and re-entrance.
import { Interest, type Reactor, type Registration } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { socketPair } from '../helpers/pairs.js';
import { aSignal } from '../helpers/platform.js';
import { caught, expectArgumentType, expectInvalidState, expectOutOfRange } from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const byte = new Uint8Array([1]);

/** Registers `count` fds that are ready; the handler gets the index. */
function makeReady(
  reactor: Reactor,
  count: number,
  handler: (index: number, reg: Registration<undefined>) => void,
): void {
  for (let index = 0; index < count; index++) {
    const [a, b] = socketPair();
    reactor.register(a, Interest.READABLE, (_, reg) => {
      socket.recv(a, new Uint8Array(8));
      handler(index, reg);
    });
    socket.send(b, byte);
  }
}

contractTest('a turn handles at most maxEvents; the next ones bring the rest, and no fd starves', ({ newReactor }) => {
  const reactor = newReactor({ maxEvents: 3 });
  const seen: number[] = [];
  makeReady(reactor, 10, (index) => seen.push(index));
  const turns: number[] = [];
  while (seen.length < 10) turns.push(reactor.poll(1000));
  expect(Math.max(...turns)).toBeLessThanOrEqual(3);
  expect([...seen].sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

contractTest('maxEvents must be a sensible number', ({ newReactor }) => {
  for (const maxEvents of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) expectOutOfRange(() => newReactor({ maxEvents }));
  for (const maxEvents of ['5', null, {}, 5n] as Any[]) expectArgumentType(() => newReactor({ maxEvents }));
  newReactor({ maxEvents: 1 });
});

contractTest('poll(0) does not wait, and a reactor without registrations may be polled', ({ reactor }) => {
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    expect(reactor.poll(0)).toBe(0);
    return performance.now() - start;
  });
  // A call that waits takes a millisecond each time. A busy machine delays some calls, not all of them.
  expect(Math.min(...times)).toBeLessThan(1);
});

contractTest('poll refuses a time-out that is not a time', ({ reactor }) => {
  for (const timeout of [Number.NaN, -2, -0.5, -Infinity]) expectOutOfRange(() => reactor.poll(timeout));
  for (const timeout of ['1', null, {}, 1n, Symbol('x'), true] as Any[])
    expectArgumentType(() => reactor.poll(timeout));
});

contractTest('run ends when nothing is left that could wake it', ({ reactor }) => {
  reactor.run();
  const seen: number[] = [];
  makeReady(reactor, 3, (index, reg) => {
    seen.push(index);
    reg.deregister();
  });
  reactor.setTimer(5, () => seen.push(99));
  reactor.run();
  expect(seen.sort()).toEqual([0, 1, 2, 99]);
});

contractTest('stop in a handler ends run after this turn; the rest of the batch is delivered', ({ reactor }) => {
  const seen: number[] = [];
  makeReady(reactor, 4, (index) => {
    seen.push(index);
    reactor.stop();
  });
  reactor.run();
  expect(seen).toHaveLength(4);
  expect(reactor.size).toBe(4);
  const again: number[] = [];
  reactor.setTimer(1, () => {
    again.push(1);
    reactor.stop();
  });
  reactor.run();
  expect(again).toEqual([1]);
});

contractTest('stop in a timer ends run; a stop before run does not', ({ reactor }) => {
  reactor.stop();
  let fired = 0;
  const repeating = reactor.setTimer(
    1,
    () => {
      if (++fired === 3) reactor.stop();
    },
    { repeatMs: 1 },
  );
  reactor.run();
  expect(fired).toBe(3);
  repeating.cancel();
});

contractTest('registering in a handler: told from the next turn on', ({ reactor }) => {
  const order: string[] = [];
  const [c, d] = socketPair();
  socket.send(d, byte);
  makeReady(reactor, 1, () => {
    order.push('first');
    reactor.register(c, Interest.READABLE, (_, reg) => {
      order.push('second');
      reg.deregister();
    });
  });
  expect(reactor.poll(1000)).toBe(1);
  expect(order).toEqual(['first']);
  turnUntil(reactor, () => order.length === 2);
});

contractTest(
  'a handler that throws: the error comes out once, the rest comes with the next turn, nothing twice',
  ({ reactor }) => {
    for (const thrower of [0, 2, 4]) {
      const seen: number[] = [];
      let position = 0;
      makeReady(reactor, 5, (index, reg) => {
        seen.push(index);
        reg.deregister();
        if (position++ === thrower) throw new Error('from the handler');
      });
      expect(caught(() => reactor.poll(1000))).toMatchObject({ message: 'from the handler' });
      expect(seen).toHaveLength(thrower + 1);
      if (thrower < 4) expect(reactor.poll(1000)).toBe(4 - thrower);
      expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
      expect(turnFor(reactor, 5)).toBe(0);
    }
  },
);

contractTest('every handler of a batch throws: every error comes out, one a turn', ({ reactor }) => {
  makeReady(reactor, 4, (index, reg) => {
    reg.deregister();
    throw new Error(`handler ${index}`);
  });
  const messages = Array.from({ length: 4 }, () => caught(() => reactor.poll(1000)).message as string);
  expect(messages.sort()).toEqual(['handler 0', 'handler 1', 'handler 2', 'handler 3']);
  expect(reactor.poll(0)).toBe(0);
});

contractTest(
  'the rest of a batch is checked again: an event of a registration that ended meanwhile is dropped',
  ({ reactor }) => {
    const regs: Registration<undefined>[] = [];
    let ran = 0;
    makeReady(reactor, 3, (_, reg) => {
      ran++;
      regs.push(reg);
      throw new Error('stop here');
    });
    caught(() => reactor.poll(1000));
    const size = reactor.size;
    reactor.close();
    expect([ran, size]).toEqual([1, 3]);
  },
);

contractTest('anything may be thrown, and comes out as it is', ({ reactor }) => {
  for (const value of [undefined, null, 0, 'text', Symbol('thrown'), { own: 1 }] as Any[]) {
    makeReady(reactor, 1, (_, reg) => {
      reg.deregister();
      throw value;
    });
    let came: unknown = 'nothing';
    try {
      turnFor(reactor, 1000);
    } catch (error) {
      came = error;
    }
    expect(came).toBe(value);
  }
});

contractTest('run lets an error out and can be called again', ({ reactor }) => {
  let ran = 0;
  makeReady(reactor, 2, (_, reg) => {
    reg.deregister();
    if (ran++ === 0) throw new Error('once');
  });
  expect(caught(() => reactor.run())).toMatchObject({ message: 'once' });
  reactor.run();
  expect(ran).toBe(2);
});

contractTest('an overflow of the stack in a handler comes out as any error, and the reactor goes on', ({ reactor }) => {
  let ran = 0;
  makeReady(reactor, 2, (_, reg) => {
    reg.deregister();
    if (ran++ > 0) return;
    const dive = (): number => 1 + dive();
    dive();
  });
  expect(caught(() => reactor.poll(1000))).toBeInstanceOf(RangeError);
  turnUntil(reactor, () => ran === 2);
});

contractTest(
  'poll, run and attach inside a handler, timer or waker are ERR_INVALID_STATE, and do no harm',
  ({ reactor }) => {
    let tried = 0;
    const attempt = (): void => {
      expectInvalidState(() => reactor.poll(0));
      expectInvalidState(() => reactor.run());
      tried++;
    };
    makeReady(reactor, 1, (_, reg) => {
      attempt();
      reg.deregister();
    });
    reactor.setTimer(0, attempt);
    const waker = reactor.createWaker(attempt);
    waker.wake();
    turnUntil(reactor, () => tried === 3);
    waker.close();
    expect(reactor.poll(0)).toBe(0);
  },
);

contractTest('another reactor may be polled inside a handler', ({ reactor, newReactor }) => {
  const inner = newReactor();
  const seen: string[] = [];
  makeReady(inner, 2, () => seen.push('inner'));
  makeReady(reactor, 2, () => {
    inner.poll(0);
    seen.push('outer');
  });
  expect(reactor.poll(1000)).toBe(2);
  expect(seen).toEqual(['inner', 'inner', 'outer', 'outer']);
});

contractTest("poll from a promise job works; a rejected handler promise is not the reactor's", async ({ reactor }) => {
  let ran = 0;
  makeReady(reactor, 2, () => {
    ran++;
    return Promise.resolve();
  });
  await Promise.resolve().then(() => turnUntil(reactor, () => ran === 2));
});

contractTest('close in a handler: no further handler of the batch runs, and run ends', ({ newReactor }) => {
  for (const drive of ['poll', 'run'] as const) {
    const reactor = newReactor();
    let ran = 0;
    makeReady(reactor, 5, () => {
      ran++;
      reactor.close();
    });
    reactor.setTimer(0, () => ran++);
    if (drive === 'poll') reactor.poll(1000);
    else reactor.run();
    expect(ran).toBe(1);
    expectInvalidState(() => reactor.poll(0));
  }
});

contractTest('close in a timer or a waker', ({ newReactor }) => {
  for (const by of ['timer', 'waker'] as const) {
    const reactor = newReactor();
    let later = 0;
    if (by === 'timer') reactor.setTimer(0, () => reactor.close());
    else reactor.createWaker(() => reactor.close()).wake();
    reactor.setTimer(1, () => later++);
    reactor.run();
    expect(later).toBe(0);
  }
});

contractTest('close leaves registered fds open, ends everything else, and is idempotent', ({ reactor }) => {
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  const timer = reactor.setTimer(10, () => {});
  const waker = reactor.createWaker(() => {});
  const signal = reactor.onSignal(aSignal, () => {});
  reactor.close();
  reactor.close();
  expect(reg.active).toBe(false);
  socket.send(b, byte);
  expect(socket.recv(a, new Uint8Array(4))).toBe(1);
  timer.cancel();
  waker.close();
  signal.deregister();
  reg.deregister();
  reg.close();
  expect(socket.recv(b, new Uint8Array(1))).toBe(0);
});

contractTest('closed and attached say so', ({ reactor }) => {
  expect([reactor.closed, reactor.attached]).toEqual([false, false]);
  reactor.attach();
  expect(reactor.attached).toBe(true);
  reactor.close();
  expect([reactor.closed, reactor.attached]).toEqual([true, false]);
});

contractTest('an error from a handler that also closed the reactor still comes out', ({ reactor }) => {
  makeReady(reactor, 2, () => {
    reactor.close();
    throw new Error('last words');
  });
  expect(caught(() => reactor.poll(1000))).toMatchObject({ message: 'last words' });
});

contractTest(
  'an endless chain of handlers that make each other ready does not keep timers from firing',
  ({ reactor }) => {
    const [a, b] = socketPair();
    reactor.register(a, Interest.READABLE, () => {
      socket.recv(a, new Uint8Array(8));
      socket.send(b, byte);
    });
    socket.send(b, byte);
    let fired = false;
    reactor.setTimer(5, () => {
      fired = true;
    });
    turnUntil(reactor, () => fired);
  },
);
