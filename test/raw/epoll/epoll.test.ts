// epoll(7) as the raw layer shows it: sets, masks, data words, and the errors of epoll_ctl.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants as fsConstants, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { WOULD_BLOCK } from 'fdreactor';
import * as epoll from 'fdreactor/epoll';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  Epoll,
  EpollEvents,
} from 'fdreactor/epoll';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { dispose, own } from '../../helpers/owned.js';
import { pipePair, socketPair, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { expectSystemError } from '../../helpers/throws.js';
import { awaitEvents, eventsNow } from '../../helpers/wait.js';

const newEpoll = (): Epoll => dispose(new Epoll());
const byte = new Uint8Array([1]);

test('is supported here, and has an fd of its own', () => {
  expect(epoll.supported).toBe(true);
  expect(newEpoll().fd).toBeGreaterThan(2);
});

test('an fd becomes readable when its peer writes, and stays so until it is read (level)', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN);
  expect(eventsNow(ep).size).toBe(0);
  socket.send(b, byte);
  for (let turn = 0; turn < 3; turn++) expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
  socket.recv(a, new Uint8Array(8));
  expect(eventsNow(ep).size).toBe(0);
});

test('EPOLLET reports once for each arrival, also when not everything was read', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN | EPOLLET);
  socket.send(b, new Uint8Array(2));
  expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
  socket.recv(a, new Uint8Array(1));
  expect(eventsNow(ep).size).toBe(0);
  socket.send(b, byte);
  expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
});

test('EPOLLONESHOT is silent after one event until it is modified', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN | EPOLLONESHOT);
  socket.send(b, byte);
  expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
  expect(eventsNow(ep).size).toBe(0);
  ep.modify(a, EPOLLIN | EPOLLONESHOT);
  expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
});

test('both directions come in one event', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN | EPOLLOUT);
  socket.send(b, byte);
  expect(eventsNow(ep)).toEqual(new Map([[a, EPOLLIN | EPOLLOUT]]));
});

test('EPOLLHUP and EPOLLERR come unasked, also with an empty mask', () => {
  const ep = newEpoll();
  const [readEnd, writeEnd] = pipePair();
  ep.add(writeEnd, 0);
  socket.close(readEnd);
  expect(awaitEvents(ep, writeEnd, EPOLLERR) & (EPOLLERR | EPOLLHUP)).toBe(EPOLLERR);
  const [a, b] = socketPair();
  ep.add(a, 0);
  socket.close(b);
  awaitEvents(ep, a, EPOLLHUP);
});

test('EPOLLRDHUP comes only when asked for', () => {
  const ep = newEpoll();
  const [a, b] = tcpPair();
  ep.add(a, EPOLLIN);
  socket.shutdown(b, socket.constants.SHUT_WR);
  expect(awaitEvents(ep, a, EPOLLIN)).toBe(EPOLLIN);
  ep.modify(a, EPOLLIN | EPOLLRDHUP);
  expect(awaitEvents(ep, a, EPOLLRDHUP)).toBe(EPOLLIN | EPOLLRDHUP);
});

test('EPOLLPRI announces an out-of-band byte', () => {
  const ep = newEpoll();
  const [a, b] = tcpPair();
  ep.add(a, EPOLLPRI);
  socket.send(b, new Uint8Array([7]), 0, 1, socket.constants.MSG_OOB);
  awaitEvents(ep, a, EPOLLPRI);
  const urgent = new Uint8Array(1);
  expect(socket.recv(a, urgent, 0, 1, socket.constants.MSG_OOB)).toBe(1);
  expect(urgent[0]).toBe(7);
});

