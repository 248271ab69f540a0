// Pump: one direction of a proxy, inside the kernel. Every byte once and in order, back-pressure, half-close, and never
// a byte of one connection in another's.
import { createHash, randomBytes } from 'node:crypto';
import { Interest, type Reactor, type Registration, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { dispose } from '../../helpers/owned.js';
import { fill, recvAll, sendAll, socketPair, tcpPair } from '../../helpers/pairs.js';
import { caught, expectBadArgument, expectInvalidState } from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';
import { awaitReady, turnUntil } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { SHUT_WR, SOL_SOCKET, SO_LINGER } = socket.constants;
const needs = { needs: 'splice' } as const;
const newPool = (options = {}): PipePool => dispose(new PipePool(options));

/** Drives one pump by a reactor, as a proxy would. */
function drive(
  reactor: Reactor,
  pump: Pump,
  sourceFd: number,
  destinationFd: number,
): { moves: number; error: unknown } {
  const state = { moves: 0, error: undefined as unknown };
  let source: Registration;
  let destination: Registration;
  const step = (): void => {
    state.moves++;
    try {
      pump.move();
    } catch (error) {
      state.error = error;
    }
    if (state.error !== undefined || pump.done) {
      pump.close();
      source.deregister();
      destination.deregister();
      return;
    }
    source.modify(pump.sourceInterest);
    destination.modify(pump.destinationInterest);
  };
  source = reactor.register(sourceFd, pump.sourceInterest, step);
  destination = reactor.register(destinationFd, pump.destinationInterest, step);
  return state;
}

contractTest(
  '64 MiB arrive unchanged through small buffers',
  ({ reactor }) => {
    const [client, front] = tcpPair();
    const [back, server] = tcpPair();
    const pump = dispose(new Pump(front, back, { pool: newPool() }));
    const state = drive(reactor, pump, front, back);
    const block = randomBytes(2 ** 20);
    const total = 64 * block.length;
    const [sentHash, receivedHash] = [createHash('sha1'), createHash('sha1')];
    const buffer = Buffer.alloc(300_000);
    let [sent, received] = [0, 0];
    reactor.register(client, Interest.WRITABLE, (_, reg) => {
      const offset = sent % block.length;
      const n = socket.send(client, block, offset);
      if (n === WOULD_BLOCK) return;
      sentHash.update(block.subarray(offset, offset + n));
      sent += n;
      if (sent < total) return;
      socket.shutdown(client, SHUT_WR);
      reg.deregister();
    });
    let ended = false;
    reactor.register(server, Interest.READABLE, (_, reg) => {
      const n = socket.recv(server, buffer);
      if (n > 0) {
        receivedHash.update(buffer.subarray(0, n));
        received += n;
      } else if (n === 0) {
        ended = true;
        reg.deregister();
      }
    });
    turnUntil(reactor, () => ended, 25_000);
    expect([sent, received, pump.bytes, pump.pending]).toEqual([sent, sent, sent, 0]);
    expect(receivedHash.digest('hex')).toBe(sentHash.digest('hex'));
    expect(state.error).toBe(undefined);
    expect(pump.done).toBe(true);
  },
  { needs: 'splice', timeoutMs: 30_000 },
);

contractTest(
  'move says how many bytes were delivered',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    const pump = dispose(new Pump(front, back, { pool: newPool() }));
    expect(pump.move()).toBe(0);
    sendAll(client, Buffer.from('hello'));
    expect(pump.move()).toBe(5);
    expect(pump.move()).toBe(0);
    expect(recvAll(server, 5).toString()).toBe('hello');
    expect(pump).toMatchObject({ bytes: 5, pending: 0, done: false });
  },
  needs,
);

contractTest(
  'a move stays within its budget, about',
  () => {
    const [client, front] = tcpPair();
    const [back, server] = tcpPair();
    const pump = dispose(new Pump(front, back, { pool: newPool({ pipeBytes: 4096 }), budgetBytes: 8192 }));
    sendAll(client, Buffer.alloc(100_000, 7));
    awaitReady(front, Interest.READABLE);
    let moved = 0;
    while (moved < 100_000) {
      const n = pump.move();
      expect(n).toBeLessThanOrEqual(8192 + 4096);
      moved += n;
      if (n === 0) awaitReady(front, Interest.READABLE);
    }
    expect(recvAll(server, 100_000)).toHaveLength(100_000);
  },
  needs,
);

