// Exclusive registrations (EPOLLEXCLUSIVE): of several reactors that watch one file, not all are woken.
import { Acceptor, capabilities, Interest, type Mode, Ready } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest, recorder } from '../helpers/contract.js';
import { native } from '../helpers/fixtures/native.mjs';
import { own } from '../helpers/owned.js';
import { listen, recvAll, socketPair } from '../helpers/pairs.js';
import { caught, expectArgumentType, expectUnsupported } from '../helpers/throws.js';
import { turnUntil } from '../helpers/wait.js';

const needs = { needs: 'exclusive' } as const;
const byte = new Uint8Array([1]);

contractTest('it is an option that every other registration lacks, and is refused where it is not supported', (t) => {
  const [a] = socketPair();
  const register = (exclusive: boolean): boolean =>
    t.reactor.register(a, Interest.READABLE, () => {}, { exclusive }).exclusive;
  if (capabilities().exclusive) expect(register(true)).toBe(true);
  else expectUnsupported(() => register(true));
  const [b] = socketPair();
  expect(t.reactor.register(b, Interest.READABLE, () => {}).exclusive).toBe(false);
  for (const exclusive of [1, 'true', null] as unknown as boolean[]) expectArgumentType(() => register(exclusive));
});

for (const mode of ['level', 'edge'] as Mode[]) {
  contractTest(
    `${mode}: of reactors that watch a listener, at least one is woken, and all connections are accepted`,
    ({ newReactor }) => {
      const { listener, port } = listen();
      let accepted = 0;
      const reactors = Array.from({ length: 4 }, () => newReactor());
      for (const reactor of reactors) {
        const accept = (): void => {
          for (let fd = socket.accept(listener); fd >= 0; fd = socket.accept(listener)) {
            socket.close(own(fd));
            accepted++;
          }
        };
        reactor.register(listener, Interest.READABLE, accept, { mode, exclusive: true });
      }
      for (let i = 1; i <= 20; i++) {
        own(socket.connectTcp({ host: '127.0.0.1', port }));
        turnUntil(reactors[0] as (typeof reactors)[0], () => {
          for (const reactor of reactors) reactor.poll(0);
          return accepted === i;
        });
      }
    },
    needs,
  );
}

contractTest(
  'modify() pauses it and goes on, as that of any other; deregister() and close() end it',
  ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    const registration = reactor.register(a, Interest.READABLE, handler, { exclusive: true });
    socket.send(b, byte);
    registration.modify(0);
    reactor.poll(0);
    expect([ready, registration.interest, registration.exclusive]).toEqual([[], 0, true]);
    registration.modify(Interest.READABLE | Interest.WRITABLE);
    turnUntil(reactor, () => ready.length > 0);
    expect(ready[0]).toBe(Ready.READABLE | Ready.WRITABLE);
    expect(recvAll(a, 1)).toHaveLength(1);
    registration.modify(Interest.READABLE);
    ready.length = 0;
    socket.send(b, byte);
    turnUntil(reactor, () => ready.length > 0);
    registration.deregister();
    ready.length = 0;
    expect(reactor.poll(0)).toBe(0);
    expect(reactor.register(a, Interest.READABLE, handler, { exclusive: true }).close()).toBe(true);
    expect(() => socket.send(a, byte)).toThrow(/EBADF/);
  },
  needs,
);

contractTest(
  'a number that other code closed: modify() ends the registration, and close() leaves the number alone',
  ({ reactor }) => {
    const [a] = socketPair();
    const registration = reactor.register(a, Interest.READABLE, () => {}, { exclusive: true });
    native.fd.close(a); // as other code does: the library does not hear of it
    own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0)); // may get the number
    expect(caught(() => registration.modify(Interest.WRITABLE)).code).toMatch(/^(EBADF|ENOENT)$/);
    expect([registration.active, registration.close()]).toEqual([false, false]);
  },
  needs,
);

contractTest(
  'not with oneshot, nor with PRIORITY: refused at once, and the registration is as it was',
  ({ reactor }) => {
    const [a] = socketPair();
    const register = (interest: number, mode: Mode) => () =>
      reactor.register(a, interest, () => {}, { mode, exclusive: true });
    for (const call of [register(Interest.READABLE, 'oneshot'), register(Interest.PRIORITY, 'level')]) {
      expect(caught(call)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    }
    expect(reactor.size).toBe(0);
    const registration = register(Interest.READABLE, 'level')();
    expect(caught(() => registration.modify(Interest.PRIORITY)).code).toBe('ERR_INVALID_ARG_VALUE');
    expect([registration.active, registration.interest]).toEqual([true, Interest.READABLE]);
  },
  needs,
);

contractTest(
  'an Acceptor shares its listener by the option, and pauses and goes on',
  ({ newReactor }) => {
    const { listener, port } = listen();
    const [one, two] = [newReactor(), newReactor()];
    let accepted = 0;
    const accept = (fd: number): void => {
      socket.close(fd);
      accepted++;
    };
    const [first] = [one, two].map((reactor) => new Acceptor(reactor, listener, accept, { exclusive: true }));
    first?.pause();
    own(socket.connectTcp({ host: '127.0.0.1', port }));
    turnUntil(two, () => accepted === 1);
    expect(one.poll(0)).toBe(0);
    first?.resume();
    for (let i = 2; i < 20; i++) {
      own(socket.connectTcp({ host: '127.0.0.1', port }));
      turnUntil(two, () => {
        one.poll(0);
        return accepted === i;
      });
    }
  },
  needs,
);