test('data is the fd unless given, and any integer up to 2^53 - 1 comes back as it went in', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  const [, c] = socketPair();
  ep.add(a, EPOLLOUT);
  ep.add(b, EPOLLOUT, Number.MAX_SAFE_INTEGER);
  ep.add(c, EPOLLOUT, 0);
  expect([...eventsNow(ep).keys()].sort((x, y) => x - y)).toEqual([0, a, Number.MAX_SAFE_INTEGER]);
  for (const data of [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1]) {
    ep.modify(b, EPOLLOUT, data);
    expect(eventsNow(ep).get(data)).toBe(EPOLLOUT);
  }
  ep.modify(b, EPOLLOUT);
  expect(eventsNow(ep).get(b)).toBe(EPOLLOUT);
});

test('a wait gives at most the capacity, and the rest with the next', () => {
  const ep = newEpoll();
  const fds = [...socketPair(), ...socketPair(), ...socketPair()];
  for (const fd of fds) ep.add(fd, EPOLLOUT);
  const events = new EpollEvents(4);
  const seen = new Set<number>();
  for (let turn = 0; turn < 2; turn++) {
    expect(ep.wait(events, 0)).toBe(4);
    for (let i = 0; i < 4; i++) seen.add(events.data(i));
  }
  expect([...seen].sort()).toEqual([...fds].sort());
});

test('adding twice is EEXIST; an unknown fd is ENOENT, also after delete and after close', () => {
  const ep = newEpoll();
  const [a] = socketPair();
  ep.add(a, EPOLLIN);
  expectSystemError(() => ep.add(a, EPOLLIN), 'EEXIST', { syscall: 'epoll_ctl', fd: a });
  ep.delete(a);
  expectSystemError(() => ep.delete(a), 'ENOENT', { syscall: 'epoll_ctl', fd: a });
  expectSystemError(() => ep.modify(a, EPOLLIN), 'ENOENT', { syscall: 'epoll_ctl', fd: a });
  ep.add(a, EPOLLIN);
  socket.close(a);
  expectSystemError(() => ep.delete(a), 'EBADF', { fd: a });
});

test('a closed fd is EBADF', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  socket.close(b);
  socket.close(a);
  for (const call of [() => ep.add(a, EPOLLIN), () => ep.modify(a, EPOLLIN), () => ep.delete(a)]) {
    expectSystemError(call, 'EBADF', { syscall: 'epoll_ctl', fd: a });
  }
});

test('files that cannot be polled are EPERM: regular, directory, /dev/zero, memory file', () => {
  const ep = newEpoll();
  for (const path of [process.execPath, tmpdir(), '/dev/zero', '/dev/null']) {
    const fd = own(openSync(path, 'r'));
    expectSystemError(() => ep.add(fd, EPOLLIN), 'EPERM', { syscall: 'epoll_ctl', fd });
  }
});

test('an O_PATH descriptor is EBADF', () => {
  const O_PATH = 0o10000000;
  const fd = own(openSync('/', O_PATH | fsConstants.O_RDONLY));
  expectSystemError(() => newEpoll().add(fd, EPOLLIN), 'EBADF', { fd });
});

test('a set in itself is EINVAL; cycles and deep nesting are ELOOP', () => {
  const sets = Array.from({ length: 7 }, newEpoll) as [Epoll, Epoll, Epoll, ...Epoll[]];
  const [first, second, third] = sets;
  expectSystemError(() => first.add(first.fd, EPOLLIN), 'EINVAL');
  first.add(second.fd, EPOLLIN);
  expectSystemError(() => second.add(first.fd, EPOLLIN), 'ELOOP');
  second.add(third.fd, EPOLLIN);
  expectSystemError(() => third.add(first.fd, EPOLLIN), 'ELOOP');
  const nestTooDeep = (): void => {
    for (let i = 2; i + 1 < sets.length; i++) (sets[i] as Epoll).add((sets[i + 1] as Epoll).fd, EPOLLIN);
  };
  expectSystemError(nestTooDeep, 'ELOOP');
});

