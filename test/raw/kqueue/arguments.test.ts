// What the raw kqueue layer makes of wrong arguments, wrong receivers and closed objects: a typed error, before any
// system call.
import * as kqueue from 'fdreactor/kqueue';
import { EV_ADD, EVFILT_READ, EVFILT_TIMER, EVFILT_USER, EVFILT_WRITE, KeventList, Kqueue } from 'fdreactor/kqueue';
import { expect, test } from 'vitest';
import {
  change,
  type Entry,
  keventOf,
  keventsNow,
  listOf,
  newQueue,
  receiptsOf,
} from '../../helpers/kqueue/kevents.js';
import { socketPair } from '../../helpers/pairs.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
} from '../../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
const wrong = (value: unknown): any => value;
const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/** Of each argument of push(): its name, its place, and numbers in range and out of it. */
const ranges: [name: string, place: number, fits: number[], not: number[]][] = [
  ['ident', 0, [0, -0, 1, 2 ** 31, 2 ** 32, MAX_SAFE_INTEGER], [-1, 2 ** 53, 1e300]],
  ['filter', 1, [0, 1, -1, -(2 ** 15), 2 ** 15 - 1], [-(2 ** 15) - 1, 2 ** 15, 2 ** 31, 2 ** 53]],
  ['flags', 2, [0, 1, 2 ** 16 - 1], [-1, 2 ** 16, 2 ** 32]],
  ['fflags', 3, [0, 2 ** 31, 2 ** 32 - 1], [-(2 ** 31) - 1, 2 ** 32, 2 ** 53]],
  ['data', 4, [0, -1, 2 ** 31, -(2 ** 32), MAX_SAFE_INTEGER, MIN_SAFE_INTEGER], [2 ** 53, -(2 ** 53), 1e300]],
  ['udata', 5, [0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1, MAX_SAFE_INTEGER], [-1, 2 ** 53]],
];
const fields = ['ident', 'filter', 'flags', 'fflags', 'data', 'udata'] as const;
const sound = (): Entry => [1, EVFILT_READ, EV_ADD, 2, 3, 4];

test.each(ranges)('%s: what is in range comes back exactly, and leaves its neighbours alone', (name, place, fits) => {
  for (const value of fits) {
    const entry = sound();
    entry[place] = value;
    const list = listOf(3, sound(), entry, sound());
    const expected = Object.fromEntries(fields.map((field, i) => [field, (entry[i] as number) + 0]));
    expect(keventOf(list, 1), name).toEqual(expected);
    for (const i of [0, 2]) expect(Object.values(keventOf(list, i))).toEqual(sound());
    if (name === 'data') expect(list.dataBigInt(1)).toBe(BigInt(value));
  }
});

test.each(ranges)('%s: what is out of range is refused, and nothing is added', (_, place, __, not) => {
  const list = listOf(2);
  const push = (value: unknown): void => {
    const entry = sound();
    entry[place] = wrong(value);
    list.push(...entry);
  };
  for (const value of [...not, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expectOutOfRange(() => push(value));
  for (const value of ['1', null, {}, [], 1n, true, Symbol('x'), () => 1]) expectArgumentType(() => push(value));
  expect(list.length).toBe(0);
});

test('fflags may be negative, as `|` makes them where bit 31 is set, and are unsigned when they are read', () => {
  const list = listOf(1, [1, EVFILT_READ, EV_ADD, -1]);
  expect(list.fflags(0)).toBe(2 ** 32 - 1);
});

test('ident, filter and flags must be given; the others are 0 by default, undefined or not', () => {
  const list = listOf(2);
  for (const args of [[], [1], [1, EVFILT_READ]]) expectBadArgument(() => wrong(list).push(...args));
  list.push(1, EVFILT_READ, EV_ADD);
  list.push(1, EVFILT_READ, EV_ADD, undefined, undefined, undefined);
  for (const i of [0, 1]) expect(keventOf(list, i)).toMatchObject({ fflags: 0, data: 0, udata: 0 });
});

test('udata comes back from the kernel as it went in, all 53 bits of it', () => {
  const queue = newQueue();
  const [a] = socketPair();
  for (const udata of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1, MAX_SAFE_INTEGER]) {
    change(queue, a, EVFILT_WRITE, EV_ADD, 0, 0, udata);
    expect(keventsNow(queue)).toMatchObject([{ ident: a, udata }]);
    change(queue, a, EVFILT_WRITE, kqueue.EV_DELETE);
  }
});

test('a capacity must be a positive integer of reasonable size', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) expectOutOfRange(() => new KeventList(capacity));
  for (const capacity of ['4', null, undefined, {}, 4n]) expectArgumentType(() => new KeventList(wrong(capacity)));
  expect(new KeventList(7).capacity).toBe(7);
  expect(new KeventList(7).length).toBe(0);
});

