// Objects that are dropped without close(), and objects that must not be collected while they are in use.
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { handleCount } from '../helpers/fixtures/open-handles.mjs';
import { testWith } from '../helpers/needs.js';
import { openFds } from '../helpers/open-fds.js';
import { dispose } from '../helpers/owned.js';
import { socketPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import { turnUntil } from '../helpers/wait.js';

const collect = async (): Promise<void> => {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
};

/** Everything that is open: fds, or handles where a reactor is not an fd. */
const count = (): number => handleCount() || openFds().size;

test('reactors that were dropped give their fds back once they are collected', async () => {
  const before = count();
  const drop = (): void => {
    for (let i = 0; i < 50; i++) {
      const reactor = new Reactor();
      reactor.createWaker(() => {});
      reactor.register(socketPair()[0], Interest.READABLE, () => {});
      reactor.setTimer(1000, () => {});
      reactor.poll(0);
    }
  };
  drop();
  const sockets = 100;
  expect(count()).toBeGreaterThanOrEqual(before + sockets + 50);
  const end = performance.now() + 10_000;
  while (count() > before + sockets + 4 && performance.now() < end) await collect();
  expect(count()).toBeLessThanOrEqual(before + sockets + 4);
});

testWith(
  { notOnWindows: 'no socket of Windows passes fds' },
  'a dropped message closes the fds that were not taken, once it is collected',
  async () => {
    const [a, b] = socketPair();
    const before = count();
    const drop = (): void => {
      const message = new socket.Message({ buffers: [new Uint8Array(1)], maxFds: 3 });
      socket.sendFds(a, new Uint8Array(1), [a, b, b]);
      socket.recvmsg(b, message);
    };
    for (let i = 0; i < 5; i++) drop();
    expect(count()).toBe(before + 15);
    const end = performance.now() + 10_000;
    while (count() > before && performance.now() < end) await collect();
    expect(count()).toBe(before);
  },
);

test('an attached reactor that the program drops goes on until it is closed', async () => {
  let events = 0;
  let fired = 0;
  const [a, b] = socketPair();
  const start = (): void => {
    const reactor = new Reactor();
    reactor.attach();
    reactor.register(a, Interest.READABLE, (_, reg) => {
      socket.recv(a, new Uint8Array(4));
      if (++events === 3) reg.deregister();
    });
    reactor.setTimer(
      1,
      () => {
        if (++fired === 5) reactor.close();
      },
      { repeatMs: 10 },
    );
  };
  start();
  for (let i = 0; i < 3; i++) {
    await collect();
    socket.send(b, new Uint8Array(1));
    await eventually('the event', () => events === i + 1);
  }
  await eventually('the timer', () => fired === 5);
});

test('registrations, timers and wakers that the program drops live as long as their reactor', async () => {
  const reactor = dispose(new Reactor());
  const seen = new Set<string>();
  const [a, b] = socketPair();
  const start = (): { fdreactorWaker: number } => {
    reactor.register(a, Interest.READABLE, () => seen.add('event'));
    reactor.setTimer(5, () => seen.add('timer'));
    const waker = reactor.createWaker(() => seen.add('waker'));
    waker.wake();
    return waker.transfer();
  };
  start();
  for (let i = 0; i < 5; i++) await collect();
  socket.send(b, new Uint8Array(1));
  turnUntil(reactor, () => seen.size === 3);
});

/** What is closed by other threads, as libkqueue's rest of a queue, has gone by then. */
async function settledCount(): Promise<number> {
  for (;;) {
    const last = count();
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (count() === last) return last;
  }
}

test('`using` closes at the end of the block', async () => {
  const before = await settledCount();
  {
    using reactor = new Reactor();
    using waker = reactor.createWaker(() => {});
    const [a] = socketPair();
    using registration = reactor.register(a, Interest.READABLE, () => {});
    using timer = reactor.setTimer(1000, () => {});
    waker.wake();
    expect([registration.active, timer.active]).toEqual([true, true]);
    expect(count()).toBeGreaterThan(before + 2);
  }
  expect(await settledCount()).toBe(before + 1); // the other end of the pair
});
