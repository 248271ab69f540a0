// Connections beside what else a reactor waits for: registrations, wakers, signals and timers go on as they are.
import { Interest } from 'fdreactor';
import { Connection, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { socketPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

contractTest('registrations, wakers and timers of the reactor are called as without connections', ({ reactor }) => {
  const [a, b] = socketPair();
  const [c, d] = socketPair();
  const calls: string[] = [];
  reactor.register(a, Interest.READABLE, (_, { fd }) => {
    socket.recv(fd, new Uint8Array(8));
    calls.push('registration');
  });
  new Connection(reactor, c, { data: () => calls.push('connection') });
  const waker = reactor.createWaker(() => calls.push('waker'));
  reactor.setTimer(1, () => calls.push('timer'));
  socket.send(b, Buffer.from('x'));
  socket.send(d, Buffer.from('x'));
  waker.wake();
  turnUntil(reactor, () => calls.length === 4);
  turnFor(reactor);
  expect(calls.sort()).toEqual(['connection', 'registration', 'timer', 'waker']);
  expect(reactor.metrics().staleEvents).toBe(0);
});

contractTest('the same while the host drives the reactor', async ({ reactor }) => {
  const [a, b] = socketPair();
  const calls = new Set<string>();
  reactor.register(a, Interest.READABLE, (_, { fd }) => {
    socket.recv(fd, new Uint8Array(8));
    calls.add('registration');
  });
  const waker = reactor.createWaker(() => calls.add('waker'));
  const listener = new Listener(reactor, { host, port: 0 }, { data: (connection, bytes) => connection.write(bytes) });
  reactor.attach();
  for (let i = 0; i < 3; i++) {
    calls.clear();
    const client = connect(
      reactor,
      { host, port: (listener.address as { port: number }).port },
      {
        open: (connection) => connection.write('hello'),
        data: () => calls.add('connection'),
      },
    );
    socket.send(b, Buffer.from('x'));
    waker.wake();
    await eventually('all three', () => calls.size === 3);
    client.close();
  }
  await eventually('the server closes too', () => listener.size === 0);
  reactor.close();
});

contractTest('a file is a connection or registered, not both: EEXIST', ({ reactor }) => {
  const [a, b] = socketPair();
  const [c] = socketPair();
  const seen: string[] = [];
  const registration = reactor.register(a, Interest.READABLE, () => seen.push('registration'));
  expect(() => new Connection(reactor, a, {})).toThrow('EEXIST');
  registration.deregister();
  const connection = new Connection(reactor, a, { data: (_, bytes) => seen.push(bytes.toString()) });
  expect(() => reactor.register(a, Interest.READABLE, () => {})).toThrow('EEXIST');
  expect(() => new Connection(reactor, a, {})).toThrow('EEXIST');
  socket.send(b, Buffer.from('mine'));
  turnUntil(reactor, () => seen.length === 1);
  expect(seen).toEqual(['mine']);
  const { fd } = connection.detach();
  reactor.register(fd, Interest.READABLE, () => seen.push('registered')).deregister();
  new Connection(reactor, c, {}).close();
});

contractTest('an fd of a connection that is closed may be a registration at once', ({ reactor }) => {
  for (let i = 0; i < 20; i++) {
    const [a] = socketPair();
    new Connection(reactor, a, {}).close();
    const [c, d] = socketPair();
    let ran = 0;
    const registration = reactor.register(c, Interest.READABLE, () => {
      ran++;
    });
    socket.send(d, Buffer.from('x'));
    turnUntil(reactor, () => ran > 0);
    registration.close();
  }
});