test('a large list works', () => {
  const queue = newQueue();
  const [a] = socketPair();
  const list = new KeventList(1 << 20);
  list.push(a, EVFILT_WRITE, EV_ADD);
  expect(queue.kevent(list, null)).toBe(0);
  expect(queue.kevent(null, list, 0)).toBe(1);
  expect(list.length).toBe(1);
});

test('a push beyond the capacity is refused, and changes nothing', () => {
  const list = listOf(2, [1, EVFILT_READ, EV_ADD], [2, EVFILT_READ, EV_ADD]);
  expectOutOfRange(() => list.push(3, EVFILT_READ, EV_ADD));
  expect([list.length, list.ident(0), list.ident(1)]).toEqual([2, 1, 2]);
  list.clear();
  list.push(3, EVFILT_WRITE, EV_ADD);
  expect([list.length, list.ident(0)]).toEqual([1, 3]);
});

test('an index outside the length is an error, not memory: also what an earlier wait has left there', () => {
  const list = listOf(4, [1, EVFILT_READ, EV_ADD, 2, 3, 4]);
  const readers = [...fields.map((field) => (i: number) => list[field](i)), (i: number) => list.dataBigInt(i)];
  for (const read of readers) {
    for (const i of [-1, 1, 3, 4, 2 ** 32, 0.5, Number.NaN]) expectOutOfRange(() => read(i));
    for (const i of ['0', undefined, null, 0n]) expectArgumentType(() => read(wrong(i)));
  }
  list.clear();
  for (const read of readers) expectOutOfRange(() => read(0));
});

test('data of 64 bits: exact as a BigInt, refused as a number that it does not fit', () => {
  const list = listOf(1, [1, EVFILT_READ, EV_ADD, 0, MAX_SAFE_INTEGER]);
  expect(list.data(0)).toBe(MAX_SAFE_INTEGER);
  expect(list.dataBigInt(0)).toBe(2n ** 53n - 1n);
});

test('kevent() takes KeventLists or null, not typed arrays or look-alikes', () => {
  const queue = newQueue();
  const likeness = { capacity: 4, length: 0, words: new Int32Array(64), ident: () => 0 };
  for (const list of [undefined, 4, [], 'x', new Uint8Array(64), new Int32Array(64), likeness, queue]) {
    expectArgumentType(() => queue.kevent(wrong(list), null));
    expectArgumentType(() => queue.kevent(null, wrong(list), 0));
  }
});

test('a list whose length was overridden still gives the true length', () => {
  const queue = newQueue();
  const [a] = socketPair();
  class Liar extends KeventList {
    override get length(): number {
      return 1_000_000;
    }
  }
  const list = new Liar(2);
  list.push(a, EVFILT_WRITE, EV_ADD);
  expect(queue.kevent(list, null)).toBe(0);
  expect(keventsNow(queue)).toHaveLength(1);
  expectOutOfRange(() => list.ident(1));
});

test('a time-out of NaN or below 0 other than -1 is a RangeError, any other type a TypeError; nothing is changed', () => {
  const queue = newQueue();
  const [a] = socketPair();
  const changes = listOf(1, [a, EVFILT_WRITE, EV_ADD]);
  for (const timeout of [Number.NaN, -2, -0.5, -Infinity, -1e-9]) {
    expectOutOfRange(() => queue.kevent(changes, listOf(1), timeout));
  }
  for (const timeout of ['1', null, {}, 1n, true, Symbol('x')]) {
    expectArgumentType(() => queue.kevent(changes, listOf(1), wrong(timeout)));
  }
  expect(keventsNow(queue)).toEqual([]);
});

test('a filter that does not exist is EINVAL, a filter of another object EBADF or EINVAL', () => {
  const queue = newQueue();
  const [a] = socketPair();
  expect(receiptsOf(queue, [a, 1000, EV_ADD])).toEqual([expect.stringMatching(/^(EINVAL|ENOSYS)$/)]);
  expect(receiptsOf(queue, [a, -1000, EV_ADD])).toEqual([expect.stringMatching(/^(EINVAL|ENOSYS)$/)]);
});

