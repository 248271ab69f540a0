// Registrations over a scripted backend whose changes fail: what the result codes become, and what is left.
import '../helpers/lib-sources.js';
import { expect, test } from 'vitest';
import { native } from '../../lib/native/table.js';
import { Interest, Ready } from '../../lib/reactor/interest.js';
import { fdOf, openScripted } from './scripted-backend.js';

const { EEXIST, ENOENT, ENOMEM } = native.constants.error as Record<string, number>;

const ignore = (): void => {};

test('a register() that fails throws with the call and the fd, and leaves nothing', () => {
  const { reactor, kernel } = openScripted();
  kernel.failNext('register', ENOMEM as number);
  expect(() => reactor.register(fdOf(0), Interest.READABLE, ignore)).toThrow(
    expect.objectContaining({ code: 'ENOMEM', syscall: 'scripted_change', fd: fdOf(0) }),
  );
  expect([reactor.size, kernel.watched.size]).toEqual([0, 0]);
  expect(reactor.register(fdOf(0), Interest.READABLE, ignore).active).toBe(true);
});

test('EEXIST leaves the registration of before as it was', () => {
  const { reactor, kernel } = openScripted();
  let ran = 0;
  const before = reactor.register(fdOf(0), Interest.READABLE, () => ran++);
  kernel.failNext('register', EEXIST as number);
  expect(() => reactor.register(fdOf(0), Interest.WRITABLE, ignore)).toThrow(
    expect.objectContaining({ code: 'EEXIST' }),
  );
  kernel.writeWait(kernel.eventOf(fdOf(0), Ready.READABLE));
  expect([reactor.poll(), ran, before.active, reactor.size]).toEqual([1, 1, true, 1]);
});

test('a number that the kernel takes anew: the registration of before has ended', () => {
  const { reactor, kernel } = openScripted();
  const before = reactor.register(fdOf(0), Interest.READABLE, ignore);
  const stale = kernel.eventOf(fdOf(0), Ready.READABLE);
  const after = reactor.register(fdOf(0), Interest.READABLE, ignore);
  expect([before.active, after.active, reactor.size]).toEqual([false, true, 1]);
  before.deregister();
  expect(kernel.watched.has(fdOf(0))).toBe(true);
  kernel.writeWait(stale);
  expect([reactor.poll(0), reactor.metrics().staleEvents]).toEqual([0, 1]);
});

test('a modify() that fails keeps the interest; where the file is gone the registration ends', () => {
  const { reactor, kernel } = openScripted();
  const registration = reactor.register(fdOf(0), Interest.READABLE, ignore);
  kernel.failNext('modify', ENOMEM as number);
  expect(() => registration.modify(Interest.WRITABLE)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  expect([registration.interest, registration.active]).toEqual([Interest.READABLE, true]);
  kernel.failNext('modify', ENOENT as number);
  expect(() => registration.modify(Interest.WRITABLE)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect([registration.active, reactor.size]).toEqual([false, 0]);
  expect(() => registration.modify(0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
});

test('an exclusive registration goes by the part of the backend; one whose modify() failed is not watched any more', () => {
  const { reactor, kernel } = openScripted({ excludes: true });
  const registration = reactor.register(fdOf(0), Interest.READABLE, ignore, { exclusive: true });
  registration.modify(Interest.WRITABLE);
  expect(kernel.calls).toEqual(['exclusive register 0', 'exclusive modify 0']);
  kernel.failNext('modify', ENOMEM as number);
  expect(() => registration.modify(Interest.READABLE)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  expect([registration.active, reactor.size]).toEqual([false, 0]);
  reactor.register(fdOf(0), Interest.READABLE, ignore); // not refused: the number is free again
  expect(kernel.calls).toHaveLength(3);
});

test('a change that throws is mended by the next call', () => {
  const { reactor, kernel } = openScripted();
  const first = reactor.register(fdOf(0), Interest.READABLE, ignore);
  kernel.failNext('register', new Error('cut short'));
  expect(() => reactor.register(fdOf(1), Interest.READABLE, ignore)).toThrow('cut short');
  kernel.failNext('modify', new Error('cut short'));
  expect(() => first.modify(Interest.WRITABLE)).toThrow('cut short');
  expect(kernel.calls).toEqual(['deregister 1']);
  expect(reactor.poll(0)).toBe(0);
  expect([reactor.size, first.interest]).toEqual([1, Interest.READABLE]);
  expect(kernel.watched.get(fdOf(0))?.interest).toBe(Interest.READABLE);
});

test('deregister() says whose the number is: close() leaves another file open', () => {
  const { reactor, kernel } = openScripted();
  const registration = reactor.register(fdOf(0), Interest.READABLE, ignore);
  expect(registration.close()).toBe(false);
  expect(kernel.calls).toEqual(['deregister 0']);
  expect(registration.close()).toBe(false);
  expect(kernel.calls).toHaveLength(1);
});

test('a waker is a registration of its own: it has events, and no part in the size', () => {
  const { reactor, kernel } = openScripted();
  let rung = 0;
  const waker = reactor.createWaker(() => rung++);
  const [source] = [...kernel.watched.keys()] as [number];
  kernel.writeWait(kernel.eventOf(source, Ready.READABLE));
  expect([reactor.poll(), rung, reactor.size]).toEqual([1, 1, 0]);
  waker.close();
  expect(kernel.watched.size).toBe(0);
});

test('a waker that the backend refuses is given back', () => {
  const { reactor, kernel } = openScripted();
  kernel.failNext('watchInternal', ENOMEM as number);
  expect(() => reactor.createWaker(ignore)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
  expect(kernel.watched.size).toBe(0); // that no fd is left is looked at after the file (setup.ts)
});
