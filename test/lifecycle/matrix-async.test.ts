// The matrix of connections and servers by await: every method in every state (matrix.ts). Of a call that waits it
// tells what is thrown at once.
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Reactor } from 'fdreactor';
import { type AsyncConnection, type AsyncServer, adopt, listen } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { dispose, own, ownFile } from '../helpers/owned.js';
import { fill, sendAll, socketPair } from '../helpers/pairs.js';
import { turnUntil } from '../helpers/wait.js';
import { type Matrix, testMatrices } from './matrix.js';

const thisFile = fileURLToPath(import.meta.url);
const newReactor = (): Reactor => dispose(new Reactor());

interface Adopted {
  reactor: Reactor;
  connection: AsyncConnection;
  peer: number;
}

function pair(): Adopted {
  const reactor = newReactor();
  const [fd, peer] = socketPair();
  return { reactor, connection: adopt(reactor, fd), peer };
}

/** Makes the call, and takes what becomes of its promise. */
const settled =
  <T>(call: (object: T) => unknown) =>
  (object: T): void => {
    const result = call(object);
    if (result instanceof Promise) result.catch(() => {});
  };

const into = new Uint8Array(8);
/** Those that give bytes. */
const reads = ['read', 'tryRead', 'readExactly', 'readUntil'];
const writes = ['write', 'writev', 'sendFile'];
const over = [...reads, ...writes, 'flush', 'detach'];

const connection: Matrix = {
  prototype: () => Object.getPrototypeOf(pair().connection) as object,
  base: () => Object.getPrototypeOf(Object.getPrototypeOf(pair().connection)) as object,
  states: {
    open: (probe) => probe(pair().connection),
    'with a read that waits': (probe) => {
      const { connection: mine } = pair();
      settled(() => mine.read(new Uint8Array(1)))(mine);
      probe(mine);
    },
    'with bytes that were not read': (probe) => {
      const { reactor, connection: mine, peer } = pair();
      sendAll(peer, Buffer.from('bytes'));
      turnUntil(reactor, () => mine.bytesRead === 5);
      probe(mine);
    },
    'that waits for room': (probe) => {
      const { connection: mine } = pair();
      fill(mine.fd);
      settled(() => mine.write(Buffer.alloc(500_000)))(mine);
      probe(mine);
    },
    'whose peer has ended': (probe) => {
      const { reactor, connection: mine, peer } = pair();
      socket.shutdown(peer, socket.SHUT_WR);
      turnUntil(reactor, () => mine.ended);
      probe(mine);
    },
    'that was ended': (probe) => {
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
    'of a reactor that is closed': (probe) => {
      const { reactor, connection: mine } = pair();
      reactor.close();
      probe(mine);
    },
  },
  calls: {
    read: settled((own) => own.read(into)),
    readable: settled((own) => own.readable()),
    tryRead: (own) => own.tryRead(into),
    readExactly: settled((own) => own.readExactly(3)),
    readUntil: settled((own) => own.readUntil('x', 100)),
    write: settled((own) => own.write('x')),
    writev: settled((own) => own.writev([new Uint8Array(1)])),
    flush: settled((own) => own.flush()),
    sendFile: settled((own) => own.sendFile(ownFile(openSync(thisFile, 'r')), 0, 1)),
    end: (own) => own.end(),
    close: (own) => own.close(),
    reset: (own) => own.reset(),
    detach: (mine) => own(mine.detach().fd),
    chunks: (own) => own.chunks(),
    streams: (own) => own.streams(),
    '@@observable': (own) => own['@@observable'](),
    members: (own) => [own.fd, own.closed, own.ended, own.remoteAddress, own.localAddress, own.queued, own.unread],
  },
  refused: {
    'with a read that waits': [...reads, 'readable'],
    'that was ended': writes,
    closed: over,
    detached: over,
    'of a reactor that is closed': over,
  },
  internal: [
    ...[
      'arm',
      'blame',
      'checkWait',
      'discard',
      'endChunks',
      'failed',
      'finish',
      'isOwn',
      'lost',
      'nextChunk',
      'readDueAt',
    ],
    ...['onBytes', 'onClosed', 'onDeadline', 'onEnd', 'onIdle', 'onOpen', 'onReactorClosed', 'onRoom'],
    ...['throwLater', 'whenOpen'],
  ],
};

const server: Matrix = {
  prototype: () => Object.getPrototypeOf(listen(newReactor(), { host: '127.0.0.1', port: 0 })) as object,
  states: {
    listening: (probe) => probe(listen(newReactor(), { host: '127.0.0.1', port: 0 })),
    closed: (probe) => {
      const mine: AsyncServer = listen(newReactor(), { host: '127.0.0.1', port: 0 });
      void mine.close();
      probe(mine);
    },
    'of a reactor that is closed': (probe) => {
      const reactor = newReactor();
      const mine = listen(reactor, { host: '127.0.0.1', port: 0 });
      reactor.close();
      probe(mine);
    },
  },
  calls: {
    close: settled((own) => own.close()),
    connections: (own) => own.connections(),
  },
  refused: {},
  internal: ['handTo', 'moreRoom'],
};

testMatrices({ 'a connection by await': connection, 'a server by await': server });