test('idents that are not fds are refused by the filters of fds', () => {
  const queue = newQueue();
  for (const ident of [2 ** 20, 2 ** 31 - 1]) {
    expect(receiptsOf(queue, [ident, EVFILT_READ, EV_ADD])).toEqual(['EBADF']);
    expect(receiptsOf(queue, [ident, EVFILT_WRITE, EV_ADD])).toEqual(['EBADF']);
  }
});

test('a filter that is not in the queue cannot be removed, enabled or disabled', () => {
  const queue = newQueue();
  const [a] = socketPair();
  for (const flag of [kqueue.EV_DELETE, kqueue.EV_ENABLE, kqueue.EV_DISABLE]) {
    for (const [ident, filter] of [
      [a, EVFILT_READ],
      [4711, EVFILT_TIMER],
      [4711, EVFILT_USER],
    ] as const) {
      expect(receiptsOf(queue, [ident, filter, flag])).toEqual(['ENOENT']);
    }
  }
});

test('a method on another receiver is a TypeError', () => {
  const queue = newQueue();
  const list = listOf(1);
  for (const receiver of [
    undefined,
    null,
    {},
    1,
    Object.create(Kqueue.prototype),
    Object.create(KeventList.prototype),
  ]) {
    for (const call of [
      () => Kqueue.prototype.kevent.call(wrong(receiver), null, null),
      () => Kqueue.prototype.close.call(wrong(receiver)),
      () => KeventList.prototype.push.call(wrong(receiver), 1, EVFILT_READ, EV_ADD),
      () => KeventList.prototype.ident.call(wrong(receiver), 0),
      () => KeventList.prototype.clear.call(wrong(receiver)),
    ]) {
      expect(caught(call)).toBeInstanceOf(TypeError);
    }
  }
  expect(caught(() => Kqueue.prototype.close.call(wrong(list)))).toBeInstanceOf(TypeError);
  expect(caught(() => KeventList.prototype.clear.call(wrong(queue)))).toBeInstanceOf(TypeError);
});

test('constructors need new, and can be subclassed', () => {
  expect(caught(() => wrong(Kqueue)())).toBeInstanceOf(TypeError);
  expect(caught(() => wrong(KeventList)(1))).toBeInstanceOf(TypeError);
  class Mine extends Kqueue {
    twice(): number {
      return this.fd * 2;
    }
  }
  const mine = new Mine();
  expect(mine.twice()).toBe(mine.fd * 2);
  mine.close();
});

test('every call after close is ERR_INVALID_STATE', () => {
  const queue = newQueue();
  const list = listOf(1);
  queue.close();
  for (const call of [() => queue.kevent(null, list, 0), () => queue.kevent(null, null), () => queue.fd]) {
    expectInvalidState(call);
  }
});

test('exports cannot be changed from outside', () => {
  const change = (): void => {
    wrong(kqueue).EV_ADD = 0;
  };
  expect(caught(change)).toBeInstanceOf(TypeError);
});

test('surplus arguments are ignored', () => {
  const queue = newQueue();
  const [a] = socketPair();
  const list = listOf(1);
  wrong(list).push(a, EVFILT_WRITE, EV_ADD, 0, 0, 7, 'surplus', {});
  expect(wrong(queue).kevent(list, list, 0, 'surplus')).toBe(1);
  expect(list.udata(0)).toBe(7);
});

test('a change of a filter whose entry holds an address is refused, with all others of the call', () => {
  const queue = newQueue();
  const [fd] = socketPair();
  const filters = ['EVFILT_AIO', 'EVFILT_LIO', 'EVFILT_SENDFILE', 'EVFILT_WORKLOOP', 'EVFILT_MACHPORT'];
  for (const name of filters) {
    const filter = (kqueue as Record<string, unknown>)[name];
    if (typeof filter !== 'number') continue; // a filter of another system
    const changes = listOf(2, [fd, EVFILT_WRITE, EV_ADD, 0, 0, 0], [1, filter, EV_ADD, 2, 0x1000, 0]);
    expectBadArgument(() => queue.kevent(changes, null));
    expect(keventsNow(queue), name).toEqual([]); // the first was not made either
  }
});
