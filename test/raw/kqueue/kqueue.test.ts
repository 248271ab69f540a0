// kqueue(2) as the raw layer shows it: what is ready for reading and writing, flags, and the life of a queue. The other
// filters are in kqueue-filters.test.ts, wrong arguments in kqueue-arguments.test.ts.
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { WOULD_BLOCK } from 'fdreactor';
import * as kqueue from 'fdreactor/kqueue';
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_DISABLE,
  EV_DISPATCH,
  EV_ENABLE,
  EV_EOF,
  EV_ERROR,
  EV_ONESHOT,
  EVFILT_READ,
  EVFILT_WRITE,
  type KeventList,
  NOTE_LOWAT,
} from 'fdreactor/kqueue';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import {
  awaitKevent,
  change,
  changeAll,
  type Entry,
  errorNameOf,
  isUp,
  keventsNow,
  listOf,
  newQueue,
  receiptsOf,
} from '../../helpers/kqueue/kevents.js';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { testWith } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { acceptOne, listen, pipePair, reset, socketPair, tcpPair } from '../../helpers/pairs.js';
import { closedFd } from '../../helpers/platform.js';
import { expectSystemError } from '../../helpers/throws.js';

const byte = new Uint8Array([1]);

test('is supported here, and has an fd of its own', () => {
  expect(kqueue.supported).toBe(true);
  expect(newQueue().fd).toBeGreaterThan(2);
});

test('an fd becomes readable when its peer writes, data says how much, and it stays so until it is read (level)', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  change(queue, a, EVFILT_READ, EV_ADD);
  expect(keventsNow(queue)).toEqual([]);
  socket.send(b, new Uint8Array(7));
  for (let turn = 0; turn < 3; turn++) {
    expect(keventsNow(queue)).toMatchObject([{ ident: a, filter: EVFILT_READ, data: 7 }]);
  }
  socket.recv(a, new Uint8Array(8));
  expect(keventsNow(queue)).toEqual([]);
});

test('reading and writing are two events of one fd', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  changeAll(queue, [a, EVFILT_READ, EV_ADD, 0, 0, 1], [a, EVFILT_WRITE, EV_ADD, 0, 0, 2]);
  socket.send(b, byte);
  const events = keventsNow(queue);
  expect(events.map(({ ident }) => ident)).toEqual([a, a]);
  expect(events.map(({ filter, udata }) => [filter, udata])).toEqual(
    expect.arrayContaining([
      [EVFILT_READ, 1],
      [EVFILT_WRITE, 2],
    ]),
  );
});

test('EV_CLEAR reports once for each arrival, also when not everything was read', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  change(queue, a, EVFILT_READ, EV_ADD | EV_CLEAR);
  socket.send(b, new Uint8Array(2));
  expect(keventsNow(queue)).toHaveLength(1);
  socket.recv(a, new Uint8Array(1));
  expect(keventsNow(queue)).toEqual([]);
  socket.send(b, byte);
  expect(keventsNow(queue)).toHaveLength(1);
});

testWith({ notOnLibkqueue: libkqueue.addAgain }, 'EV_ADD again with data pending reports it again', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  change(queue, a, EVFILT_READ, EV_ADD | EV_CLEAR);
  socket.send(b, byte);
  expect(keventsNow(queue)).toHaveLength(1);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, a, EVFILT_READ, EV_ADD | EV_CLEAR);
  expect(keventsNow(queue)).toHaveLength(1);
});

test('EV_ONESHOT takes itself out after one event', () => {
  const queue = newQueue();
  const [a] = socketPair();
  change(queue, a, EVFILT_WRITE, EV_ADD | EV_ONESHOT);
  expect(keventsNow(queue)).toHaveLength(1);
  expect(keventsNow(queue)).toEqual([]);
  expect(receiptsOf(queue, [a, EVFILT_WRITE, EV_DELETE])[0]).toBe('ENOENT');
});