contractTest(
  'back-pressure: while the destination takes nothing, no more than a pipe is read',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    const alreadyThere = fill(back);
    const pool = newPool({ pipeBytes: 65536 });
    const pump = dispose(new Pump(front, back, { pool }));
    const wanted = fill(client);
    pump.move();
    expect(pump.pending).toBeGreaterThan(0);
    expect(pump.pending).toBeLessThanOrEqual(65536);
    expect([pump.sourceInterest, pump.destinationInterest]).toEqual([0, Interest.WRITABLE]);
    const held = pump.pending;
    for (let i = 0; i < 10; i++) expect(pump.move()).toBe(0);
    expect(pump.pending).toBe(held); // nothing more was read
    expect(recvAll(server, alreadyThere)).toHaveLength(alreadyThere);
    let received = 0;
    while (received < wanted) {
      pump.move();
      received += recvAll(server, Math.min(1000, wanted - received)).length;
    }
    while (pump.pending > 0) pump.move();
    expect([pump.sourceInterest, pump.destinationInterest]).toEqual([Interest.READABLE, 0]);
    expect(pump.bytes).toBe(wanted);
  },
  needs,
);

contractTest(
  'half-close is carried through after the last byte; the other direction goes on',
  ({ reactor }) => {
    const [client, front] = tcpPair();
    const [back, server] = tcpPair();
    const pool = newPool();
    const forth = dispose(new Pump(front, back, { pool }));
    const backwards = dispose(new Pump(back, front, { pool }));
    sendAll(client, Buffer.from('request'));
    socket.shutdown(client, SHUT_WR);
    const step = (pump: Pump, fd: number): void => {
      while (!pump.done) {
        if (pump.move() === 0 && !pump.done) awaitReady(fd, Interest.READABLE);
      }
    };
    step(forth, front);
    expect(recvAll(server).toString()).toBe('request'); // and the end
    sendAll(server, Buffer.from('late answer'));
    socket.close(server);
    step(backwards, back);
    expect(recvAll(client).toString()).toBe('late answer');
    expect([forth.done, backwards.done]).toEqual([true, true]);
    expect([forth.sourceInterest, forth.destinationInterest]).toEqual([0, 0]);
    expect(forth.move()).toBe(0);
    expect(reactor.size).toBe(0);
  },
  needs,
);

contractTest(
  'the end comes only after what was still in the pipe',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    const alreadyThere = fill(back);
    const pump = dispose(new Pump(front, back, { pool: newPool() }));
    sendAll(client, Buffer.from('last'));
    socket.close(client);
    pump.move();
    expect(pump).toMatchObject({ done: false, pending: 4 });
    expect(recvAll(server, alreadyThere)).toHaveLength(alreadyThere);
    while (!pump.done) pump.move();
    expect(recvAll(server).toString()).toBe('last');
  },
  needs,
);

contractTest(
  'the destination resets midway: the error comes out, and the pipe does not go back to the pool',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    fill(back);
    const pool = newPool();
    const pump = new Pump(front, back, { pool });
    sendAll(client, Buffer.from('secret of this connection'));
    pump.move();
    expect(pump.pending).toBeGreaterThan(0);
    socket.close(server);
    expect(caught(() => pump.move())).toMatchObject({
      code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/),
      syscall: 'splice',
    });
    pump.close();
    expect(pool.idle).toBe(0);
    const [client2, front2] = socketPair();
    const [back2, server2] = socketPair();
    const next = dispose(new Pump(front2, back2, { pool }));
    sendAll(client2, Buffer.from('mine'));
    expect(next.move()).toBe(4);
    socket.shutdown(back2, SHUT_WR);
    expect(recvAll(server2).toString()).toBe('mine');
  },
  needs,
);

contractTest(
  'the source resets midway: what was delivered is whole, the error comes out',
  () => {
    const [client, front] = tcpPair();
    const [back, server] = tcpPair();
    const pump = new Pump(front, back, { pool: newPool() });
    sendAll(client, Buffer.from('before the reset'));
    awaitReady(front, Interest.READABLE);
    pump.move();
    const linger = Buffer.alloc(8);
    linger.writeInt32LE(1, 0);
    socket.setsockopt(client, SOL_SOCKET, SO_LINGER, linger);
    socket.close(client);
    awaitReady(front, Interest.READABLE);
    expect(caught(() => pump.move())).toMatchObject({ code: 'ECONNRESET', syscall: 'splice', fd: front });
    pump.close();
    expect(pump.done).toBe(false);
    expect(recvAll(server, 16).toString()).toBe('before the reset');
  },
  needs,
);

