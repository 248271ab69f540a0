// The optional parts of a backend, present and absent, and what a backend declares: over scripted backends.
import '../helpers/lib-sources.js';
import { expect, test } from 'vitest';
import { COMPLETION_SLOT, type CompletionPart, type HostPart } from '../../lib/reactor/backend.js';
import { BACKENDS, type BackendName } from '../../lib/reactor/backends/index.js';
import { capabilities } from '../../lib/reactor/capabilities.js';
import { Interest, Ready } from '../../lib/reactor/interest.js';
import { Reactor } from '../../lib/reactor/reactor.js';
import { fdOf, openScripted, scriptedKind, whileListed } from './scripted-backend.js';

const HOST_SLOT = -7;
const ignore = (): void => {};

/** A host part that notes its calls. */
function noting(limitMs: number): HostPart & { calls: string[]; busy: boolean } {
  const calls: string[] = [];
  const host = {
    calls,
    busy: false,
    watch: () => {
      calls.push('watch');
      return limitMs;
    },
    unwatch: () => void calls.push('unwatch'),
    needsTurn: () => {
      calls.push('needsTurn');
      return host.busy;
    },
    dispatch: (slot: number) => void calls.push(`dispatch ${slot}`),
  };
  return host;
}

const hostEvent = { slot: HOST_SLOT, generation: 0, ready: 0 };
const completion = { slot: COMPLETION_SLOT, generation: 0, ready: 0 };

test('without a host part a wait without limit is a slice, and poll() returns after it', () => {
  const { reactor, kernel } = openScripted();
  reactor.register(fdOf(0), Interest.READABLE, ignore);
  expect(reactor.poll()).toBe(0);
  expect(kernel.waits.map(({ timeoutMs }) => timeoutMs)).toEqual([250]);
});

test('without a host part a long time-out is many slices of one turn', () => {
  const { reactor, kernel } = openScripted();
  expect(reactor.poll(1000)).toBe(0);
  expect(kernel.waits.length).toBeGreaterThanOrEqual(4);
  for (const { timeoutMs } of kernel.waits) expect(timeoutMs).toBeLessThanOrEqual(250);
  expect(reactor.metrics().turns).toBe(1);
});

test('a host part that ends waits by itself: one wait without limit', () => {
  const host = noting(-1);
  const { reactor, kernel } = openScripted({ host });
  reactor.register(fdOf(0), Interest.READABLE, ignore);
  kernel.writeWait(hostEvent);
  kernel.writeWait(kernel.eventOf(fdOf(0), Ready.READABLE));
  expect(reactor.poll()).toBe(1);
  expect(kernel.waits.map(({ timeoutMs }) => timeoutMs)).toEqual([-1, -1]);
  expect(host.calls).toEqual(['watch', `dispatch ${HOST_SLOT}`, 'needsTurn', 'watch']);
});

test('poll() returns 0 when the host needs the thread', () => {
  const host = noting(-1);
  const { reactor, kernel } = openScripted({ host });
  host.busy = true;
  kernel.writeWait(hostEvent);
  expect(reactor.poll()).toBe(0);
  expect(reactor.metrics().events).toBe(0);
});

test('a turn that does not wait leaves the host part alone', () => {
  const host = noting(-1);
  const { reactor } = openScripted({ host });
  expect(reactor.poll(0)).toBe(0);
  expect(host.calls).toEqual([]);
});

test('without a completion part run() ends when nothing is registered', () => {
  const { reactor, kernel } = openScripted();
  reactor.run();
  expect(kernel.waits).toEqual([]);
});

test('run() goes on while operations are pending, and counts the handlers of completions', () => {
  const indices: number[] = [];
  const completions: CompletionPart = {
    hasPending: () => indices.length < 3,
    dispatch: (index) => {
      indices.push(index);
      return 1;
    },
  };
  const { reactor, kernel } = openScripted({ completions });
  kernel.writeWait(completion, completion);
  kernel.writeWait(completion);
  reactor.run();
  expect(indices).toEqual([0, 1, 0]);
  expect(reactor.metrics().events).toBe(3);
});

