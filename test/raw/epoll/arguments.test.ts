// What the raw epoll layer makes of wrong arguments, wrong receivers and closed objects: a typed error, before any
// system call.
import * as epoll from 'fdreactor/epoll';
import { EPOLLIN, EPOLLOUT, Epoll, EpollEvents } from 'fdreactor/epoll';
import { describe, expect, test } from 'vitest';
import { dispose } from '../../helpers/owned.js';
import { socketPair } from '../../helpers/pairs.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
} from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
const wrong = (value: unknown): any => value;

describe.each(badFds)('the fd $name', ({ value }) => {
  test('is refused by add, modify and delete', () => {
    const ep = dispose(new Epoll());
    for (const call of [() => ep.add(value, EPOLLIN), () => ep.modify(value, EPOLLIN), () => ep.delete(value)]) {
      expectBadArgument(call);
    }
  });
});

test('an fd of -0 is 0', () => {
  const ep = dispose(new Epoll());
  const error = caught(() => ep.delete(-0));
  expect(error).toMatchObject({ code: 'ENOENT' });
  expect(error.fd === 0).toBe(true);
});

test('event masks must be 32-bit integers, with either sign: EPOLLET is 2^31, and `|` gives a negative number', () => {
  const ep = dispose(new Epoll());
  const [a] = socketPair();
  for (const mask of [-(2 ** 31) - 1, 2 ** 32, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expectOutOfRange(() => ep.add(a, mask));
  for (const mask of ['1', null, undefined, {}, [], 1n, Symbol('x')]) expectArgumentType(() => ep.add(a, wrong(mask)));
  expect(epoll.EPOLLET).toBe(2 ** 31);
  ep.add(a, epoll.EPOLLET);
  expect(EPOLLIN | epoll.EPOLLET).toBeLessThan(0);
  ep.modify(a, EPOLLIN | epoll.EPOLLET);
});

test('data must be an integer from 0 to 2^53 - 1', () => {
  const ep = dispose(new Epoll());
  const [a] = socketPair();
  for (const data of [-1, 2 ** 53, 1.5, Number.NaN]) expectOutOfRange(() => ep.add(a, EPOLLIN, data));
  for (const data of ['1', null, {}, 1n]) expectArgumentType(() => ep.add(a, EPOLLIN, wrong(data)));
});

test('a capacity must be a positive integer of reasonable size', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) expectOutOfRange(() => new EpollEvents(capacity));
  for (const capacity of ['4', null, undefined, {}, 4n]) expectArgumentType(() => new EpollEvents(wrong(capacity)));
  expect(new EpollEvents(7).capacity).toBe(7);
});

test('an index outside the capacity is an error, not memory', () => {
  const events = new EpollEvents(2);
  for (const index of [-1, 2, 1.5, 2 ** 32, Number.NaN]) {
    expectBadArgument(() => events.events(index));
    expectBadArgument(() => events.data(index));
  }
  expectBadArgument(() => events.events(wrong('0')));
  expectBadArgument(() => events.data(wrong(undefined)));
});

test('an index past what the last wait gave shows no memory that the kernel did not write', () => {
  const ep = dispose(new Epoll());
  const events = new EpollEvents(64);
  expect(ep.wait(events, 0)).toBe(0);
  for (let i = 0; i < 64; i++) {
    for (const read of [() => events.data(i), () => events.events(i)]) {
      let value: unknown = 0;
      try {
        value = read();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(value).toBe(0);
    }
  }
});

test('wait() takes EpollEvents, not a typed array or a look-alike', () => {
  const ep = dispose(new Epoll());
  const likeness = { capacity: 4, data: () => 0, events: () => 0 };
  for (const events of [undefined, null, 4, [], new Uint8Array(64), new Int32Array(64), likeness, ep]) {
    expectArgumentType(() => ep.wait(wrong(events), 0));
  }
});

test('a time-out of NaN or below 0 other than -1 is a RangeError, any other type a TypeError', () => {
  const ep = dispose(new Epoll());
  const events = new EpollEvents(1);
  for (const timeout of [Number.NaN, -2, -0.5, -Infinity, -1e-9]) expectOutOfRange(() => ep.wait(events, timeout));
  for (const timeout of ['1', null, {}, 1n, true, Symbol('x')])
    expectArgumentType(() => ep.wait(events, wrong(timeout)));
});

test('a method on another receiver is a TypeError', () => {
  const ep = dispose(new Epoll());
  const events = new EpollEvents(1);
  for (const receiver of [undefined, null, {}, 1, events, Object.create(Epoll.prototype)]) {
    for (const call of [
      () => Epoll.prototype.add.call(wrong(receiver), 0, EPOLLIN),
      () => Epoll.prototype.wait.call(wrong(receiver), events, 0),
      () => Epoll.prototype.close.call(wrong(receiver)),
      () => EpollEvents.prototype.data.call(wrong(receiver === events ? ep : receiver), 0),
    ]) {
      expect(caught(call)).toBeInstanceOf(TypeError);
    }
  }
});

test('constructors need new, and can be subclassed', () => {
  expect(caught(() => wrong(Epoll)())).toBeInstanceOf(TypeError);
  expect(caught(() => wrong(EpollEvents)(1))).toBeInstanceOf(TypeError);
  class Mine extends Epoll {
    twice(): number {
      return this.fd * 2;
    }
  }
  const mine = dispose(new Mine());
  const [a] = socketPair();
  mine.add(a, EPOLLOUT);
  expect(mine.twice()).toBe(mine.fd * 2);
  expect(mine.wait(new EpollEvents(1), 0)).toBe(1);
});

test('every call after close is ERR_INVALID_STATE', () => {
  const ep = new Epoll();
  const [a] = socketPair();
  ep.close();
  const events = new EpollEvents(1);
  for (const call of [() => ep.add(a, 1), () => ep.modify(a, 1), () => ep.delete(a), () => ep.wait(events, 0)]) {
    expectInvalidState(call);
  }
});

test('exports cannot be changed from outside', () => {
  expect(
    caught(() => {
      wrong(epoll).EPOLLIN = 0;
    }),
  ).toBeInstanceOf(TypeError);
});

test('polluted prototypes do not reach options or events', () => {
  const polluted = wrong(Object.prototype);
  polluted.data = 'evil';
  polluted.events = 'evil';
  try {
    const ep = dispose(new Epoll());
    const [a] = socketPair();
    ep.add(a, EPOLLOUT);
    const events = new EpollEvents(1);
    expect(ep.wait(events, 0)).toBe(1);
    expect(events.data(0)).toBe(a);
  } finally {
    delete polluted.data;
    delete polluted.events;
  }
});

test('missing arguments are errors, surplus ones are ignored', () => {
  const ep = dispose(new Epoll());
  const [a] = socketPair();
  expectBadArgument(() => wrong(ep).add());
  expectBadArgument(() => wrong(ep).add(a));
  expectBadArgument(() => wrong(ep).wait());
  wrong(ep).add(a, EPOLLOUT, 7, 'surplus', {});
  const events = new EpollEvents(1);
  expect(wrong(ep).wait(events, 0, 'surplus')).toBe(1);
  expect(events.data(0)).toBe(7);
});
