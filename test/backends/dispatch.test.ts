// The dispatch rules over a scripted backend, without a kernel: order, throws, stale events, re-entrance, changes
// within handlers.
import '../helpers/lib-sources.js';
import { expect, test } from 'vitest';
import { Interest, Ready } from '../../lib/reactor/interest.js';
import type { Registration } from '../../lib/reactor/registration.js';
import { fdOf, openScripted, type ScriptedEvent } from './scripted-backend.js';

const { READABLE, WRITABLE, READ_CLOSED, HANGUP } = Ready;

type Scripted = ReturnType<typeof openScripted>;

/** Registers fds 0 to count - 1. Each handler notes its number, then does `also`. */
function registerAll({ reactor, kernel }: Scripted, count: number, also: (index: number) => void = () => {}) {
  const ran: number[] = [];
  const registrations: Registration[] = [];
  for (let index = 0; index < count; index++) {
    const handler = (): void => {
      ran.push(index);
      also(index);
    };
    registrations.push(reactor.register(fdOf(index), Interest.READABLE, handler));
  }
  const events = (...indices: number[]): ScriptedEvent[] => indices.map((i) => kernel.eventOf(fdOf(i), READABLE));
  return { ran, registrations, events };
}

const failing = (numbers: number[], message = 'thrown') => {
  const left = new Set(numbers);
  return (index: number): void => {
    if (left.delete(index)) throw new Error(`${message} ${index}`);
  };
};

test('calls the handlers in the order of the batch, with the bits and the registration', () => {
  const { reactor, kernel } = openScripted();
  const seen: unknown[] = [];
  const handler = (ready: number, registration: Registration<string>): void => {
    seen.push([registration.data, ready]);
  };
  for (const [i, data] of ['a', 'b', 'c'].entries()) {
    reactor.register(fdOf(i), Interest.READABLE | Interest.WRITABLE, handler, { data });
  }
  const bits = [READABLE, WRITABLE, READABLE | WRITABLE];
  kernel.writeWait(...[2, 0, 1].map((i) => kernel.eventOf(fdOf(i), bits[i] as number)));
  expect(reactor.poll()).toBe(3);
  expect(seen).toEqual([
    ['c', READABLE | WRITABLE],
    ['a', READABLE],
    ['b', WRITABLE],
  ]);
});

test('masks the bits by the interest, but never closures', () => {
  const { reactor, kernel } = openScripted();
  const seen: number[] = [];
  reactor.register(fdOf(0), Interest.WRITABLE, (ready) => seen.push(ready));
  kernel.writeWait(kernel.eventOf(fdOf(0), READABLE), kernel.eventOf(fdOf(0), READABLE | HANGUP));
  expect(reactor.poll()).toBe(1);
  expect(seen).toEqual([HANGUP]);
});

test('drops an event that an earlier handler of the batch lost interest in', () => {
  const scripted = openScripted();
  const { ran, registrations, events } = registerAll(scripted, 2, () => registrations[1]?.modify(0));
  scripted.kernel.writeWait(...events(0, 1));
  expect(scripted.reactor.poll()).toBe(1);
  expect(ran).toEqual([0]);
  expect(scripted.reactor.metrics()).toMatchObject({ events: 1, staleEvents: 0 });
});

test('what a handler throws leaves the turn; the next turn goes on with the batch, and does not wait', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, events } = registerAll(scripted, 4, failing([1, 2]));
  kernel.writeWait(...events(0, 1, 2, 3));
  expect(() => reactor.poll()).toThrow('thrown 1');
  expect(() => reactor.poll()).toThrow('thrown 2');
  expect(reactor.poll()).toBe(1);
  expect(ran).toEqual([0, 1, 2, 3]);
  expect(kernel.waits).toHaveLength(1);
  expect(reactor.metrics().events).toBe(4);
});

test('with onError the turn goes on, and counts the handler that threw', () => {
  const seen: unknown[] = [];
  const scripted = openScripted({}, { onError: (error, registration) => seen.push(error, registration) });
  const { ran, registrations, events } = registerAll(scripted, 3, failing([1]));
  scripted.kernel.writeWait(...events(0, 1, 2));
  expect(scripted.reactor.poll()).toBe(3);
  expect(ran).toEqual([0, 1, 2]);
  expect(seen).toEqual([new Error('thrown 1'), registrations[1]]);
});

test("the registration's onError comes before the reactor's", () => {
  const seen: string[] = [];
  const { reactor, kernel } = openScripted({}, { onError: () => seen.push('reactor') });
  const onError = (): void => void seen.push('registration');
  reactor.register(fdOf(0), Interest.READABLE, failing([0]).bind(null, 0), { onError });
  kernel.writeWait(kernel.eventOf(fdOf(0), READABLE));
  reactor.poll();
  expect(seen).toEqual(['registration']);
});

