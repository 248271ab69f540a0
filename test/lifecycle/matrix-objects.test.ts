// The matrix of the smaller objects: every method of a registration, timer, waker, signal registration, acceptor, pump,
// pool, epoll set and kqueue in every state it can be in (matrix.ts).
import { Acceptor, Interest, Reactor, type Registration, type Timer, Waker } from 'fdreactor';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import { KeventList, Kqueue } from 'fdreactor/kqueue';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { fill, listen, sendAll, socketPair } from '../helpers/pairs.js';
import { aSignal } from '../helpers/platform.js';
import { turnUntil } from '../helpers/wait.js';
import { type Any, type Enter, type Matrix, testMatrices } from './matrix.js';

const newReactor = (): Reactor => dispose(new Reactor());

/** A registration whose fd is readable, and the reactor. */
function readable(mode: 'level' | 'oneshot', handler: (reg: Registration) => void): [Reactor, Registration] {
  const reactor = newReactor();
  const [a, b] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, (_, self) => handler(self), { mode });
  socket.send(b, new Uint8Array(1));
  return [reactor, reg];
}

function once(drive: (probe: (object: Any) => void, done: () => void) => Reactor): Enter {
  return (probe) => {
    let ran = false;
    const reactor = drive(probe, () => {
      ran = true;
    });
    turnUntil(reactor, () => ran);
  };
}

const registration: Matrix = {
  prototype: () => Object.getPrototypeOf(readable('level', () => {})[1]),
  states: {
    active: (probe) => probe(readable('level', () => {})[1]),
    'in its own handler': once((probe, done) => {
      const [reactor] = readable('level', (reg) => {
        if (reg.active) probe(reg);
        reg.deregister();
        done();
      });
      return reactor;
    }),
    'oneshot that fired': (probe) => {
      let fired = false;
      const [reactor, reg] = readable('oneshot', () => {
        fired = true;
      });
      turnUntil(reactor, () => fired);
      probe(reg);
    },
    attached: (probe) => {
      const [reactor, reg] = readable('level', () => {});
      reactor.attach();
      probe(reg);
    },
    deregistered: (probe) => {
      const [, reg] = readable('level', () => {});
      reg.deregister();
      probe(reg);
    },
    closed: (probe) => {
      const [, reg] = readable('level', () => {});
      reg.close();
      probe(reg);
    },
    'of a closed reactor': (probe) => {
      const [reactor, reg] = readable('level', () => {});
      reactor.close();
      probe(reg);
    },
  },
  calls: {
    modify: (reg) => reg.modify(Interest.WRITABLE),
    deregister: (reg) => reg.deregister(),
    close: (reg) => reg.close(),
    dispose: (reg) => reg[Symbol.dispose](),
    members: (reg) => [reg.fd, reg.interest, reg.mode, reg.active, reg.data],
  },
  refused: { deregistered: ['modify'], closed: ['modify'], 'of a closed reactor': ['modify'] },
  internal: ['setState', 'setInterest', 'setInternal', 'setExclusive', 'markReferenced', 'setReferenced'],
};

const timer: Matrix = {
  prototype: () => Object.getPrototypeOf(newReactor().setTimer(1, () => {})),
  states: {
    set: (probe) => probe(newReactor().setTimer(1000, () => {})),
    fired: once((probe, done) => {
      const reactor = newReactor();
      const first = reactor.setTimer(0, () => {});
      reactor.setTimer(0, () => {
        probe(first);
        done();
      });
      return reactor;
    }),
    'in its own handler': once((probe, done) => {
      const reactor = newReactor();
      const mine: Timer = reactor.setTimer(0, () => {
        probe(mine);
        done();
      });
      return reactor;
    }),
    cancelled: (probe) => {
      const mine = newReactor().setTimer(1000, () => {});
      mine.cancel();
      probe(mine);
    },
    'of a closed reactor': (probe) => {
      const reactor = newReactor();
      const mine = reactor.setTimer(1000, () => {});
      reactor.close();
      probe(mine);
    },
  },
  calls: { cancel: (t) => t.cancel(), dispose: (t) => t[Symbol.dispose]() },
  refused: {},
};

const waker: Matrix = {
  prototype: () => Waker.prototype,
  states: {
    fresh: (probe) => probe(newReactor().createWaker(() => {})),
    'in its own handler': once((probe, done) => {
      const reactor = newReactor();
      const mine = reactor.createWaker(() => {
        probe(mine);
        done();
      });
      mine.wake();
      return reactor;
    }),
    'a copy': (probe) =>
      probe(
        Waker.from(
          newReactor()
            .createWaker(() => {})
            .transfer(),
        ),
      ),
    'a copy whose original is closed': (probe) => {
      const original = newReactor().createWaker(() => {});
      const copy = Waker.from(original.transfer());
      original.close();
      probe(copy);
    },
    'a closed copy': (probe) => {
      const copy = Waker.from(
        newReactor()
          .createWaker(() => {})
          .transfer(),
      );
      copy.close();
      probe(copy);
    },
    closed: (probe) => {
      const mine = newReactor().createWaker(() => {});
      mine.close();
      probe(mine);
    },
  },
  calls: {
    wake: (w) => w.wake(),
    transfer: (w) => w.transfer(),
    close: (w) => w.close(),
    dispose: (w) => w[Symbol.dispose](),
  },
  refused: { closed: ['wake', 'transfer'], 'a closed copy': ['wake', 'transfer'] },
};

