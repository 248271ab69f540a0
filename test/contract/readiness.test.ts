// What the bits of Ready mean: closures and errors come whether asked for or not, and are hints.
import { capabilities, Interest, type Reactor, Ready, type Registration } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { bothClosed, contractTest, recorder } from '../helpers/contract.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { own } from '../helpers/owned.js';
import { fill, listen, pipePair, recvAll, refusingPort, reset, socketPair, tcpPair } from '../helpers/pairs.js';
import { hasKqueue } from '../helpers/platform.js';
import { caught } from '../helpers/throws.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

const { SHUT_WR, MSG_OOB } = socket.constants;
const has = (bits: number, wanted: number): boolean => (bits & wanted) === wanted;

contractTest('the numbers are fixed', () => {
  expect(Interest).toEqual({ READABLE: 1, WRITABLE: 2, PRIORITY: 4 });
  expect(Ready).toEqual({
    READABLE: 1,
    WRITABLE: 2,
    PRIORITY: 4,
    READ_CLOSED: 8,
    WRITE_CLOSED: 16,
    ERROR: 32,
    HANGUP: 64,
  });
  expect(Object.isFrozen(Interest) && Object.isFrozen(Ready)).toBe(true);
});

contractTest(
  'READ_CLOSED: the peer will send no more; what it sent is still there',
  ({ reactor }) => {
    const [a, b] = tcpPair();
    const { handler, bits } = recorder();
    reactor.register(a, Interest.READABLE, handler);
    socket.send(b, Buffer.from('rest'));
    socket.shutdown(b, SHUT_WR);
    turnUntil(reactor, () => has(bits(), Ready.READABLE | Ready.READ_CLOSED));
    expect(bits() & Ready.ERROR).toBe(0);
    expect(recvAll(a).toString()).toBe('rest');
  },
  { notUnderWine: 'data and FIN together are RECEIVE only; see the next one' },
);

contractTest('READ_CLOSED after all was read, at the latest', ({ reactor }) => {
  const [a, b] = tcpPair();
  const { handler, bits } = recorder();
  reactor.register(a, Interest.READABLE, (ready, registration) => {
    handler(ready, registration);
    socket.recv(a, new Uint8Array(1));
  });
  socket.send(b, Buffer.from('rest'));
  socket.shutdown(b, SHUT_WR);
  turnUntil(reactor, () => has(bits(), Ready.READABLE | Ready.READ_CLOSED));
  expect(bits() & Ready.ERROR).toBe(0);
});

contractTest('READ_CLOSED that was asked for is told each turn (level)', ({ reactor }) => {
  const [a, b] = tcpPair();
  const { handler, ready } = recorder();
  reactor.register(a, Interest.READABLE, handler);
  socket.shutdown(b, SHUT_WR);
  turnUntil(reactor, () => ready.filter((bits) => has(bits, Ready.READ_CLOSED)).length >= 3);
});

for (const interest of [0, Interest.WRITABLE]) {
  const name = `READ_CLOSED that was not asked for (${interest}) is told once, until modify: no spin`;
  const notOnLibkqueue = interest === 0 ? undefined : libkqueue.oneEntry;
  contractTest(name, ({ reactor }) => toldOnce(reactor, interest), { notOnLibkqueue });
}

function toldOnce(reactor: Reactor, interest: number): void {
  const [a, b] = tcpPair();
  fill(a); // so that WRITABLE keeps quiet
  const { handler, ready, bits } = recorder();
  const reg = reactor.register(a, interest, handler);
  socket.shutdown(b, SHUT_WR);
  turnUntil(reactor, () => has(bits(), Ready.READ_CLOSED));
  if (hasKqueue) turnFor(reactor); // EV_CLEAR tells each change of state, and an end of the stream may be two
  expect(turnFor(reactor)).toBe(0);
  const told = ready.length;
  reg.modify(Interest.READABLE);
  turnUntil(reactor, () => ready.length > told);
  expect(has(ready.at(-1) as number, Ready.READ_CLOSED | Ready.READABLE)).toBe(true);
  reg.close();
}

contractTest('paused (interest 0), a reset or a hang-up is not told again and again: no spin', ({ reactor }) => {
  for (const how of ['reset', 'hang-up'] as const) {
    const [a, b] = tcpPair();
    const { handler, ready, bits } = recorder();
    const reg = reactor.register(a, 0, handler);
    if (how === 'hang-up') socket.shutdown(a, SHUT_WR);
    else socket.send(a, new Uint8Array(1)); // unread data: the close of the peer is a reset
    socket.close(b);
    turnUntil(reactor, () => (bits() & (bothClosed | Ready.ERROR)) !== 0);
    turnFor(reactor, 50);
    expect(ready.length).toBeLessThanOrEqual(4);
    reg.close();
  }
});

contractTest('READ_CLOSED told once still lets WRITABLE through', ({ reactor }) => {
  const [a, b] = tcpPair();
  const queued = fill(a);
  const { handler, bits, ready } = recorder();
  reactor.register(a, Interest.WRITABLE, handler);
  socket.shutdown(b, SHUT_WR);
  turnUntil(reactor, () => has(bits(), Ready.READ_CLOSED));
  expect(recvAll(b, queued)).toHaveLength(queued);
  turnUntil(reactor, () => has(bits(), Ready.WRITABLE));
  turnUntil(reactor, () => ready.filter((bits) => has(bits, Ready.WRITABLE)).length >= 3);
});