test('EV_DISPATCH is silent after one event until EV_ENABLE', () => {
  const queue = newQueue();
  const [a] = socketPair();
  change(queue, a, EVFILT_WRITE, EV_ADD | EV_DISPATCH);
  for (let round = 0; round < 3; round++) {
    expect(keventsNow(queue)).toHaveLength(1);
    expect(keventsNow(queue)).toEqual([]);
    change(queue, a, EVFILT_WRITE, EV_ENABLE);
  }
});

test('EV_DISABLE and EV_ENABLE', () => {
  const queue = newQueue();
  const [a] = socketPair();
  change(queue, a, EVFILT_WRITE, EV_ADD);
  change(queue, a, EVFILT_WRITE, EV_DISABLE);
  expect(keventsNow(queue)).toEqual([]);
  change(queue, a, EVFILT_WRITE, EV_ENABLE);
  expect(keventsNow(queue)).toHaveLength(1);
  change(queue, a, EVFILT_WRITE, EV_DISABLE);
  expect(keventsNow(queue)).toEqual([]);
});

testWith({ notOnLibkqueue: libkqueue.addDisabled }, 'EV_ADD with EV_DISABLE says nothing yet', () => {
  const queue = newQueue();
  const [a] = socketPair();
  change(queue, a, EVFILT_WRITE, EV_ADD | EV_DISABLE);
  expect(keventsNow(queue)).toEqual([]);
});

test('EV_DELETE takes one filter out and leaves the other', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  changeAll(queue, [a, EVFILT_READ, EV_ADD], [a, EVFILT_WRITE, EV_ADD]);
  socket.send(b, byte);
  change(queue, a, EVFILT_WRITE, EV_DELETE);
  expect(keventsNow(queue)).toMatchObject([{ ident: a, filter: EVFILT_READ }]);
});

test('EV_EOF comes with the bytes that are still to be read in data', () => {
  const queue = newQueue();
  const [a, b] = tcpPair();
  change(queue, a, EVFILT_READ, EV_ADD);
  socket.send(b, Buffer.from('rest'));
  socket.shutdown(b, socket.constants.SHUT_WR);
  const event = awaitKevent(queue, (one) => isUp(one, EV_EOF));
  expect(event).toMatchObject({ ident: a, filter: EVFILT_READ, data: 4, fflags: 0 });
  expect(socket.recv(a, new Uint8Array(8))).toBe(4);
  expect(awaitKevent(queue, (one) => isUp(one, EV_EOF))).toMatchObject({ data: 0 });
  expect(socket.recv(a, new Uint8Array(8))).toBe(0);
});

test('a reset has its errno in fflags', () => {
  const queue = newQueue();
  const [a, b] = tcpPair();
  change(queue, a, EVFILT_READ, EV_ADD);
  reset(b);
  const event = awaitKevent(queue, (one) => isUp(one, EV_EOF));
  expect(errorNameOf(event.fflags)).toBe('ECONNRESET');
});

test('the write end of a pipe has EV_EOF when its reader is gone', () => {
  const queue = newQueue();
  const [readEnd, writeEnd] = pipePair();
  change(queue, writeEnd, EVFILT_WRITE, EV_ADD);
  expect(keventsNow(queue)[0]?.data).toBeGreaterThan(0);
  socket.close(readEnd);
  expect(awaitKevent(queue, (one) => isUp(one, EV_EOF)).ident).toBe(writeEnd);
});

test('a listener is readable when connections wait', () => {
  const queue = newQueue();
  const { listener, port } = listen();
  change(queue, listener, EVFILT_READ, EV_ADD);
  expect(keventsNow(queue)).toEqual([]);
  own(socket.connectTcp({ host: '127.0.0.1', port }));
  expect(awaitKevent(queue, ({ ident }) => ident === listener).data).toBeGreaterThan(0);
  acceptOne(listener);
  expect(keventsNow(queue)).toEqual([]);
});

testWith({ notOnLibkqueue: 'its data of a listener is always 1' }, 'data of a listener is its backlog', () => {
  const queue = newQueue();
  const { listener, port } = listen();
  change(queue, listener, EVFILT_READ, EV_ADD);
  for (let i = 0; i < 3; i++) own(socket.connectTcp({ host: '127.0.0.1', port }));
  awaitKevent(queue, ({ data }) => data === 3);
});

