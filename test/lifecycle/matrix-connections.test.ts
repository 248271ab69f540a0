// The matrix of connections and listeners: every method in every state (matrix.ts).
import { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { dispose, own } from '../helpers/owned.js';
import { fill, refusingPort, socketPair } from '../helpers/pairs.js';
import { connectionBackends } from '../helpers/streams/backends.js';
import { turnUntil } from '../helpers/wait.js';
import { type Any, type Enter, type Matrix, testMatrices } from './matrix.js';

const host = '127.0.0.1';
const newReactor = (): Reactor => dispose(new Reactor());

/** Another connection of the same reactor. */
const others = new WeakMap<Connection, Connection>();

function pair(handlers: ConnectionHandlers = {}): { reactor: Reactor; connection: Connection; peer: number } {
  const reactor = newReactor();
  const [fd, peer] = socketPair();
  const connection = new Connection(reactor, fd, handlers);
  others.set(connection, new Connection(reactor, socketPair()[0], {}));
  return { reactor, connection, peer };
}

/** In the handler, which is brought about by `cause`. */
const within =
  (name: 'data' | 'end' | 'close', cause: (peer: number) => void): Enter =>
  (probe) => {
    let ran = false;
    const { reactor, peer } = pair({
      [name]: (self: Connection) => {
        ran = true;
        probe(self);
      },
    });
    cause(peer);
    turnUntil(reactor, () => ran);
  };

const sink = [
  ...['onData', 'onEnd', 'onRoom', 'onPartial', 'onFileSent', 'onFailed', 'onTimedOut', 'onNoHalves', 'onQueueFull'],
  ...['onAccepted', 'onAcceptFailed', 'onReactorClosed', 'onPiped', 'onUnpiped', 'fail', 'drained'],
  ...['onFed', 'feed', 'flush', 'drain', 'takeQueue', 'dropQueue'],
];

const connection: Matrix = {
  prototype: () => Connection.prototype,
  base: () => Object.getPrototypeOf(Connection.prototype) as object,
  states: {
    open: (probe) => probe(pair().connection),
    connecting: (probe) => {
      const { reactor, connection: other } = pair();
      const mine = connect(reactor, { host, port: refusingPort() }, {});
      others.set(mine, other);
      probe(mine);
    },
    'that waits for room': (probe) => {
      const { connection: mine } = pair();
      fill(mine.fd);
      mine.write(Buffer.alloc(100_000));
      expect(mine.queued).toBe(100_000);
      probe(mine);
    },
    paused: (probe) => {
      const { connection: mine } = pair();
      mine.pause();
      probe(mine);
    },
    ended: (probe) => {
      const { connection: mine } = pair();
      mine.end();
      probe(mine);
    },
    closed: (probe) => {
      const { connection: mine } = pair();
      mine.close();
      probe(mine);
    },
    detached: (probe) => {
      const { connection: mine } = pair();
      own(mine.detach().fd);
      probe(mine);
    },
    'of a closed reactor': (probe) => {
      const { reactor, connection: mine } = pair();
      reactor.close();
      probe(mine);
    },
    'in its data handler': within('data', (peer) => socket.send(peer, new Uint8Array(1))),
    'in its end handler': within('end', (peer) => socket.shutdown(peer, socket.SHUT_WR)),
    'in its close handler': within('close', (peer) => socket.close(peer)),
  },
  calls: {
    write: (c) => c.write('text'),
    writev: (c) => c.writev([Buffer.from('text')]),
    sendFile: (c) => c.sendFile(c.fd, 0, 0),
    pipeTo: (c) => c.pipeTo(others.get(c)),
    setIdleTimeout: (c) => c.setIdleTimeout(1000),
    setDeadline: (c) => c.setDeadline(null),
    pause: (c) => c.pause(),
    resume: (c) => c.resume(),
    end: (c) => c.end('x'),
    close: (c) => c.close(),
    reset: (c) => c.reset(),
    dispose: (c) => c[Symbol.dispose](),
    detach: (c) => own(c.detach().fd),
    members: (c) => [c.fd, c.closed, c.bytesRead, c.bytesWritten, c.queued, c.ended, c.remoteAddress, c.data],
  },
  refused: {
    ended: ['write', 'writev', 'sendFile'],
    closed: ['detach', 'pipeTo'],
    detached: ['detach', 'pipeTo'],
    'of a closed reactor': ['detach', 'pipeTo'],
    'in its close handler': ['detach', 'pipeTo'],
  },
  internal: sink,
};

const newListener = (): Listener => new Listener(newReactor(), { host, port: 0 }, {});

const listener: Matrix = {
  prototype: () => Listener.prototype,
  states: {
    open: (probe) => probe(newListener()),
    'with a connection': (probe) => {
      const reactor = newReactor();
      const mine = new Listener(reactor, { host, port: 0 }, {});
      own(socket.connectTcp({ host, port: (mine.address as { port: number }).port }));
      turnUntil(reactor, () => mine.size === 1);
      probe(mine);
    },
    closed: (probe) => {
      const mine = newListener();
      mine.close();
      probe(mine);
    },
    'of a closed reactor': (probe) => {
      const reactor = newReactor();
      const mine = new Listener(reactor, { host, port: 0 }, {});
      reactor.close();
      probe(mine);
    },
  },
  calls: {
    close: (l) => l.close({ graceMs: 1 }),
    dispose: (l) => l[Symbol.dispose](),
    connections: (l) => [...l.connections()],
    members: (l: Any) => [l.address, l.accepted, l.pauses, l.size],
  },
  refused: {},
  internal: [...sink, 'setAccepts', 'setReferenced'],
};

if (connectionBackends.length > 0) testMatrices({ connection, listener });