test('what onError throws leaves the turn; the next turn goes on with the batch', () => {
  const rethrow = (error: unknown): never => {
    throw new Error(`again: ${(error as Error).message}`);
  };
  const scripted = openScripted({}, { onError: rethrow });
  const { ran, events } = registerAll(scripted, 2, failing([0]));
  scripted.kernel.writeWait(...events(0, 1));
  expect(() => scripted.reactor.poll()).toThrow('again: thrown 0');
  expect(scripted.reactor.poll()).toBe(1);
  expect(ran).toEqual([0, 1]);
});

test('a handler that throws in every turn keeps no timer waiting', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, events } = registerAll(scripted, 1, (index) => failing([index])(index));
  reactor.setTimer(0, () => ran.push(-1));
  for (let turn = 0; turn < 2; turn++) {
    kernel.writeWait(...events(0));
    expect(() => reactor.poll()).toThrow('thrown 0');
  }
  expect(ran).toEqual([0, -1, 0]);
});

test('drops events of a registration that ended earlier in the batch, and does not call them stale', () => {
  const scripted = openScripted();
  const { ran, registrations, events } = registerAll(scripted, 2, () => registrations[1]?.deregister());
  scripted.kernel.writeWait(...events(0, 1));
  expect(scripted.reactor.poll()).toBe(1);
  expect(ran).toEqual([0]);
  expect(scripted.reactor.metrics().staleEvents).toBe(0);
});

test('counts an event of a registration that ended before the wait as stale', () => {
  const scripted = openScripted();
  const { ran, registrations, events } = registerAll(scripted, 1);
  scripted.kernel.writeWait(...events(0));
  registrations[0]?.deregister();
  expect(scripted.reactor.poll(0)).toBe(0);
  expect(ran).toEqual([]);
  expect(scripted.reactor.metrics().staleEvents).toBe(1);
});

test('a slot that is used again within the batch: the generation decides', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, registrations, events } = registerAll(scripted, 2, (index) => {
    if (index !== 0) return;
    registrations[1]?.deregister();
    reactor.register(fdOf(7), Interest.READABLE, () => ran.push(7));
  });
  const [first, second] = events(0, 1) as [ScriptedEvent, ScriptedEvent];
  kernel.writeWait(first, second);
  expect(reactor.poll()).toBe(1);
  const again = kernel.eventOf(fdOf(7), READABLE);
  expect(again.slot).toBe(second.slot);
  expect(again.generation).not.toBe(second.generation);
  kernel.writeWait(second, again);
  expect(reactor.poll()).toBe(1);
  expect(ran).toEqual([0, 7]);
  expect(reactor.metrics().staleEvents).toBe(1);
});

test('the record of ended registrations ends with the batch, though an exception cut the batch in two', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { registrations, events } = registerAll(scripted, 3, (index) => {
    if (index !== 0) return;
    registrations[2]?.deregister();
    throw new Error('after deregister()');
  });
  const batch = events(0, 2);
  kernel.writeWait(...batch);
  expect(() => reactor.poll()).toThrow('after deregister()');
  expect(reactor.poll(0)).toBe(0);
  expect(reactor.metrics().staleEvents).toBe(0);
  kernel.writeWait(batch[1] as ScriptedEvent);
  reactor.poll(0);
  expect(reactor.metrics().staleEvents).toBe(1);
});

test('a handler registers, modifies and closes; the kernel learns each change at once', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, registrations, events } = registerAll(scripted, 3, (index) => {
    if (index !== 0) return;
    registrations[0]?.modify(Interest.WRITABLE);
    expect(registrations[1]?.close()).toBe(false); // no file has the number
    reactor.register(fdOf(3), Interest.READABLE, () => ran.push(3));
    expect([...kernel.watched.keys()].sort()).toEqual([fdOf(0), fdOf(2), fdOf(3)]);
    expect(kernel.watched.get(fdOf(0))?.interest).toBe(Interest.WRITABLE);
  });
  kernel.writeWait(...events(0, 1, 2));
  expect(reactor.poll()).toBe(2);
  kernel.writeWait(kernel.eventOf(fdOf(3), READABLE));
  expect(reactor.poll()).toBe(1);
  expect(ran).toEqual([0, 2, 3]);
  expect(reactor.size).toBe(3);
});

test('close() of the reactor within a handler: no further handler and no timer is called', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, registrations, events } = registerAll(scripted, 3, (index) => index === 1 && reactor.close());
  reactor.setTimer(0, () => ran.push(-1));
  kernel.writeWait(...events(0, 1, 2));
  expect(reactor.poll()).toBe(2);
  expect(ran).toEqual([0, 1]);
  expect(registrations.map(({ active }) => active)).toEqual([false, false, false]);
  expect(kernel.calls.filter((call) => call === 'close')).toHaveLength(1);
});