contractTest(
  'closed with bytes in the pipe: the pipe is not used again',
  () => {
    const pool = newPool();
    for (let round = 0; round < 20; round++) {
      const [client, front] = socketPair();
      const [back] = socketPair();
      const pump = new Pump(front, back, { pool });
      if (round % 2 === 0) fill(back);
      sendAll(client, Buffer.from(`round ${round}`));
      pump.move();
      const dirty = pump.pending > 0;
      expect(dirty).toBe(round % 2 === 0);
      pump.close();
      pump.close();
      expect(pool.idle).toBe(dirty ? 0 : 1);
      for (const fd of [client, front, back]) socket.close(fd);
    }
  },
  needs,
);

contractTest(
  'thousands of connections share few pipes, and each gets only its own bytes',
  () => {
    const pool = newPool({ maxIdle: 4 });
    for (let i = 0; i < 1000; i++) {
      const [client, front] = socket.socketpair();
      const [back, server] = socket.socketpair();
      const blocked = i % 3 === 0;
      const waiting = blocked ? fill(back) : 0;
      const pump = new Pump(front, back, { pool });
      sendAll(client, Buffer.from(`bytes of connection ${i}`));
      pump.move();
      if (i % 5 !== 0) {
        if (blocked) recvAll(server, waiting);
        while (pump.pending > 0) pump.move();
        socket.shutdown(back, SHUT_WR);
        expect(recvAll(server).toString()).toBe(`bytes of connection ${i}`);
      }
      pump.close();
      for (const fd of [client, front, back, server]) socket.close(fd);
    }
    expect(pool.idle).toBeLessThanOrEqual(4);
  },
  needs,
);

contractTest(
  'an idle pump holds no pipe; a pool keeps at most maxIdle; close empties it',
  () => {
    const pool = newPool({ maxIdle: 2 });
    expect(pool.idle).toBe(0);
    const pumps = Array.from({ length: 5 }, () => {
      const [client, front] = socketPair();
      const [back] = socketPair();
      fill(back);
      sendAll(client, Buffer.from('x'));
      const pump = new Pump(front, back, { pool });
      pump.move();
      return { pump, client, front, back };
    });
    for (const { pump } of pumps) pump.close();
    expect(pool.idle).toBe(0); // all were dirty
    const clean = Array.from({ length: 5 }, () => {
      const [client, front] = socketPair();
      const [back, server] = socketPair();
      sendAll(client, Buffer.from('x'));
      const pump = new Pump(front, back, { pool });
      expect(pump.move()).toBe(1);
      expect(recvAll(server, 1)).toHaveLength(1);
      return pump;
    });
    expect(pool.idle).toBeLessThanOrEqual(2);
    for (const pump of clean) pump.close();
    pool.close();
    pool.close();
    expect(pool.idle).toBe(0);
  },
  needs,
);

contractTest(
  'the shared pool is there, and is used when none is given',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    sendAll(client, Buffer.from('shared'));
    const pump = new Pump(front, back);
    pump.move();
    pump.close();
    expect(recvAll(server, 6).toString()).toBe('shared');
    expect(PipePool.shared).toBeInstanceOf(PipePool);
    PipePool.shared.close();
  },
  needs,
);

contractTest(
  'wrong arguments are refused, and a closed pump is ERR_INVALID_STATE',
  () => {
    const [a, b] = socketPair();
    for (const { value } of badFds) {
      expectBadArgument(() => new Pump(value, b));
      expectBadArgument(() => new Pump(a, value));
    }
    for (const budgetBytes of [0, -1, 1.5, '1', Number.NaN] as Any[])
      expectBadArgument(() => new Pump(a, b, { budgetBytes }));
    for (const pool of [null, {}, 1, 'x'] as Any[]) expectBadArgument(() => new Pump(a, b, { pool }));
    for (const maxIdle of [-1, 1.5, '1', Number.NaN] as Any[]) expectBadArgument(() => new PipePool({ maxIdle }));
    for (const pipeBytes of [0, -1, 1.5, '1', 2 ** 53] as Any[]) expectBadArgument(() => new PipePool({ pipeBytes }));
    const pump = new Pump(a, b);
    pump.close();
    expectInvalidState(() => pump.move());
    expect([pump.sourceInterest, pump.destinationInterest]).toEqual([0, 0]);
  },
  needs,
);