test('what a completion handler throws goes to onError, or leaves the turn; the batch goes on', () => {
  const throwing = (): CompletionPart => ({
    hasPending: () => false,
    dispatch: () => {
      throw new Error('of a completion');
    },
  });
  const seen: unknown[] = [];
  const onError = (error: unknown, registration: unknown): void => void seen.push(error, registration);
  for (const options of [{}, { onError }]) {
    const { reactor, kernel } = openScripted({ completions: throwing() }, options);
    let ran = 0;
    reactor.register(fdOf(0), Interest.READABLE, () => ran++);
    kernel.writeWait(completion, kernel.eventOf(fdOf(0), Ready.READABLE));
    if (options === undefined || !('onError' in options)) expect(() => reactor.poll()).toThrow('of a completion');
    reactor.poll(0);
    expect(ran).toBe(1);
  }
  expect(seen).toEqual([new Error('of a completion'), null]);
});

test('events of both parts in one batch: the slot says which part', () => {
  const host = noting(-1);
  const indices: number[] = [];
  const completions = { hasPending: () => false, dispatch: (index: number) => indices.push(index) };
  const { reactor, kernel } = openScripted({ host, completions });
  kernel.writeWait(completion, hostEvent, completion);
  reactor.poll(0);
  expect(indices).toEqual([0, 2]);
  expect(host.calls).toEqual([`dispatch ${HOST_SLOT}`]);
});

test('a kernel that reports half-closes once has no muteReadClosed()', () => {
  const { reactor, kernel } = openScripted();
  reactor.register(fdOf(0), Interest.WRITABLE, ignore);
  kernel.writeWait(kernel.eventOf(fdOf(0), Ready.READ_CLOSED));
  expect(reactor.poll()).toBe(1);
});

test('refuses the modes, the interest and attach() that the backend does not declare', () => {
  const unsupported = expect.objectContaining({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
  const { reactor, kernel } = openScripted({ capabilities: { edge: false, oneshot: false, priority: false } });
  const register = (interest: number, mode?: 'edge' | 'oneshot') => () =>
    reactor.register(fdOf(0), interest, ignore, mode === undefined ? {} : { mode });
  expect(register(Interest.READABLE, 'edge')).toThrow(unsupported);
  expect(register(Interest.READABLE, 'oneshot')).toThrow(unsupported);
  expect(register(Interest.PRIORITY)).toThrow(unsupported);
  expect(() => reactor.attach()).toThrow(unsupported);
  expect([reactor.size, kernel.watched.size, reactor.attached]).toEqual([0, 0, false]);
  const registration = reactor.register(fdOf(0), Interest.READABLE, ignore);
  expect(() => registration.modify(Interest.PRIORITY)).toThrow(unsupported);
  expect([registration.interest, registration.active]).toEqual([Interest.READABLE, true]);
});

test('a backend that is listed has a name and a place in capabilities(); the default stays the first', () => {
  const [first] = capabilities().backends;
  whileListed(scriptedKind(), () => {
    expect(capabilities().backends).toContain('scripted');
    expect(capabilities().backends[0]).toBe(first);
    using reactor = new Reactor({ backend: 'scripted' as BackendName });
    expect(reactor.backend).toBe('scripted');
    using other = new Reactor();
    expect(other.backend).toBe(first);
  });
  expect(capabilities().backends).not.toContain('scripted');
});

test('capabilities() asks the default backend', () => {
  for (const has of [true, false]) {
    const kind = scriptedKind({ capabilities: { edge: has, oneshot: has, priority: has, attach: has } });
    BACKENDS.unshift(kind);
    const { backends, edge, oneshot, priority, attach } = capabilities();
    BACKENDS.shift();
    expect(backends[0]).toBe('scripted');
    expect([edge, oneshot, priority, attach]).toEqual([has, has, has, has]);
  }
});

test('a backend that is listed and not available is refused by name', () => {
  const backend = 'scripted' as BackendName;
  expect(() => new Reactor({ backend })).toThrow(/one of 'epoll', 'kqueue', 'iocp'/);
  whileListed({ ...scriptedKind(), available: false }, () => {
    expect(() => new Reactor({ backend })).toThrow(/the scripted backend/);
    expect(capabilities().backends).not.toContain('scripted');
  });
});