const acceptor: Matrix = {
  prototype: () => Acceptor.prototype,
  states: {
    running: (probe) => probe(dispose(new Acceptor(newReactor(), listen().listener, () => {}))),
    'in its own handler': once((probe, done) => {
      const reactor = newReactor();
      const { listener, port } = listen();
      const mine = new Acceptor(reactor, listener, (fd) => {
        socket.close(fd);
        probe(mine);
        done();
      });
      dispose({ close: () => mine.close() });
      socket.close(socket.connectTcp({ host: '127.0.0.1', port }));
      return reactor;
    }),
    closed: (probe) => {
      const mine = new Acceptor(newReactor(), listen().listener, () => {});
      mine.close();
      probe(mine);
    },
    'of a closed reactor': (probe) => {
      const reactor = newReactor();
      const mine = dispose(new Acceptor(reactor, listen().listener, () => {}));
      reactor.close();
      probe(mine);
    },
  },
  calls: {
    close: (a) => a.close(),
    dispose: (a) => a[Symbol.dispose](),
    pause: (a) => a.pause(),
    resume: (a) => a.resume(),
    members: (a) => [a.fd, a.accepted, a.failed, a.pauses, a.paused],
  },
  refused: { closed: ['pause', 'resume'], 'of a closed reactor': ['pause', 'resume'] },
};

function newPump(full: boolean): Pump {
  const [client, front] = socketPair();
  const [back] = socketPair();
  if (full) fill(back);
  sendAll(client, Buffer.from('bytes'));
  const mine = dispose(new Pump(front, back, { pool: dispose(new PipePool()) }));
  mine.move();
  if (!full) socket.shutdown(client, socket.constants.SHUT_WR);
  return mine;
}

const pump: Matrix = {
  needs: 'splice',
  prototype: () => Pump.prototype,
  states: {
    fresh: (probe) => probe(dispose(new Pump(...socketPair(), { pool: dispose(new PipePool()) }))),
    'with bytes in the pipe': (probe) => probe(newPump(true)),
    done: (probe) => {
      const mine = newPump(false);
      mine.move();
      expect(mine.done).toBe(true);
      probe(mine);
    },
    closed: (probe) => {
      const mine = newPump(true);
      mine.close();
      probe(mine);
    },
  },
  calls: {
    move: (p) => p.move(),
    close: (p) => p.close(),
    dispose: (p) => p[Symbol.dispose](),
    members: (p) => [p.sourceInterest, p.destinationInterest, p.done, p.bytes, p.pending],
  },
  refused: { closed: ['move'] },
};

const epollSet: Matrix = {
  needs: 'epoll',
  prototype: () => Epoll.prototype,
  states: {
    open: (probe) => probe(dispose(new Epoll())),
    closed: (probe) => {
      const ep = new Epoll();
      ep.close();
      probe(ep);
    },
  },
  calls: {
    add: (ep) => ep.add(socketPair()[0], EPOLLIN),
    modify: (ep) => {
      const [a] = socketPair();
      ep.add(a, EPOLLIN);
      ep.modify(a, 0);
    },
    delete: (ep) => {
      const [a] = socketPair();
      ep.add(a, EPOLLIN);
      ep.delete(a);
    },
    wait: (ep) => ep.wait(new EpollEvents(1), 0),
    close: (ep) => ep.close(),
    dispose: (ep) => ep[Symbol.dispose](),
  },
  refused: { closed: ['add', 'modify', 'delete', 'wait'] },
};

const kqueue: Matrix = {
  needs: 'kqueue',
  prototype: () => Kqueue.prototype,
  states: {
    open: (probe) => probe(dispose(new Kqueue())),
    closed: (probe) => {
      const queue = new Kqueue();
      queue.close();
      probe(queue);
    },
  },
  calls: {
    kevent: (queue) => queue.kevent(null, new KeventList(1), 0),
    close: (queue) => queue.close(),
    dispose: (queue) => queue[Symbol.dispose](),
  },
  refused: { closed: ['kevent'] },
};

const pool: Matrix = {
  needs: 'splice',
  prototype: () => PipePool.prototype,
  states: {
    fresh: (probe) => probe(dispose(new PipePool())),
    closed: (probe) => {
      const mine = new PipePool();
      mine.close();
      probe(mine);
    },
  },
  calls: { close: (p) => p.close(), dispose: (p) => p[Symbol.dispose](), members: (p) => p.idle },
  refused: {},
  internal: ['take', 'give'],
};

const matrices: Record<string, Matrix> = {
  registration,
  timer,
  waker,
  acceptor,
  pump,
  epollSet,
  kqueue,
  pool,
};

testMatrices(matrices);

test('a signal registration: deregister in every state', () => {
  const reactor = newReactor();
  const signal = reactor.onSignal(aSignal, () => {});
  signal.deregister();
  signal.deregister();
  signal[Symbol.dispose]();
  const other = reactor.onSignal(aSignal, () => {});
  reactor.close();
  other.deregister();
});
