// handOff(): any connection at any moment of its stream, with what was read of it and more; what is full, what is
// refused, and who owns the fd then.
import { Interest, Reactor } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import { close, recv, send, shutdown, socketpair } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own, ownBoth } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { closedFd, isWindows } from '../helpers/platform.js';
import { expectArgumentType, expectInvalidState, expectOutOfRange, expectSystemError } from '../helpers/throws.js';
import { allReceived, echo, handable, poolOf, received, type WorkerBody } from './pools.js';

test('mid-stream: first what was read and not used, then what is unread, then what comes', async () => {
  const pool = poolOf(echo);
  expect(pool.address).toBe(null);
  await pool.ready;
  const { mine, fd } = handable('one two three');
  const read = Buffer.alloc(8);
  expect(recv(fd, read)).toBe(8);
  const payload = read.subarray(4);
  expect(pool.handOff(fd, { data: { user: 7 }, payload, worker: 1 })).toBe(true);
  read.fill(0); // the pool has its own copy
  send(mine, Buffer.from(' four'));
  const answer = '1 {"user":7}\ntwo three four';
  expect(await received(mine, answer.length)).toBe(answer);
});

test('a Connection detached in one thread goes on in another, and nothing of its stream is lost', async () => {
  const pool = poolOf(echo, { drive: 'run' });
  await pool.ready;
  const reactor = dispose(new Reactor());
  const { mine, fd } = handable('GET a\nGET b\nGET c\n');
  let first = '';
  new Connection(reactor, fd, {
    data: (connection, chunk) => {
      first = chunk.toString('latin1', 0, 6);
      const payload = Buffer.from(chunk.subarray(6));
      pool.handOff(connection.detach().fd, { payload });
    },
  });
  reactor.poll();
  expect(first).toBe('GET a\n');
  send(mine, Buffer.from('GET d\n'));
  expect(await received(mine, 20)).toMatch(/^[01]\nGET b\nGET c\nGET d\n$/);
});

const waits: WorkerBody = ({ connection: { Connection }, reactor, args }) => ({
  connection(fd, handed) {
    Atomics.add(args, 1, 1);
    Atomics.notify(args, 1);
    Atomics.wait(args, 0, 0); // until the test lets it go on
    new Connection(reactor, fd, {}).end(`${handed?.data ?? 'nothing'}`);
  },
});

test('a worker without room: handOff() says so, nothing is lost, and the order stays', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const pool = poolOf(waits, { workers: 1, maxQueued: 4 }, gate);
  await pool.ready;
  let drains = 0;
  pool.on('drain', () => drains++);
  const peers: number[] = [];
  const give = (): boolean => {
    const [mine, fd] = socketpair();
    peers.push(own(mine));
    return pool.handOff(fd, { data: peers.length });
  };
  expect(give()).toBe(true);
  await eventually('the worker has taken one', () => gate[1] === 1);
  expect([give(), give(), give(), give()]).toEqual([true, true, true, true]);
  expect([give(), give(), give()]).toEqual([false, false, false]);
  expect(pool.metrics()).toMatchObject({ waiting: 3, workers: [{ queued: 4 }] });
  expect(drains).toBe(0);
  gate[0] = 1;
  Atomics.notify(gate, 0);
  await eventually('there is room', () => drains === 1);
  expect(await allReceived(peers)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
  expect(pool.metrics()).toMatchObject({ waiting: 0, workers: [{ taken: 8, queued: 0 }] });
});

test('one that waits for a busy worker keeps no other waiting', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const body: WorkerBody = ({ connection: { Connection }, reactor, index, args }) => ({
    connection(fd) {
      Atomics.add(args, 1, 1);
      if (index === 0) Atomics.wait(args, 0, 0);
      new Connection(reactor, fd, {}).end(`${index}`);
    },
  });
  const pool = poolOf(body, { maxQueued: 1 }, gate);
  await pool.ready;
  const give = (worker?: number): number => {
    const [mine, fd] = socketpair();
    pool.handOff(fd, worker === undefined ? {} : { worker });
    return own(mine);
  };
  const first = give(0);
  await eventually('worker 0 is busy', () => gate[1] === 1);
  const others = [give(0), give(0)];
  expect(pool.metrics().waiting).toBe(1);
  for (let i = 0; i < 20; i++) expect(await received(give())).toBe('1');
  gate[0] = 1;
  Atomics.notify(gate, 0);
  expect(await allReceived([first, ...others])).toEqual(['0', '0', '0']);
});

/** Above any number that the kernel gives; one that was closed may be another thread's. */
const neverOpen = 900_000;

test("what is refused stays the caller's", async () => {
  const pool = poolOf(echo);
  await pool.ready;
  const reactor = dispose(new Reactor());
  const [watched, connected] = ownBoth(socketpair());
  const registration = reactor.register(watched, Interest.READABLE, () => {});
  const connection = new Connection(reactor, connected, {});
  expectInvalidState(() => pool.handOff(watched));
  expectInvalidState(() => pool.handOff(connected));
  registration.deregister();
  connection.close();
  expectSystemError(() => pool.handOff(neverOpen), closedFd, {
    syscall: isWindows ? 'getsockopt' : 'fstat',
    fd: neverOpen,
  });
  const { mine, fd } = handable('');
  expect(() => pool.handOff(fd, { data: () => {} })).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  expectOutOfRange(() => pool.handOff(fd, { worker: 2 }));
  expectOutOfRange(() => pool.handOff(-1));
  // biome-ignore lint/suspicious/noExplicitAny: a wrong value is the point
  expectArgumentType(() => pool.handOff(fd, { payload: 'text' as any }));
  send(fd, Buffer.from('x')); // still open, and the caller's
  expect(await received(mine, 1)).toBe('x');
  expect(pool.metrics()).toMatchObject({ waiting: 0, workers: [{ taken: 0 }, { taken: 0 }] });
  await pool.close();
  expectInvalidState(() => pool.handOff(fd));
});

test("an error of the policy is handOff()'s, and the fd is the caller's", async () => {
  const pool = poolOf(echo, {
    policy: () => 5,
  });
  await pool.ready;
  const { mine, fd } = handable('x');
  expectOutOfRange(() => pool.handOff(fd));
  expect(pool.handOff(fd, { worker: 0 })).toBe(true);
  shutdown(mine, 1);
  expect(await received(mine)).toBe('0\nx');
});

test('an fd that is closed on its way is reported, and the worker goes on', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const pool = poolOf(waits, { workers: 1 }, gate);
  await pool.ready;
  const errors: unknown[] = [];
  pool.on('workerError', (error) => errors.push(error));
  const first = handable('');
  pool.handOff(first.fd);
  await eventually('the worker is busy', () => gate[1] === 1);
  const second = handable('');
  const third = handable('');
  pool.handOff(second.fd, { data: 2 });
  pool.handOff(third.fd, { data: 3 });
  close(second.fd);
  gate[0] = 1;
  Atomics.notify(gate, 0);
  expect(await received(first.mine)).toBe('nothing');
  expect(await received(third.mine)).toBe('3');
  await eventually('it is reported', () => errors.length === 1);
  expect(errors[0]).toMatchObject({ code: closedFd, fd: second.fd });
  expect(pool.metrics().restarts).toBe(0);
});