test('poll(), run() and attach() within a handler or a timer are refused, and the turn goes on', () => {
  const codes: unknown[] = [];
  const refused = (call: () => unknown): void => {
    try {
      call();
    } catch (error) {
      codes.push((error as NodeJS.ErrnoException).code);
    }
  };
  const tryAll = (): void => {
    refused(() => reactor.poll(0));
    refused(() => reactor.run());
    refused(() => reactor.attach());
  };
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, events } = registerAll(scripted, 2, (index) => index === 0 && tryAll());
  reactor.setTimer(0, tryAll);
  kernel.writeWait(...events(0, 1));
  expect(reactor.poll()).toBe(3);
  expect(codes).toEqual(Array(6).fill('ERR_INVALID_STATE'));
  expect(ran).toEqual([0, 1]);
  expect(kernel.waits).toHaveLength(1);
});

test('maxEvents: a turn takes no more, and the next turns take the rest in order', () => {
  const scripted = openScripted({}, { maxEvents: 2 });
  const { ran, events } = registerAll(scripted, 5);
  scripted.kernel.writeWait(...events(0, 1, 2, 3, 4));
  expect([0, 0, 0].map(() => scripted.reactor.poll())).toEqual([2, 2, 1]);
  expect(ran).toEqual([0, 1, 2, 3, 4]);
});

test('timers fire after the events of the turn, by deadline, and equal ones as they were set', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, events } = registerAll(scripted, 1);
  for (const [number, delayMs] of [50, 10, 30].entries()) reactor.setTimer(delayMs, () => ran.push(10 + number));
  kernel.advance(1000);
  kernel.writeWait(...events(0));
  expect(reactor.poll()).toBe(4);
  expect(ran).toEqual([0, 11, 12, 10]);
});

test('a timer that a handler sets fires in a later turn', () => {
  const scripted = openScripted();
  const { reactor, kernel } = scripted;
  const { ran, events } = registerAll(scripted, 1, () => {
    reactor.setTimer(0, () => ran.push(-1));
    kernel.advance(10);
  });
  kernel.writeWait(...events(0));
  expect(reactor.poll()).toBe(1);
  expect(reactor.poll()).toBe(1);
  expect(ran).toEqual([0, -1]);
});

test('a wait gets the deadline of the next timer, and the timer fires in that turn', () => {
  const { reactor, kernel } = openScripted();
  let fired = 0;
  reactor.setTimer(100, () => fired++);
  expect(reactor.poll(200)).toBe(1);
  expect(fired).toBe(1);
  expect(kernel.waits).toHaveLength(1);
  expect(kernel.waits[0]?.inMs).toBeGreaterThan(0);
  expect(kernel.waits[0]?.inMs).toBeLessThanOrEqual(100);
});

test('stop() within a handler ends run() after the whole batch', () => {
  const scripted = openScripted();
  const { ran, events } = registerAll(scripted, 3, (index) => index === 0 && scripted.reactor.stop());
  scripted.kernel.writeWait(...events(0, 1, 2));
  scripted.reactor.run();
  expect(ran).toEqual([0, 1, 2]);
});

test('run() ends when nothing is left that could wake it', () => {
  const scripted = openScripted();
  const { ran, registrations, events } = registerAll(scripted, 2, (index) => registrations[index]?.deregister());
  scripted.kernel.writeWait(...events(0));
  scripted.kernel.writeWait(...events(1));
  scripted.reactor.run();
  expect(ran).toEqual([0, 1]);
});

test('a wait that throws leaves poll(), and the next turn works', () => {
  const scripted = openScripted();
  const { ran, events } = registerAll(scripted, 1);
  scripted.kernel.writeWait(new Error('of the wait'));
  scripted.kernel.writeWait(...events(0));
  expect(() => scripted.reactor.poll()).toThrow('of the wait');
  expect(scripted.reactor.poll()).toBe(1);
  expect(ran).toEqual([0]);
});

test('a half-close that the registration did not ask for is muted; others are not', () => {
  const { reactor, kernel } = openScripted({ mutes: true });
  const seen: number[] = [];
  const handler = (ready: number): void => void seen.push(ready);
  reactor.register(fdOf(0), Interest.WRITABLE, handler);
  reactor.register(fdOf(1), Interest.READABLE, handler);
  reactor.register(fdOf(2), Interest.WRITABLE, handler, { mode: 'edge' });
  reactor.register(fdOf(3), 0, handler);
  kernel.writeWait(...[0, 1, 2, 3].map((i) => kernel.eventOf(fdOf(i), READ_CLOSED)));
  expect(reactor.poll()).toBe(4);
  expect(kernel.calls).toEqual(['muteReadClosed 0']);
});
