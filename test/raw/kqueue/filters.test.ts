// The filters beside reading and writing: timers, events of the user's own, signals, processes and files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as kqueue from 'fdreactor/kqueue';
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_DISABLE,
  EV_DISPATCH,
  EV_ENABLE,
  EV_EOF,
  EV_ONESHOT,
  EVFILT_PROC,
  EVFILT_READ,
  EVFILT_SIGNAL,
  EVFILT_TIMER,
  EVFILT_USER,
  EVFILT_VNODE,
  EVFILT_WRITE,
} from 'fdreactor/kqueue';
import { afterAll, expect, test } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import {
  awaitKevent,
  change,
  isUp,
  type Kevent,
  keventsNow,
  newQueue,
  receiptsOf,
} from '../../helpers/kqueue/kevents.js';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { testWith } from '../../helpers/needs.js';
import { ownFile } from '../../helpers/owned.js';
import { patience } from '../../helpers/patience.js';

const directory = mkdtempSync(join(tmpdir(), 'fdreactor-kqueue-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('EVFILT_TIMER: a period in milliseconds, again and again; data counts those that were missed', () => {
  const queue = newQueue();
  const start = performance.now();
  change(queue, 1, EVFILT_TIMER, EV_ADD, 0, 20, 7);
  const first = awaitKevent(queue, ({ filter }) => filter === EVFILT_TIMER);
  expect(first).toMatchObject({ ident: 1, udata: 7 });
  expect(performance.now() - start).toBeGreaterThanOrEqual(19);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  expect(awaitKevent(queue, ({ ident }) => ident === 1).data).toBeGreaterThanOrEqual(2);
  change(queue, 1, EVFILT_TIMER, EV_DELETE);
  expect(keventsNow(queue, 4, 50)).toEqual([]);
});

test('EVFILT_TIMER: EV_ONESHOT fires once; other units; many of them in one queue', () => {
  const queue = newQueue();
  change(queue, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 30);
  change(queue, 2, EVFILT_TIMER, EV_ADD | EV_ONESHOT, kqueue.NOTE_USECONDS, 2000);
  change(queue, 3, EVFILT_TIMER, EV_ADD | EV_ONESHOT, kqueue.NOTE_NSECONDS, 10_000_000);
  change(queue, 4, EVFILT_TIMER, EV_ADD | EV_ONESHOT, kqueue.NOTE_SECONDS, 3600);
  const order: number[] = [];
  awaitKevent(queue, ({ ident }) => order.push(ident) === 3);
  expect(order.sort()).toEqual([1, 2, 3]);
  expect(receiptsOf(queue, [1, EVFILT_TIMER, EV_DELETE], [4, EVFILT_TIMER, EV_DELETE])).toEqual(['ENOENT', undefined]);
});

test('EVFILT_TIMER: set anew by EV_ADD', () => {
  const queue = newQueue();
  change(queue, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 3_600_000);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 5, 9);
  expect(awaitKevent(queue, () => true)).toMatchObject({ ident: 1, udata: 9 });
});

test('EVFILT_USER: triggered however often, it is one event; EV_CLEAR takes it back', () => {
  const queue = newQueue();
  change(queue, 5, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, 3);
  expect(keventsNow(queue)).toEqual([]);
  for (let i = 0; i < 100; i++) change(queue, 5, EVFILT_USER, 0, kqueue.NOTE_TRIGGER, 0, 3);
  expect(keventsNow(queue)).toMatchObject([{ ident: 5, filter: EVFILT_USER, udata: 3 }]);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, 5, EVFILT_USER, 0, kqueue.NOTE_TRIGGER, 0, 3);
  expect(keventsNow(queue)).toHaveLength(1);
});

test('EVFILT_USER: without EV_CLEAR it stays triggered; any ident will do', () => {
  const queue = newQueue();
  for (const ident of [0, 1, 2 ** 31, 2 ** 40]) {
    change(queue, ident, EVFILT_USER, EV_ADD);
    change(queue, ident, EVFILT_USER, 0, kqueue.NOTE_TRIGGER);
  }
  for (let turn = 0; turn < 2; turn++) {
    const idents = keventsNow(queue).map(({ ident }) => ident);
    expect(idents.sort((a, b) => a - b)).toEqual([0, 1, 2 ** 31, 2 ** 40]);
  }
});

