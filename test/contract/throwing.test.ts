// Handlers that throw: the error goes to onError, or out of the turn. Either way nothing else waits for it: not the
// rest of the batch, not the timers, not the host.
import { Acceptor, Interest, type Reactor, type Registration } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { dispose, own } from '../helpers/owned.js';
import { listen, socketPair } from '../helpers/pairs.js';
import { turnUntil } from '../helpers/wait.js';

const byte = new Uint8Array([1]);

/** An fd that is readable for as long as it is not read. */
function readable(): number {
  const [a, b] = socketPair();
  socket.send(b, byte);
  return a;
}

/** Turns as a program that catches what poll() throws. Returns what was thrown. */
function pollAndCatch(reactor: Reactor, turns: number): unknown[] {
  const thrown: unknown[] = [];
  for (let i = 0; i < turns; i++) {
    try {
      reactor.poll(1);
    } catch (error) {
      thrown.push(error);
    }
  }
  return thrown;
}

contractTest('a level handler that throws in every turn: timers fire', ({ reactor }) => {
  reactor.register(readable(), Interest.READABLE, () => {
    throw new Error('every turn');
  });
  const fired: string[] = [];
  reactor.setTimer(0, () => fired.push('once'));
  reactor.setTimer(0, () => fired.push('repeated'), { repeatMs: 1 });
  let turns = 0;
  let thrown = 0;
  for (; turns < 50_000 && fired.length < 5; turns++) thrown += pollAndCatch(reactor, 1).length;
  expect(thrown).toBeGreaterThan(3);
  expect(fired.length).toBeGreaterThanOrEqual(5);
});

contractTest('a timer that throws in every turn, and a handler that does: both run', ({ reactor }) => {
  let events = 0;
  let fired = 0;
  reactor.register(readable(), Interest.READABLE, () => {
    events++;
    throw new Error('event');
  });
  const timer = reactor.setTimer(
    0,
    () => {
      fired++;
      throw new Error('timer');
    },
    { repeatMs: 0 },
  );
  const thrown = pollAndCatch(reactor, 100);
  expect(thrown.length).toBeGreaterThan(90);
  expect(events).toBeGreaterThan(20);
  expect(fired).toBeGreaterThan(20);
  expect(timer.active).toBe(true);
});

contractTest('two fds whose handlers throw: the batch goes on, and both are served', ({ reactor }) => {
  const ran = [0, 0];
  for (const index of [0, 1]) {
    reactor.register(readable(), Interest.READABLE, () => {
      ran[index]!++;
      throw new Error(String(index));
    });
  }
  pollAndCatch(reactor, 20);
  expect(ran).toEqual([10, 10]);
});

contractTest("the registration's onError comes before the reactor's; the turn goes on", ({ newReactor }) => {
  const seen: unknown[] = [];
  const reactor = newReactor({ onError: (error, registration) => seen.push(['reactor', error, registration]) });
  const regs: Registration<string>[] = [];
  const handler = (_: number, registration: Registration<string>): void => {
    throw new Error(`from ${registration.data}`);
  };
  regs.push(reactor.register(readable(), Interest.READABLE, handler, { data: 'a' }));
  regs.push(
    reactor.register(readable(), Interest.READABLE, handler, {
      data: 'b',
      onError: (error, registration) => seen.push(['registration', error, registration]),
    }),
  );
  expect(reactor.poll(1000)).toBe(2);
  expect(seen).toHaveLength(2);
  expect(seen).toContainEqual(['reactor', new Error('from a'), regs[0]]);
  expect(seen).toContainEqual(['registration', new Error('from b'), regs[1]]);
  expect(reactor.metrics().events).toBe(2);
});

contractTest('what timers and wakers throw goes to the onError of the reactor, with null', ({ newReactor }) => {
  const seen: unknown[] = [];
  const reactor = newReactor({ onError: (error, registration) => seen.push([error, registration]) });
  const timer = reactor.setTimer(0, () => {
    throw new Error('timer');
  });
  const waker = reactor.createWaker(() => {
    throw new Error('waker');
  });
  waker.wake();
  turnUntil(reactor, () => seen.length === 2);
  expect(seen).toContainEqual([new Error('timer'), null]);
  expect(seen).toContainEqual([new Error('waker'), null]);
  expect(timer.active).toBe(false);
});

contractTest("the acceptor's onError comes before the reactor's; the connection is closed", ({ newReactor }) => {
  const seen: unknown[] = [];
  const reactor = newReactor({ onError: (error) => seen.push(['reactor', error]) });
  const { listener, port } = listen();
  const fds: number[] = [];
  const onConnection = (fd: number): void => {
    fds.push(fd);
    throw new Error(`connection ${fds.length}`);
  };
  const onError = (error: unknown, acceptor: Acceptor): void => {
    seen.push([acceptor, error]);
    if (fds.length === 2) acceptor.close();
  };
  const acceptor = dispose(new Acceptor(reactor, listener, onConnection, { onError }));
  for (let i = 0; i < 2; i++) own(socket.connectTcp({ host: '127.0.0.1', port }));
  turnUntil(reactor, () => seen.length === 2);
  expect(seen).toEqual([1, 2].map((number) => [acceptor, new Error(`connection ${number}`)]));
  for (const fd of fds) expect(() => socket.send(fd, byte)).toThrow();
  expect([reactor.size, acceptor.accepted]).toEqual([0, 2]);
});