contractTest('HANGUP (where it is told), READ_CLOSED: both directions are closed', ({ reactor }) => {
  const [a, b] = tcpPair();
  const { handler, bits } = recorder();
  reactor.register(a, Interest.READABLE, handler);
  socket.shutdown(a, SHUT_WR);
  socket.close(b);
  turnUntil(reactor, () => has(bits(), bothClosed | Ready.READ_CLOSED));
});

contractTest(
  'HANGUP of a pipe whose writer is gone, with the data still readable',
  ({ reactor }) => {
    const [readEnd, writeEnd] = pipePair();
    const { handler, bits } = recorder();
    reactor.register(readEnd, Interest.READABLE, handler);
    socket.write(writeEnd, Buffer.from('left'));
    socket.close(writeEnd);
    turnUntil(reactor, () => has(bits(), Ready.READABLE) && (bits() & (Ready.HANGUP | Ready.READ_CLOSED)) !== 0);
    expect(recvAll(readEnd).toString()).toBe('left');
  },
  { needs: 'pipe' },
);

contractTest(
  'ERROR on a pipe whose reader is gone',
  ({ reactor }) => {
    const [readEnd, writeEnd] = pipePair();
    const { handler, bits } = recorder();
    reactor.register(writeEnd, Interest.WRITABLE, handler);
    socket.close(readEnd);
    turnUntil(reactor, () => (bits() & (Ready.ERROR | Ready.WRITE_CLOSED)) !== 0);
    expect(caught(() => socket.write(writeEnd, new Uint8Array(1)))).toMatchObject({ code: 'EPIPE' });
  },
  { needs: 'pipe' },
);

contractTest('ERROR: a reset is told, also when nothing was asked for', ({ reactor }) => {
  for (const interest of [0, Interest.READABLE, Interest.WRITABLE]) {
    const { reg, bits } = watchReset(reactor, interest);
    turnUntil(reactor, () => has(bits(), Ready.ERROR));
    reg.close();
  }
});

contractTest(
  'ERROR: takeError says which, also when nothing was asked for',
  ({ reactor }) => {
    for (const interest of [0, Interest.READABLE, Interest.WRITABLE]) {
      const { reg, bits } = watchReset(reactor, interest);
      turnUntil(reactor, () => has(bits(), Ready.ERROR));
      expect(socket.takeError(reg.fd)).toMatchObject({ code: 'ECONNRESET' });
      reg.close();
    }
  },
  { notOnLibkqueue: libkqueue.error },
);

function watchReset(reactor: Reactor, interest: number): { reg: Registration<unknown>; bits: () => number } {
  const [fd, peer] = tcpPair();
  const { handler, bits } = recorder();
  const reg = reactor.register(fd, interest, handler);
  reset(peer);
  return { reg, bits };
}

contractTest('a refused connection: WRITABLE or ERROR', ({ reactor }) => {
  const { bits } = watchRefused(reactor);
  turnUntil(reactor, () => (bits() & (Ready.WRITABLE | Ready.ERROR)) !== 0);
});

contractTest(
  'a refused connection: takeError says it',
  ({ reactor }) => {
    const { fd, bits } = watchRefused(reactor);
    turnUntil(reactor, () => (bits() & (Ready.WRITABLE | Ready.ERROR)) !== 0);
    expect(socket.takeError(fd)).toMatchObject({ code: 'ECONNREFUSED' });
  },
  { notOnLibkqueue: libkqueue.error },
);

function watchRefused(reactor: Reactor): { fd: number; bits: () => number } {
  const fd = own(socket.connectTcp({ host: '127.0.0.1', port: refusingPort() }));
  const { handler, bits } = recorder();
  reactor.register(fd, Interest.WRITABLE, handler);
  return { fd, bits };
}

contractTest('a listener is READABLE when a connection waits', ({ reactor }) => {
  const { listener, port } = listen();
  const { handler, bits } = recorder();
  reactor.register(listener, Interest.READABLE, handler);
  own(socket.connectTcp({ host: '127.0.0.1', port }));
  turnUntil(reactor, () => bits() === Ready.READABLE);
  own(socket.accept(listener));
});

contractTest(
  'PRIORITY: an out-of-band byte, only where it was asked for',
  ({ reactor }) => {
    const [a, b] = tcpPair();
    const { handler, bits } = recorder();
    const reg = reactor.register(a, Interest.PRIORITY, handler);
    socket.send(b, new Uint8Array(1), 0, 1, MSG_OOB);
    turnUntil(reactor, () => has(bits(), Ready.PRIORITY));
    reg.modify(Interest.READABLE);
    expect(turnFor(reactor)).toBe(0);
  },
  { needs: 'priority' },
);

contractTest('no bit that the contract does not name is ever told', ({ reactor }) => {
  const [a, b] = tcpPair();
  const [c] = socketPair();
  const [first, second] = [recorder(), recorder()];
  const all = Interest.READABLE | Interest.WRITABLE | (capabilities().priority ? Interest.PRIORITY : 0);
  reactor.register(a, all, first.handler);
  reactor.register(c, all, second.handler);
  socket.send(b, new Uint8Array(1), 0, 1, MSG_OOB);
  socket.send(b, new Uint8Array(1));
  socket.close(b);
  turnUntil(reactor, () => has(first.bits(), Ready.READABLE) && second.ready.length > 1);
  expect((first.bits() | second.bits()) & ~127).toBe(0);
});
