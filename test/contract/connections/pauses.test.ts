// A connection that does not receive: what has come waits, closures are told once, and no turn ends for nothing.
import type { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { recvAll, reset, tcpPair } from '../../helpers/pairs.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

const { SHUT_WR } = socket.constants;
const buffer = new Uint8Array(1_000_000);

/** A connection over TCP and its peer; what happens to it is noted. */
function observed(reactor: Reactor, handlers: ConnectionHandlers = {}) {
  const [a, peer] = tcpPair();
  const events: string[] = [];
  const connection = new Connection(
    reactor,
    a,
    {
      data: (_, bytes) => events.push(bytes.toString()),
      end: () => events.push('end'),
      error: (_, error) => events.push((error as NodeJS.ErrnoException).code as string),
      close: () => events.push('close'),
      ...handlers,
    },
    { maxQueued: 1e9 },
  );
  return { connection, peer, events };
}

/** Receives what is there; returns how much that is. */
function drain(fd: number): number {
  let total = 0;
  for (;;) {
    const count = socket.recv(fd, buffer);
    if (count <= 0) return total;
    total += count;
  }
}

/** How many turns the host makes in some time: with nothing to tell, those of the timer. */
async function turnsMeanwhile(reactor: Reactor): Promise<number> {
  reactor.attach();
  const before = reactor.metrics().turns;
  await new Promise<void>((resolve) => reactor.setTimer(50, () => resolve()));
  const { turns } = reactor.metrics();
  reactor.detach();
  return turns - before;
}

contractTest(
  'what comes to a paused connection is delivered after resume(), and the end after it',
  async ({ reactor }) => {
    const { connection, peer, events } = observed(reactor);
    connection.pause();
    turnFor(reactor, 1);
    socket.send(peer, Buffer.from('later'));
    socket.shutdown(peer, SHUT_WR);
    expect(await turnsMeanwhile(reactor)).toBeLessThan(10);
    expect(events).toEqual([]);
    connection.resume();
    turnUntil(reactor, () => events.length === 2);
    expect(events).toEqual(['later', 'end']);
  },
);

contractTest('paused and resumed in one turn, it goes on', ({ reactor }) => {
  const { connection, peer, events } = observed(reactor);
  for (let i = 0; i < 3; i++) {
    connection.pause();
    connection.resume();
    socket.send(peer, Buffer.from(`${i}`));
    turnUntil(reactor, () => events.length === i + 1);
  }
  expect(events).toEqual(['0', '1', '2']);
});

contractTest(
  'a paused connection is told of a reset',
  ({ reactor }) => {
    const { connection, peer, events } = observed(reactor);
    connection.pause();
    turnFor(reactor, 1);
    reset(peer);
    turnUntil(reactor, () => events.length === 2);
    expect(events).toEqual(['ECONNRESET', 'close']);
  },
  { notOnLibkqueue: libkqueue.error },
);

contractTest('after the end of the peer no turn ends for nothing, whatever is sent', async ({ reactor }) => {
  const { connection, peer, events } = observed(reactor);
  socket.shutdown(peer, SHUT_WR);
  turnUntil(reactor, () => events.length === 1);
  expect(await turnsMeanwhile(reactor)).toBeLessThan(10);
  connection.write(Buffer.alloc(20_000_000));
  turnFor(reactor, 1);
  expect(connection.queued).toBeGreaterThan(0);
  expect(await turnsMeanwhile(reactor)).toBeLessThan(10);
  connection.end();
  let received = 0;
  turnUntil(reactor, () => {
    received += drain(peer);
    return connection.closed;
  });
  received += recvAll(peer).length;
  expect(received).toBe(20_000_000);
});

contractTest('a paused connection that has much to send waits for room only', async ({ reactor }) => {
  const { connection, peer } = observed(reactor);
  connection.pause();
  connection.write(Buffer.alloc(20_000_000));
  socket.send(peer, Buffer.from('unread'));
  socket.shutdown(peer, SHUT_WR);
  turnFor(reactor, 1);
  expect(await turnsMeanwhile(reactor)).toBeLessThan(10);
  let received = 0;
  turnUntil(reactor, () => {
    received += drain(peer);
    return received === 20_000_000;
  });
});
