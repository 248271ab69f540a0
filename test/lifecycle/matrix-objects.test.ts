// The matrix of the smaller objects: every method of a registration, timer, waker, signal registration, acceptor, pump,
// pool, epoll set, kqueue, list of its events and events of an inotify in every state it can be in. 'ok' works; 'state'
// is ERR_INVALID_STATE.
import { Acceptor, Interest, Reactor, type Registration, type Timer, Waker } from 'fdreactor';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import { EV_ADD, EVFILT_READ, KeventList, Kqueue } from 'fdreactor/kqueue';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { describe, expect, test } from 'vitest';
import { type Conditions, casesThatHold } from '../helpers/needs.js';
import { dispose, own, ownFile } from '../helpers/owned.js';
import { fill, listen, pipePair, portOf, sendAll, socketPair } from '../helpers/pairs.js';
import { aSignal, isWindows } from '../helpers/platform.js';
import { awaitReady, turnUntil } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: one table for objects of many types
type Any = any;
type Enter = (probe: (object: Any) => void) => void;
interface Matrix extends Conditions {
  prototype: () => object;
  states: Record<string, Enter>;
  calls: Record<string, (object: Any) => unknown>;
  /** Methods that are ERR_INVALID_STATE, by state; the rest works. */
  refused: Record<string, string[]>;
  internal?: string[];
}

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
  internal: ['setState', 'setInterest', 'setInternal', 'setExclusive'],
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

const keventList: Matrix = {
  needs: 'kqueue',
  prototype: () => KeventList.prototype,
  states: {
    fresh: (probe) => probe(pushed(new KeventList(2))),
    'of a closed queue': (probe) => {
      const list = pushed(new KeventList(2));
      const queue = new Kqueue();
      queue.kevent(null, list, 0);
      queue.close();
      probe(pushed(list));
    },
  },
  calls: {
    push: pushed,
    clear: (list) => list.clear(),
    ...Object.fromEntries(
      (['ident', 'filter', 'flags', 'fflags', 'data', 'dataBigInt', 'udata'] as const).map((name) => [
        name,
        (list: KeventList) => list[name](0),
      ]),
    ),
    members: (list) => [list.capacity, list.length],
  },
  refused: {},
};

function pushed(list: KeventList): KeventList {
  list.push(0, EVFILT_READ, EV_ADD);
  return list;
}

const gpioLineEvents: Matrix = {
  needs: 'pipe',
  prototype: () => linux.GpioLineEvents.prototype,
  states: {
    fresh: (probe) => probe(new linux.GpioLineEvents(2)),
    'after a read of nothing': (probe) => {
      const events = new linux.GpioLineEvents(2);
      events.read(pipePair()[0]);
      probe(events);
    },
  },
  calls: {
    read: (events) => events.read(pipePair()[0]),
    ...Object.fromEntries(
      (['timestampNs', 'id', 'offset', 'seqno', 'lineSeqno'] as const).map((name) => [
        name,
        (events: linux.GpioLineEvents) => events[name](0),
      ]),
    ),
    members: (events) => events.capacity,
  },
  refused: {},
};

/** An inotify with one event in its queue. */
function inotifyWithEvent(): number {
  const fd = ownFile(linux.inotify_init1());
  linux.inotify_rm_watch(fd, linux.inotify_add_watch(fd, '/', linux.constants.IN_DELETE_SELF));
  return fd;
}

const inotifyEvents: Matrix = {
  needs: 'epoll',
  prototype: () => linux.InotifyEvents.prototype,
  states: {
    fresh: (probe) => probe(new linux.InotifyEvents(64)),
    'with events': (probe) => {
      const events = new linux.InotifyEvents(64);
      expect(events.read(inotifyWithEvent())).toBe(1);
      probe(events);
    },
    'of an inotify that was closed': (probe) => {
      const events = new linux.InotifyEvents(64);
      const fd = inotifyWithEvent();
      events.read(fd);
      socket.close(fd);
      probe(events);
    },
  },
  calls: {
    read: (events) => events.read(inotifyWithEvent()),
    ...Object.fromEntries(
      (['wd', 'mask', 'cookie', 'name', 'nameBytes'] as const).map((name) => [
        name,
        (events: linux.InotifyEvents) => events[name](0),
      ]),
    ),
    members: (events) => events.bytes,
  },
  refused: {},
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

const mayPassFds = isWindows ? 0 : 2;
const message: Matrix = {
  prototype: () => socket.Message.prototype,
  states: {
    fresh: (probe) => probe(new socket.Message({ maxFds: mayPassFds })),
    received: (probe) => {
      const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
      const made = new socket.Message({ buffers: [new Uint8Array(4)], maxFds: mayPassFds });
      made.setName({ host: '127.0.0.1', port: portOf(fd) });
      socket.sendmsg(fd, made);
      awaitReady(fd, Interest.READABLE);
      socket.recvmsg(fd, made);
      probe(made);
    },
  },
  calls: {
    setName: (m) => m.setName({ host: '::1', port: 1 }),
    setSource: (m) => m.setSource(m.localAddress, 1),
    setTtl: (m) => m.setTtl(1),
    setTos: (m) => m.setTos(1),
    setSegmentBytes: (m) => m.setSegmentBytes(1),
    setCredentials: (m) => m.setCredentials(1, 2, 3),
    setFds: (m) => m.setFds(isWindows ? [] : [0]),
    clearControl: (m) => m.clearControl(),
    takeFds: (m) => m.takeFds(),
    takePidfd: (m) => m.takePidfd(),
    closeFds: (m) => m.closeFds(),
    dispose: (m) => m[Symbol.dispose](),
    members: (m) => [
      [m.buffers, m.bytes, m.name, m.flags, m.truncated, m.controlTruncated, m.destination, m.localAddress],
      [m.interfaceIndex, m.ttl, m.tos, m.ecn, m.timestampNs, m.hardwareTimestampNs, m.segmentBytes],
      [m.pid, m.uid, m.gid, m.fdCount, m.extendedError],
    ],
  },
  refused: {},
};

const matrices: Record<string, Matrix> = {
  registration,
  timer,
  waker,
  acceptor,
  pump,
  epollSet,
  kqueue,
  keventList,
  gpioLineEvents,
  inotifyEvents,
  pool,
  message,
};

describe.each(casesThatHold('matrix', matrices))('%s', (_, { prototype, states, calls, refused, internal = [] }) => {
  const cells = Object.keys(states).flatMap((state) => Object.keys(calls).map((method) => [state, method] as const));

  test.each(cells)('%s: %s', (state, method) => {
    let outcome = 'never tried';
    states[state]?.((object) => {
      try {
        calls[method]?.(object);
        outcome = 'ok';
      } catch (error) {
        const { code } = error as { code?: string };
        outcome = code === 'ERR_INVALID_STATE' ? 'state' : `${code}: ${error}`;
      }
    });
    expect(outcome).toBe(refused[state]?.includes(method) === true ? 'state' : 'ok');
  });

  test('every method has a row', () => {
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(prototype()));
    const methods = descriptors.filter(([, { value }]) => typeof value === 'function').map(([name]) => name);
    const rows = Object.keys(calls).filter((name) => name !== 'dispose' && name !== 'members');
    expect(methods.filter((name) => !['constructor', ...internal].includes(name)).sort()).toEqual(rows.sort());
  });
});

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
