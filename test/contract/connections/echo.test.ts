// Connections: bytes come and go in order, whatever their number and size, under poll(), run() and attach().
import { randomBytes } from 'node:crypto';
import { connect as connectNode, type Socket } from 'node:net';
import { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { testWith } from '../../helpers/needs.js';
import { dispose } from '../../helpers/owned.js';
import { eventually, patience } from '../../helpers/patience.js';
import { turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';
const echo: ConnectionHandlers = {
  data(connection, bytes) {
    if (!connection.write(bytes)) connection.pause();
  },
  drain: (connection) => connection.resume(),
};

function listen<T = undefined>(
  reactor: Reactor,
  handlers: ConnectionHandlers<T>,
): { listener: Listener<T>; port: number } {
  const listener = new Listener<T>(reactor, { host, port: 0 }, handlers);
  return { listener, port: (listener.address as { port: number }).port };
}

test('what is written comes back, in order', () => {
  const reactor = dispose(new Reactor());
  const { port } = listen(reactor, echo);
  let text = '';
  const events: string[] = [];
  const client = connect(
    reactor,
    { host, port },
    {
      open: (connection) => {
        events.push('open');
        connection.write('one ');
        connection.write(Buffer.from('two '));
        connection.write('drei €', 'utf8');
      },
      data: (connection, bytes) => {
        text += bytes.toString();
        if (text.length === 14) connection.end();
      },
      end: (connection) => {
        events.push('end');
        connection.close();
      },
      close: () => events.push('close'),
    },
  );
  turnUntil(reactor, () => client.closed);
  expect(text).toBe('one two drei €');
  expect(events).toEqual(['open', 'end', 'close']);
  expect({ read: client.bytesRead, written: client.bytesWritten }).toEqual({ read: 16, written: 16 });
});

test.each([1, 100, 16_384, 16_385, 100_000, 8_000_000])('%i bytes in one write come back whole', (size) => {
  const reactor = dispose(new Reactor());
  const { port } = listen(reactor, echo);
  const sent = randomBytes(size);
  const got: Buffer[] = [];
  let bytes = 0;
  const client = connect(
    reactor,
    { host, port, maxQueued: 1e9 },
    {
      open: (connection) => {
        connection.write(sent);
      },
      data: (_, chunk) => {
        got.push(Buffer.from(chunk));
        bytes += chunk.length;
      },
    },
  );
  turnUntil(reactor, () => bytes === size, patience(10_000));
  expect(Buffer.concat(got).equals(sent)).toBe(true);
  client.close();
});

test('many small and large writes keep their order, with a peer that reads slowly', () => {
  const reactor = dispose(new Reactor());
  const { port } = listen(reactor, echo);
  const parts = Array.from({ length: 400 }, (_, i) => randomBytes(i % 7 === 0 ? 40_000 : 1 + ((i * 37) % 900)));
  const all = Buffer.concat(parts);
  const got: Buffer[] = [];
  let bytes = 0;
  connect(
    reactor,
    { host, port, maxQueued: 1e9 },
    {
      open: (connection) => {
        for (const part of parts) connection.write(part);
        connection.pause();
        reactor.setTimer(20, () => connection.resume());
      },
      data: (connection, chunk) => {
        got.push(Buffer.from(chunk));
        bytes += chunk.length;
        if (got.length % 5 === 0) {
          connection.pause();
          reactor.setTimer(1, () => connection.resume());
        }
        if (bytes === all.length) connection.close();
      },
    },
  );
  turnUntil(reactor, () => bytes === all.length, patience(10_000));
  expect(Buffer.concat(got).equals(all)).toBe(true);
});

test('attached to the host, beside sockets of Node', async () => {
  const reactor = dispose(new Reactor());
  const { port, listener } = listen(reactor, echo);
  reactor.attach();
  const peers = Array.from({ length: 20 }, () => connectNode({ host, port }));
  const texts = peers.map(() => '');
  for (const [i, peer] of peers.entries()) {
    peer.on('data', (chunk) => {
      texts[i] += chunk.toString();
    });
    peer.write(`hello ${i}`);
  }
  await eventually('all answers', () => texts.every((text, i) => text === `hello ${i}`));
  expect(listener.size).toBe(20);
  const closed = (peer: Socket): Promise<unknown> => new Promise((resolve) => peer.on('close', resolve));
  const ends = peers.map(closed);
  for (const peer of peers) peer.end();
  await Promise.all(ends);
  await eventually('the server has closed all', () => listener.size === 0);
  reactor.close();
});

test('a write outside of a turn leaves by itself while attached', async () => {
  const reactor = dispose(new Reactor());
  let server: Connection | undefined;
  const { port } = listen(reactor, {
    open: (connection) => {
      server = connection;
    },
  });
  reactor.attach();
  const peer = connectNode({ host, port });
  let text = '';
  peer.on('data', (chunk) => {
    text += chunk.toString();
  });
  await eventually('the connection', () => server !== undefined);
  await new Promise((resolve) => setImmediate(resolve));
  server?.write('from outside');
  await eventually('the bytes', () => text === 'from outside');
  peer.destroy();
  reactor.close();
});

test('what the last handler wrote leaves when run() and poll() return', () => {
  for (const drive of [(reactor: Reactor) => reactor.run(), (reactor: Reactor) => reactor.poll()]) {
    const reactor = dispose(new Reactor());
    const [a, b] = socket.socketpair();
    const connection = new Connection(reactor, a, {
      data: (self) => {
        self.write('bye');
        reactor.stop();
      },
    });
    socket.send(b, Buffer.from('x'));
    drive(reactor);
    const buffer = Buffer.alloc(8);
    expect(socket.recv(b, buffer)).toBe(3);
    connection.close();
    reactor.close();
    socket.close(b);
  }
});

testWith({ needs: 'pipe' }, 'a pipe and a Unix socket are streams as well', () => {
  const reactor = dispose(new Reactor());
  const [readEnd, writeEnd] = socket.pipe();
  let text = '';
  const reader = new Connection(reactor, readEnd, {
    data: (_, bytes) => {
      text += bytes.toString();
    },
  });
  const writer = new Connection(reactor, writeEnd, {});
  writer.write('through ');
  writer.write('a pipe');
  turnUntil(reactor, () => text === 'through a pipe');
  writer.close();
  turnUntil(reactor, () => reader.closed);
});

test('thousands of connections in one reactor', { timeout: patience(20_000) }, () => {
  const reactor = dispose(new Reactor());
  const { port, listener } = listen(reactor, echo);
  const clients: Connection[] = [];
  let answered = 0;
  const begin = (i: number) =>
    connect(
      reactor,
      { host, port },
      {
        open: (connection) => {
          connection.write(`number ${i}`);
        },
        data: (_connection, bytes) => {
          if (bytes.toString() === `number ${i}`) answered++;
        },
      },
    );
  // In waves that fit into the queue of the listener: where it overflows, TCP loses connections.
  while (clients.length < 2000) {
    for (let i = 0; i < 100; i++) clients.push(begin(clients.length));
    turnUntil(reactor, () => answered === clients.length, patience(10_000));
  }
  expect(listener.size).toBe(2000);
  for (const client of clients) client.close();
  turnUntil(reactor, () => listener.size === 0);
  expect(listener.accepted).toBe(2000);
});
