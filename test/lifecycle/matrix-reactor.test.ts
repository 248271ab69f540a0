// The matrix: every method of a Reactor in every state it can be in. 'ok' works; 'state' is ERR_INVALID_STATE. A method
// that is added without a row here fails the last test.
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { socketPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import { aSignal } from '../helpers/platform.js';
import { turnUntil } from '../helpers/wait.js';

type Probe = (reactor: Reactor) => void;
type Enter = (probe: Probe) => Promise<void> | void;

const fresh = (): Reactor => dispose(new Reactor());

/** Calls back inside a handler of the reactor, which the given function then drives. */
function inHandler(reactor: Reactor, probe: () => void): () => boolean {
  const [a, b] = socketPair();
  let done = false;
  reactor.register(a, Interest.READABLE, (_, reg) => {
    done = true;
    reg.deregister();
    probe();
  });
  socket.send(b, new Uint8Array(1));
  return () => done;
}

/** Each state: brings a reactor there and calls the probe in it. */
const states: Record<string, Enter> = {
  fresh: (probe) => probe(fresh()),
  'with a registration': (probe) => {
    const reactor = fresh();
    reactor.register(socketPair()[0], Interest.READABLE, () => {});
    reactor.poll(0);
    probe(reactor);
  },
  'in a handler': (probe) => {
    const reactor = fresh();
    const done = inHandler(reactor, () => probe(reactor));
    turnUntil(reactor, done);
  },
  'in a timer': (probe) => {
    const reactor = fresh();
    let done = false;
    reactor.setTimer(0, () => {
      done = true;
      probe(reactor);
    });
    turnUntil(reactor, () => done);
  },
  'after a handler threw': (probe) => {
    const reactor = fresh();
    inHandler(reactor, () => {
      throw new Error('expected');
    });
    inHandler(reactor, () => {});
    expect(() => turnUntil(reactor, () => false)).toThrow('expected');
    probe(reactor);
  },
  attached: (probe) => {
    const reactor = fresh();
    reactor.attach();
    probe(reactor);
  },
  'attached, in a handler': async (probe) => {
    const reactor = fresh();
    reactor.attach();
    const done = inHandler(reactor, () => probe(reactor));
    await eventually('the handler', done);
  },
  detached: (probe) => {
    const reactor = fresh();
    reactor.attach();
    reactor.detach();
    probe(reactor);
  },
  closed: (probe) => {
    const reactor = fresh();
    reactor.close();
    probe(reactor);
  },
  'closed in a handler': (probe) => {
    const reactor = fresh();
    inHandler(reactor, () => {
      reactor.close();
      probe(reactor);
    });
    reactor.poll(1000);
  },
  'closed while attached': (probe) => {
    const reactor = fresh();
    reactor.attach();
    reactor.close();
    probe(reactor);
  },
};

const calls: Record<string, Probe> = {
  register: (reactor) => reactor.register(socketPair()[0], Interest.READABLE, () => {}).deregister(),
  poll: (reactor) => reactor.poll(0),
  run: (reactor) => {
    const timer = reactor.setTimer(0, () => reactor.stop());
    reactor.run();
    timer.cancel();
  },
  stop: (reactor) => reactor.stop(),
  attach: (reactor) => {
    reactor.attach();
    reactor.detach();
  },
  detach: (reactor) => reactor.detach(),
  ref: (reactor) => reactor.ref(),
  unref: (reactor) => reactor.unref(),
  setTimer: (reactor) => reactor.setTimer(1000, () => {}).cancel(),
  onSignal: (reactor) => reactor.onSignal(aSignal, () => {}).deregister(),
  createWaker: (reactor) => reactor.createWaker(() => {}).close(),
  metrics: (reactor) => void reactor.metrics(),
  close: (reactor) => reactor.close(),
  'Symbol.dispose': (reactor) => reactor[Symbol.dispose](),
};

const closed = { closed: 'state', 'closed in a handler': 'state', 'closed while attached': 'state' };
const driving = {
  'in a handler': 'state',
  'in a timer': 'state',
  attached: 'state',
  'attached, in a handler': 'state',
};

/** What is not 'ok'. */
const exceptions: Record<string, Record<string, string>> = {
  register: closed,
  poll: { ...closed, ...driving },
  run: { ...closed, ...driving },
  stop: closed,
  attach: { ...closed, 'in a handler': 'state', 'in a timer': 'state' },
  detach: closed,
  ref: closed,
  unref: closed,
  setTimer: closed,
  onSignal: closed,
  createWaker: closed,
  metrics: closed,
  close: {},
  'Symbol.dispose': {},
};

describe.each(Object.entries(calls))('%s', (method, call) => {
  test.each(Object.entries(states))('%s', async (state, enter) => {
    let outcome = 'never tried';
    await enter((reactor) => {
      try {
        call(reactor);
        outcome = 'ok';
      } catch (error) {
        const { code } = error as { code?: string };
        outcome = code === 'ERR_INVALID_STATE' ? 'state' : `${code}: ${error}`;
      }
    });
    expect(outcome).toBe(exceptions[method]?.[state] ?? 'ok');
  });
});

test('getters answer in every state', async () => {
  for (const [state, enter] of Object.entries(states)) {
    await enter((reactor) => {
      expect(reactor.backend, state).toMatch(/^(epoll|kqueue|iocp)$/);
      expect(reactor.size, state).toBeGreaterThanOrEqual(0);
    });
  }
});

test('every public method has a row', () => {
  const internal = ['constructor', 'modifyRegistration', 'deregisterRegistration', 'closeRegistration', 'cancelTimer'];
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(Reactor.prototype));
  const methods = descriptors.filter(([, { value }]) => typeof value === 'function').map(([name]) => name);
  const rows = Object.keys(calls).filter((name) => name !== 'Symbol.dispose');
  expect(methods.filter((name) => !internal.includes(name)).sort()).toEqual(rows.sort());
  expect(Reactor.prototype[Symbol.dispose]).toBeTypeOf('function');
});