test('NOTE_LOWAT: nothing before so many bytes are there', () => {
  const queue = newQueue();
  const [a, b] = tcpPair();
  change(queue, a, EVFILT_READ, EV_ADD, NOTE_LOWAT, 5);
  socket.send(b, new Uint8Array(4));
  expect(keventsNow(queue)).toEqual([]);
  socket.send(b, byte);
  expect(awaitKevent(queue, ({ ident }) => ident === a).data).toBe(5);
});

test('a wait gives at most the capacity, and the rest with the next', () => {
  const queue = newQueue();
  const fds = [...socketPair(), ...socketPair(), ...socketPair()];
  changeAll(queue, ...fds.map((fd): Entry => [fd, EVFILT_WRITE, EV_ADD | EV_CLEAR]));
  const events = listOf(4);
  const seen = new Set<number>();
  expect(queue.kevent(null, events, 0)).toBe(4);
  for (let i = 0; i < 4; i++) seen.add(events.ident(i));
  expect(queue.kevent(null, events, 0)).toBe(2);
  expect(events.length).toBe(2);
  for (let i = 0; i < 2; i++) seen.add(events.ident(i));
  expect(seen).toEqual(new Set(fds));
});

test('EV_RECEIPT: each change is answered in its place, with the error of its own entry', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  const [closed, peer] = socketPair();
  socket.close(peer);
  socket.close(closed);
  const answers = receiptsOf(
    queue,
    [a, EVFILT_READ, EV_ADD],
    [closed, EVFILT_READ, EV_ADD],
    [b, EVFILT_WRITE, EV_DELETE],
    [b, EVFILT_WRITE, EV_ADD],
  );
  expect(answers).toEqual([undefined, 'EBADF', 'ENOENT', undefined]);
  expect(keventsNow(queue)).toMatchObject([{ ident: b, filter: EVFILT_WRITE }]);
});

test('a change that fails is an EV_ERROR event where there is room, and those after it are made', () => {
  const queue = newQueue();
  const [a] = socketPair();
  const changes = listOf(2);
  changes.push(a, EVFILT_READ, EV_DELETE, 0, 0, 41);
  changes.push(a, EVFILT_WRITE, EV_ADD, 0, 0, 42);
  const events = listOf(1);
  expect(queue.kevent(changes, events, 0)).toBe(1);
  expect(events.flags(0) & EV_ERROR).toBe(EV_ERROR);
  expect([events.ident(0), events.udata(0), errorNameOf(events.data(0))]).toEqual([a, 41, 'ENOENT']);
  expect(keventsNow(queue)).toMatchObject([{ ident: a, udata: 42 }]);
});

test('a change that fails without room is the error of the call, and those after it are not made', () => {
  const queue = newQueue();
  const [a] = socketPair();
  const changes = listOf(2);
  changes.push(a, EVFILT_READ, EV_DELETE);
  changes.push(a, EVFILT_WRITE, EV_ADD);
  expectSystemError(() => queue.kevent(changes, null), 'ENOENT', { syscall: 'kevent', fd: queue.fd });
  expect(keventsNow(queue)).toEqual([]);
});

test('one list for changes and events: the changes are gone, the events are there', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  const list = listOf(8);
  list.push(a, EVFILT_WRITE, EV_ADD);
  list.push(b, EVFILT_WRITE, EV_ADD);
  list.push(a, EVFILT_READ, EV_ADD);
  expect(queue.kevent(list, list, 0)).toBe(2);
  expect(list.length).toBe(2);
  expect(new Set([list.ident(0), list.ident(1)])).toEqual(new Set([a, b]));
});

test('a list that is waited into while it is walked holds the new events; what is past them is refused', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  changeAll(queue, [a, EVFILT_WRITE, EV_ADD], [b, EVFILT_WRITE, EV_ADD]);
  const events: KeventList = listOf(4);
  expect(queue.kevent(null, events, 0)).toBe(2);
  change(queue, b, EVFILT_WRITE, EV_DELETE);
  expect(queue.kevent(null, events, 0)).toBe(1);
  expect(events.ident(0)).toBe(a);
  expect(() => events.ident(1)).toThrow(RangeError);
  events.clear();
  expect(() => events.ident(0)).toThrow(RangeError);
});