test('EVFILT_USER: NOTE_FFCOPY, NOTE_FFOR and NOTE_FFAND change its own bits', () => {
  const queue = newQueue();
  const bits = (): number => {
    const [event] = keventsNow(queue) as [Kevent];
    return event.fflags & kqueue.NOTE_FFLAGSMASK & ~kqueue.NOTE_TRIGGER;
  };
  const trigger = (fflags: number): void => change(queue, 1, EVFILT_USER, 0, kqueue.NOTE_TRIGGER | fflags);
  change(queue, 1, EVFILT_USER, EV_ADD | EV_CLEAR);
  trigger(kqueue.NOTE_FFCOPY | 0x0f);
  expect(bits()).toBe(0x0f);
  trigger(kqueue.NOTE_FFOR | 0xf0);
  expect(bits() & 0xf0).toBe(0xf0);
  trigger(kqueue.NOTE_FFAND | 0x30);
  expect(bits() & ~0x30).toBe(0);
});

test('EVFILT_USER: disabled, dispatched, taken out', () => {
  const queue = newQueue();
  change(queue, 1, EVFILT_USER, EV_ADD | EV_CLEAR);
  change(queue, 1, EVFILT_USER, EV_DISABLE);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, 1, EVFILT_USER, EV_ENABLE);
  change(queue, 1, EVFILT_USER, 0, kqueue.NOTE_TRIGGER);
  expect(keventsNow(queue)).toHaveLength(1);
  change(queue, 2, EVFILT_USER, EV_ADD | EV_DISPATCH);
  change(queue, 2, EVFILT_USER, 0, kqueue.NOTE_TRIGGER);
  expect(keventsNow(queue)).toHaveLength(1);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, 1, EVFILT_USER, EV_DELETE);
  expect(receiptsOf(queue, [1, EVFILT_USER, EV_DELETE])).toEqual(['ENOENT']);
});

// Raised until it is heard, since libkqueue may lose one (helpers/kqueue/libkqueue.ts); with a handler, so that it ends
// nothing.
test('EVFILT_SIGNAL: a signal is an event, beside its handler; data says how often', () => {
  const queue = newQueue();
  const number = osConstants.signals.SIGUSR2;
  const handler = (): void => {};
  process.on('SIGUSR2', handler);
  change(queue, number, EVFILT_SIGNAL, EV_ADD, 0, 0, 5);
  const end = performance.now() + patience(5000);
  let events: Kevent[] = [];
  while (events.length === 0 && performance.now() < end) {
    process.kill(process.pid, 'SIGUSR2');
    events = keventsNow(queue, 4, 20);
  }
  expect(events).toMatchObject([{ ident: number, filter: EVFILT_SIGNAL, udata: 5 }]);
  expect(events[0]?.data).toBeGreaterThanOrEqual(1);
  change(queue, number, EVFILT_SIGNAL, EV_DELETE);
  expect(keventsNow(queue)).toEqual([]);
  process.off('SIGUSR2', handler);
});

