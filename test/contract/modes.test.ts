// Level, edge and oneshot: how often a handler is told.
import { Interest, Ready } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest, recorder } from '../helpers/contract.js';
import { recvAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

const byte = new Uint8Array([1]);

contractTest('level: told each turn until it is read', ({ reactor }) => {
  const [a, b] = socketPair();
  const { handler, ready } = recorder();
  reactor.register(a, Interest.READABLE, handler);
  socket.send(b, new Uint8Array(2));
  turnUntil(reactor, () => ready.length >= 3);
  socket.recv(a, new Uint8Array(1));
  const before = ready.length;
  turnUntil(reactor, () => ready.length > before);
  socket.recv(a, new Uint8Array(1));
  expect(turnFor(reactor)).toBe(0);
  expect(new Set(ready)).toEqual(new Set([Ready.READABLE]));
});

contractTest('level: WRITABLE is told each turn while there is room', ({ reactor }) => {
  const [a] = socketPair();
  const { handler, ready } = recorder();
  reactor.register(a, Interest.WRITABLE, handler);
  turnUntil(reactor, () => ready.length >= 3);
  expect(new Set(ready)).toEqual(new Set([Ready.WRITABLE]));
});

contractTest(
  'edge: told once for each arrival, also if not all was read',
  ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    reactor.register(a, Interest.READABLE, handler, { mode: 'edge' });
    socket.send(b, new Uint8Array(100));
    turnUntil(reactor, () => ready.length === 1);
    socket.recv(a, new Uint8Array(10));
    expect(turnFor(reactor)).toBe(0);
    socket.send(b, byte);
    turnUntil(reactor, () => ready.length === 2);
  },
  { needs: 'edge' },
);

contractTest(
  'edge: what is ready at registration and at modify is told',
  ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    socket.send(b, byte);
    const reg = reactor.register(a, Interest.READABLE, handler, { mode: 'edge' });
    turnUntil(reactor, () => ready.length === 1);
    expect(turnFor(reactor)).toBe(0);
    reg.modify(Interest.READABLE);
    turnUntil(reactor, () => ready.length === 2);
    expect(reg.mode).toBe('edge');
  },
  { needs: 'edge' },
);

contractTest(
  'edge: one fast peer does not starve another that reads to the end',
  ({ reactor, newReactor }) => {
    const small = newReactor({ maxEvents: 1 });
    const fast = socketPair();
    const slow = socketPair();
    const counts = { fast: 0, slow: 0 };
    small.register(fast[0], Interest.READABLE, () => {
      counts.fast++;
      recvAll(fast[0], 1);
      socket.send(fast[1], byte); // ready again at once
    });
    small.register(slow[0], Interest.READABLE, () => {
      counts.slow++;
      recvAll(slow[0], 1);
    });
    socket.send(fast[1], byte);
    for (let i = 1; i <= 20; i++) {
      socket.send(slow[1], byte);
      turnUntil(small, () => counts.slow === i);
    }
    expect(counts.fast).toBeGreaterThan(0);
    expect(reactor.size).toBe(0);
  },
  { needs: 'edge' },
);

contractTest(
  'oneshot: told once, then silent until modify',
  ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    const reg = reactor.register(a, Interest.READABLE, handler, { mode: 'oneshot' });
    socket.send(b, byte);
    turnUntil(reactor, () => ready.length === 1);
    socket.send(b, byte);
    expect(turnFor(reactor)).toBe(0);
    expect(reg.active).toBe(true);
    reg.modify(Interest.READABLE);
    turnUntil(reactor, () => ready.length === 2);
    expect(turnFor(reactor)).toBe(0);
  },
  { needs: 'oneshot' },
);

contractTest(
  'oneshot: armed again inside its own handler',
  ({ reactor }) => {
    const [a, b] = socketPair();
    let count = 0;
    reactor.register(
      a,
      Interest.READABLE,
      (_, reg) => {
        if (++count < 5) reg.modify(Interest.READABLE);
      },
      { mode: 'oneshot' },
    );
    socket.send(b, byte);
    turnUntil(reactor, () => count === 5);
    expect(turnFor(reactor)).toBe(0);
  },
  { needs: 'oneshot' },
);

contractTest(
  'oneshot: a closure is told once as well, not each turn',
  ({ reactor }) => {
    const [a, b] = tcpPair();
    const { handler, ready, bits } = recorder();
    reactor.register(a, Interest.READABLE, handler, { mode: 'oneshot' });
    socket.close(b);
    turnUntil(reactor, () => (bits() & Ready.READ_CLOSED) !== 0);
    const told = ready.length;
    expect(turnFor(reactor)).toBe(0);
    expect(ready).toHaveLength(told);
  },
  { needs: 'oneshot' },
);