test('no lists at all, and a list of changes that is empty, do nothing', () => {
  const queue = newQueue();
  expect(queue.kevent(null, null)).toBe(0);
  expect(queue.kevent(listOf(3), null, 1000)).toBe(0);
  expect(queue.kevent(listOf(3), listOf(3), 0)).toBe(0);
});

test('a closed fd is EBADF', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  socket.close(b);
  socket.close(a);
  expect(receiptsOf(queue, [a, EVFILT_READ, EV_ADD])[0]).toBe(closedFd);
});

testWith({ notOnLibkqueue: libkqueue.closed }, 'close takes the filters of an fd out', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  changeAll(queue, [a, EVFILT_READ, EV_ADD], [a, EVFILT_WRITE, EV_ADD]);
  socket.send(b, byte);
  socket.close(a);
  expect(keventsNow(queue)).toEqual([]);
  expect(receiptsOf(queue, [a, EVFILT_READ, EV_DELETE])[0]).toMatch(/^(EBADF|ENOENT)$/);
});

test('after EV_DELETE, close and reuse of the number only the new owner is reported', () => {
  const queue = newQueue();
  for (let round = 0; round < 10; round++) {
    const [a, b] = socketPair();
    change(queue, a, EVFILT_READ, EV_ADD, 0, 0, round);
    socket.send(b, byte);
    change(queue, a, EVFILT_READ, EV_DELETE);
    socket.close(a);
    socket.close(b);
    expect(keventsNow(queue)).toEqual([]);
  }
});

test('many fds at once, each with its own udata', () => {
  const queue = newQueue();
  const pairs = Array.from({ length: 200 }, socketPair);
  changeAll(queue, ...pairs.map(([a], i): Entry => [a, EVFILT_READ, EV_ADD, 0, 0, i * 2 ** 40]));
  pairs.forEach(([, b], i) => {
    if (i % 2 === 0) socket.send(b, byte);
  });
  const events = keventsNow(queue, 400);
  expect(events).toHaveLength(100);
  expect(new Set(events.map(({ udata }) => udata / 2 ** 40))).toEqual(
    new Set(Array.from({ length: 100 }, (_, i) => i * 2)),
  );
});

test('two queues watch one fd, each by itself', () => {
  const [one, two] = [newQueue(), newQueue()];
  const [a, b] = socketPair();
  change(one, a, EVFILT_READ, EV_ADD, 0, 0, 1);
  change(two, a, EVFILT_READ, EV_ADD, 0, 0, 2);
  socket.send(b, byte);
  expect(keventsNow(one)).toMatchObject([{ udata: 1 }]);
  expect(keventsNow(two)).toMatchObject([{ udata: 2 }]);
});

test('close is idempotent, and a second one closes no stranger', () => {
  const queue = newQueue();
  queue.close();
  const stranger = own(openSync(devNull, 'r'));
  queue.close();
  queue[Symbol.dispose]();
  expect(socket.read(stranger, new Uint8Array(1))).toBe(0);
});

testWith({ notOnLibkqueue: libkqueue.closed }, 'closed by other code than the object: EBADF, no crash', () => {
  const queue = newQueue();
  const { fd } = queue;
  socket.close(fd);
  expectSystemError(() => queue.kevent(null, listOf(1), 0), 'EBADF', { syscall: 'kevent', fd });
});

test('an event is a hint: the last word is what the read returns', () => {
  const queue = newQueue();
  const [a, b] = socketPair();
  change(queue, a, EVFILT_READ, EV_ADD);
  socket.send(b, byte);
  expect(keventsNow(queue)).toHaveLength(1);
  const buffer = new Uint8Array(4);
  expect(socket.recv(a, buffer)).toBe(1);
  expect(socket.recv(a, buffer)).toBe(WOULD_BLOCK);
});