contractTest('what the onError of an acceptor throws leaves poll()', ({ reactor }) => {
  const { listener, port } = listen();
  const options = {
    onError: () => {
      throw new Error('of onError');
    },
  };
  dispose(new Acceptor(reactor, listener, () => options.onError(), options));
  own(socket.connectTcp({ host: '127.0.0.1', port }));
  expect(() => turnUntil(reactor, () => false)).toThrow('of onError');
});

contractTest(
  'an error of the listener goes to the onError of the acceptor, which pauses',
  ({ reactor }) => {
    const { listener } = listen();
    const seen: unknown[] = [];
    const onError = (error: unknown): void => void seen.push(error);
    const acceptor = dispose(new Acceptor(reactor, listener, () => {}, { onError, retryMs: 60_000 }));
    socket.shutdown(listener, socket.SHUT_RDWR); // accept4(2) answers EINVAL then
    turnUntil(reactor, () => seen.length > 0);
    expect(seen).toEqual([expect.objectContaining({ code: 'EINVAL', syscall: 'accept4', fd: listener })]);
    expect([acceptor.pauses, acceptor.paused]).toEqual([1, true]);
  },
  { needs: 'epoll' },
);

contractTest('onError may close the registration, and the reactor; what it throws leaves poll()', ({ newReactor }) => {
  const closing = newReactor({ onError: (_, registration) => registration?.close() });
  const throwing = (): never => {
    throw new Error('of the handler');
  };
  const reg = closing.register(readable(), Interest.READABLE, throwing);
  closing.poll(1000);
  expect([reg.active, closing.size]).toEqual([false, 0]);

  const ending = newReactor({ onError: () => ending.close() });
  for (let i = 0; i < 3; i++) ending.register(readable(), Interest.READABLE, throwing);
  expect(ending.poll(1000)).toBe(1);
  expect(ending.closed).toBe(true);

  const again = newReactor({
    onError: () => {
      throw new Error('of onError');
    },
  });
  again.register(readable(), Interest.READABLE, throwing);
  expect(() => again.poll(1000)).toThrow('of onError');
});

contractTest('run() goes on after an error that onError took', ({ newReactor }) => {
  let errors = 0;
  const reactor = newReactor({
    onError: (_, registration) => {
      if (++errors === 3) registration?.close();
    },
  });
  reactor.register(readable(), Interest.READABLE, () => {
    throw new Error('again');
  });
  reactor.run();
  expect(errors).toBe(3);
});

const attachedAndThrowing = async ({ Reactor, Interest, socket, report }: Toolbox): Promise<void> => {
  let caught = 0;
  process.on('uncaughtException', () => caught++);
  const reactor = new Reactor();
  const [a, b] = socket.socketpair();
  socket.send(b, new Uint8Array(1));
  reactor.register(a, Interest.READABLE, () => {
    throw new Error('every turn');
  });
  let fired = 0;
  let hosts = 0;
  reactor.setTimer(
    1,
    () => {
      fired++;
      throw new Error('every time');
    },
    { repeatMs: 0 },
  );
  reactor.attach();
  const interval = setInterval(() => hosts++, 1);
  while (hosts < 20 || fired < 20) await new Promise((resolve) => setImmediate(resolve));
  clearInterval(interval);
  reactor.close();
  report({ caught, fired, hosts });
  process.exit(0);
};

contractTest(
  'attached, with a handler and a timer that throw in every turn: the timers of the host and of the reactor fire',
  async () => {
    const { caught } = await reportOf(attachedAndThrowing);
    expect(caught).toBeGreaterThan(20);
  },
  { needs: 'attach' },
);

const attachedInStore = async ({ Reactor, Interest, socket, report }: Toolbox): Promise<void> => {
  const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
  const store = new AsyncLocalStorage();
  const reactor = new Reactor();
  const [a, b] = socket.socketpair();
  const seen: unknown[] = [];
  store.run('of attach()', () => reactor.attach());
  await new Promise<void>((resolve) => {
    reactor.register(a, Interest.READABLE, (_, registration) => {
      seen.push(store.getStore() ?? null);
      registration.close();
      reactor.setTimer(1, () => {
        seen.push(store.getStore() ?? null);
        Promise.resolve().then(() => {
          seen.push(store.getStore() ?? null);
          resolve();
        });
      });
    });
    socket.send(b, new Uint8Array(1));
  });
  report(seen);
  reactor.close();
  process.exit(0);
};

contractTest(
  'attached, handlers run in no AsyncLocalStorage store, wherever attach() was called',
  async () => expect(await reportOf(attachedInStore)).toEqual([null, null, null]),
  { needs: 'attach' },
);