test('EVFILT_PROC: the end of a child, with its status where the system gives it', async () => {
  const report = await reportOf(({ kqueue: k, childProcess, report }) => {
    const queue = new k.Kqueue();
    const list = new k.KeventList(4);
    const child = childProcess.spawn('sh', ['-c', 'read line; exit 3'], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('spawn', () => {
      list.push(child.pid as number, k.EVFILT_PROC, k.EV_ADD, k.NOTE_EXIT, 0, 11);
      queue.kevent(list, null);
      child.stdin.end('\n');
      setTimeout(() => {
        const count = queue.kevent(null, list, 5000);
        const same = list.ident(0) === child.pid;
        report({ count, same, filter: list.filter(0), fflags: list.fflags(0), udata: list.udata(0) });
        process.exit(0);
      }, 0);
    });
  });
  expect(report).toMatchObject({ count: 1, same: true, filter: EVFILT_PROC, udata: 11 });
  expect((report.fflags & kqueue.NOTE_EXIT) !== 0).toBe(true);
});

test('EVFILT_PROC: a process that is gone is ESRCH; so is one that never was', async () => {
  const queue = newQueue();
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  for (const pid of [child.pid as number, 2 ** 22 + 1]) {
    expect(receiptsOf(queue, [pid, EVFILT_PROC, EV_ADD, kqueue.NOTE_EXIT])).toEqual([
      expect.stringMatching(/^ESRCH|EINVAL$/),
    ]);
  }
});

testWith({ notOnLibkqueue: libkqueue.forkAndExec }, 'EVFILT_PROC: fork and exec of a child', async () => {
  const queue = newQueue();
  const child = spawn('sh', ['-c', 'read line; true | true; exec true'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  change(queue, child.pid as number, EVFILT_PROC, EV_ADD, kqueue.NOTE_FORK | kqueue.NOTE_EXEC | kqueue.NOTE_EXIT);
  child.stdin?.end('\n');
  let seen = 0;
  awaitKevent(queue, ({ fflags }) => {
    seen |= fflags;
    return (seen & kqueue.NOTE_EXIT) !== 0;
  });
  expect(seen & kqueue.NOTE_FORK && seen & kqueue.NOTE_EXEC).not.toBe(0);
  await once(child, 'exit');
});

const happenings: [name: string, note: () => number, act: (path: string) => void][] = [
  ['NOTE_WRITE: written to', () => kqueue.NOTE_WRITE, (path) => appendFileSync(path, 'more')],
  ['NOTE_EXTEND: grown', () => kqueue.NOTE_EXTEND, (path) => appendFileSync(path, 'more')],
  ['NOTE_ATTRIB: attributes changed', () => kqueue.NOTE_ATTRIB, (path) => chmodSync(path, 0o600)],
  ['NOTE_LINK: linked', () => kqueue.NOTE_LINK, (path) => linkSync(path, `${path}-too`)],
  ['NOTE_RENAME: renamed', () => kqueue.NOTE_RENAME, (path) => renameSync(path, `${path}-moved`)],
  ['NOTE_DELETE: unlinked', () => kqueue.NOTE_DELETE, (path) => unlinkSync(path)],
];

test.each(happenings)('EVFILT_VNODE: %s', (name, note, act) => {
  const queue = newQueue();
  const path = join(directory, name.slice(0, name.indexOf(':')));
  writeFileSync(path, 'content');
  const fd = ownFile(openSync(path, 'r'));
  change(queue, fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, note(), 0, 13);
  expect(keventsNow(queue)).toEqual([]);
  act(path);
  const event = awaitKevent(queue, ({ fflags }) => (fflags & note()) !== 0);
  expect(event).toMatchObject({ ident: fd, filter: EVFILT_VNODE, udata: 13 });
  expect(keventsNow(queue)).toEqual([]);
  change(queue, fd, EVFILT_VNODE, EV_DELETE);
});

test('EVFILT_VNODE: a directory is written to when an entry comes or goes', () => {
  const queue = newQueue();
  const fd = ownFile(openSync(directory, 'r'));
  change(queue, fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, kqueue.NOTE_WRITE);
  for (const act of [() => writeFileSync(join(directory, 'entry'), ''), () => unlinkSync(join(directory, 'entry'))]) {
    act();
    awaitKevent(queue, ({ ident, fflags }) => ident === fd && (fflags & kqueue.NOTE_WRITE) !== 0);
  }
  change(queue, fd, EVFILT_VNODE, EV_DELETE);
});

test('EVFILT_READ of a file: data is how far it is to the end; nothing at the end', () => {
  const queue = newQueue();
  const path = join(directory, 'file');
  writeFileSync(path, 'twelve bytes');
  const fd = ownFile(openSync(path, 'r+'));
  change(queue, fd, EVFILT_READ, EV_ADD);
  expect(keventsNow(queue)).toMatchObject([{ ident: fd, data: 12 }]);
  writeSync(fd, 'over');
  expect(keventsNow(queue)).toMatchObject([{ ident: fd, data: 8 }]);
  truncateSync(path, 4);
  expect(keventsNow(queue).filter((event) => event.data > 0)).toEqual([]);
  change(queue, fd, EVFILT_READ, EV_DELETE);
});

test('EVFILT_WRITE of a file: always', () => {
  const queue = newQueue();
  const fd = ownFile(openSync(join(directory, 'written'), 'w'));
  change(queue, fd, EVFILT_WRITE, EV_ADD | EV_ONESHOT);
  const [event] = keventsNow(queue) as [Kevent];
  expect(event).toMatchObject({ ident: fd, filter: EVFILT_WRITE });
  expect(isUp(event, EV_EOF)).toBe(false);
});

test('all filters in one queue and one wait', () => {
  const queue = newQueue();
  const path = join(directory, 'together');
  writeFileSync(path, '');
  const fd = ownFile(openSync(path, 'r'));
  change(queue, fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, kqueue.NOTE_WRITE);
  change(queue, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 1);
  change(queue, 1, EVFILT_USER, EV_ADD | EV_CLEAR);
  change(queue, 1, EVFILT_USER, 0, kqueue.NOTE_TRIGGER);
  appendFileSync(path, 'x');
  const seen = new Set<number>();
  awaitKevent(queue, ({ filter }) => seen.add(filter).size === 3);
  expect(seen).toEqual(new Set([EVFILT_VNODE, EVFILT_TIMER, EVFILT_USER]));
  change(queue, fd, EVFILT_VNODE, EV_DELETE);
});
