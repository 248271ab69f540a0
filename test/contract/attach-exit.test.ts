// attach() and the life of the process: what keeps it alive, and what does not.
import { expect } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { patience } from '../helpers/patience.js';

const needs = { needs: 'attach' } as const;

/** Each starts an attached reactor in one way, and says by a timer of Node's if the process is still alive later. */
const cases: Record<string, { body: (toolbox: Toolbox) => void; ends: boolean }> = {
  'nothing to wait for': {
    ends: true,
    body: ({ Reactor }) => new Reactor().attach(),
  },
  'a registration': {
    ends: false,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
    },
  },
  'a registration that was made before attach': {
    ends: false,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      reactor.attach();
    },
  },
  'a registration, with unref': {
    ends: true,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      reactor.unref();
    },
  },
  'a listener of connections': {
    ends: false,
    body: ({ Reactor, Listener }) => {
      const reactor = new Reactor();
      reactor.attach();
      new Listener(reactor, { host: '127.0.0.1', port: 0 }, {});
    },
  },
  'a listener of connections that is closed': {
    ends: true,
    body: ({ Reactor, Listener }) => {
      const reactor = new Reactor();
      reactor.attach();
      const listener = new Listener(reactor, { host: '127.0.0.1', port: 0 }, {});
      setImmediate(() => listener.close());
    },
  },
  'a connection': {
    ends: false,
    body: ({ Reactor, Connection, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      new Connection(reactor, socket.socketpair()[0], {});
    },
  },
  'nothing, with ref': {
    ends: false,
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.ref();
    },
  },
  'a registration that goes': {
    ends: true,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      const [a, b] = socket.socketpair();
      reactor.register(a, Interest.READABLE, (_, reg) => reg.close());
      socket.send(b, new Uint8Array(1));
    },
  },
  'a far timer': {
    ends: false,
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.setTimer(60_000, () => {});
    },
  },
  'a timer that fires': {
    ends: true,
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.setTimer(10, () => {});
    },
  },
  'a timer that is cancelled': {
    ends: true,
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      reactor.attach();
      const timer = reactor.setTimer(60_000, () => {});
      setImmediate(() => timer.cancel());
    },
  },
  'a waker and a signal': {
    ends: true,
    body: ({ Reactor, aSignal }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.createWaker(() => {});
      reactor.onSignal(aSignal, () => {});
    },
  },
  'a registration, then detach': {
    ends: true,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      setImmediate(() => reactor.detach());
    },
  },
  'a registration, then close': {
    ends: true,
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      reactor.attach();
      reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
      setImmediate(() => reactor.close());
    },
  },
};

for (const [name, { body, ends }] of Object.entries(cases)) {
  contractTest(
    `${name}: the process ${ends ? 'ends by itself' : 'stays'}`,
    async ({ backend }) => {
      expect(backend).toBeDefined();
      const outcome = await inChild(withAlarm(body), { args: ends ? patience(5000) : 300 });
      expect(outcome).toMatchObject({ code: ends ? 0 : 42, signal: null });
    },
    needs,
  );
}

/** The body, and an alarm that does not keep the process alive itself: exit code 42 when it was still there then. */
function withAlarm(body: (toolbox: Toolbox) => void): (toolbox: Toolbox) => void {
  const source = `(toolbox) => {
    setTimeout(() => process.exit(42), toolbox.args).unref();
    return (${body})(toolbox);
  }`;
  return { toString: () => source } as unknown as (toolbox: Toolbox) => void;
}