test('a set in a set is readable while it has events', () => {
  const outer = newEpoll();
  const inner = newEpoll();
  const [a, b] = socketPair();
  inner.add(a, EPOLLIN);
  outer.add(inner.fd, EPOLLIN);
  expect(eventsNow(outer).size).toBe(0);
  socket.send(b, byte);
  expect(eventsNow(outer).get(inner.fd)).toBe(EPOLLIN);
});

test('EPOLLEXCLUSIVE: refused with modify and with ONESHOT, fine with add; unknown bits do nothing', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  expectSystemError(() => ep.add(a, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), 'EINVAL');
  ep.add(a, EPOLLIN | EPOLLEXCLUSIVE);
  expectSystemError(() => ep.modify(a, EPOLLIN | EPOLLEXCLUSIVE), 'EINVAL');
  ep.add(b, EPOLLOUT | (1 << 20));
  expect(eventsNow(ep).get(b)).toBe(EPOLLOUT);
});

test('of two sets that watch with EPOLLEXCLUSIVE, at least one is told', () => {
  const [one, two] = [newEpoll(), newEpoll()];
  const [a, b] = socketPair();
  one.add(a, EPOLLIN | EPOLLEXCLUSIVE);
  two.add(a, EPOLLIN | EPOLLEXCLUSIVE);
  socket.send(b, byte);
  expect(eventsNow(one).size + eventsNow(two).size).toBeGreaterThanOrEqual(1);
});

const ownOnly = 'spawn() hands on only fds that Deno itself has opened, and waits for ever otherwise';
const duplicate = 'a duplicate (here: in a child) keeps the events of a closed number coming, as epoll(7) warns';
testWith({ notInDeno: ownOnly }, duplicate, async () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN, 42);
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', a] });
  await once(child, 'spawn');
  socket.close(a);
  socket.send(b, byte);
  expect(eventsNow(ep).get(42)).toBe(EPOLLIN);
  expectSystemError(() => ep.delete(a), 'EBADF');
  child.stdin?.end();
  await once(child, 'close');
  await eventually('the set forgets the fd with its last duplicate', () => eventsNow(ep).size === 0);
});

test('many fds at once, each with its own data', () => {
  const ep = newEpoll();
  const pairs = Array.from({ length: 500 }, socketPair);
  pairs.forEach(([a], i) => {
    ep.add(a, EPOLLIN, i * 2 ** 40);
  });
  pairs.forEach(([, b], i) => {
    if (i % 2 === 0) socket.send(b, byte);
  });
  const seen = eventsNow(ep, 1000);
  expect(seen.size).toBe(250);
  for (const data of seen.keys()) expect((data / 2 ** 40) % 2).toBe(0);
});

test('close is idempotent and closes the fd', () => {
  const ep = new Epoll();
  const { fd } = ep;
  ep.close();
  ep.close();
  expectSystemError(() => socket.read(fd, new Uint8Array(1)), 'EBADF');
});

test('other code closes the epoll fd: an error at the next call, no crash', () => {
  const ep = new Epoll();
  const [a, b] = socketPair();
  socket.close(ep.fd);
  expectSystemError(() => ep.add(a, EPOLLIN), 'EBADF');
  expectSystemError(() => ep.wait(new EpollEvents(1), 0), 'EBADF');
  const stranger = own(openSync('/dev/null', 'r'));
  expect(stranger).toBe(ep.fd);
  expectSystemError(() => ep.add(b, EPOLLIN), 'EINVAL');
  expectSystemError(() => ep.wait(new EpollEvents(1), 0), 'EINVAL');
});

test('a would-be read from a ready set still decides: the event is a hint', () => {
  const ep = newEpoll();
  const [a, b] = socketPair();
  ep.add(a, EPOLLIN);
  socket.send(b, byte);
  expect(eventsNow(ep).get(a)).toBe(EPOLLIN);
  const buffer = new Uint8Array(4);
  expect(socket.recv(a, buffer)).toBe(1);
  expect(socket.recv(a, buffer)).toBe(WOULD_BLOCK);
});
