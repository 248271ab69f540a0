// What a peer may do: send one byte at a time, read never, reset in the middle, end at once, be gone; and what is done
// to another connection of the same turn.
import type { Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, connect, Listener } from 'fdreactor/connection';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { own } from '../../helpers/owned.js';
import { fill, pipePair, recvAll, reset, tcpPair } from '../../helpers/pairs.js';
import { codeOf, connectionPair, connectionTest } from '../../helpers/streams/backends.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

/** A connection over TCP, the fd of its peer, and what happens to it. */
function observed(reactor: Reactor, handlers: ConnectionHandlers = {}) {
  const [peer, fd] = tcpPair();
  const events: string[] = [];
  const connection = new Connection(
    reactor,
    fd,
    {
      ...handlers,
      error: (_, error) => events.push(`${codeOf(error)} ${(error as { syscall?: string }).syscall}`),
      close: () => events.push('close'),
    },
    { maxQueued: 1e9 },
  );
  return { connection, peer, events };
}

connectionTest('a peer that sends one byte at a time, each after the answer to the last', (t) => {
  const reactor = t.newReactor();
  const { connection, peer } = observed(reactor, { data: (self, bytes) => void self.write(bytes) });
  const text = 'byte by byte';
  let answer = '';
  for (const char of text) {
    socket.send(peer, Buffer.from(char));
    turnUntil(reactor, () => {
      const buffer = Buffer.alloc(10);
      const count = socket.recv(peer, buffer);
      if (count > 0) answer += buffer.toString('latin1', 0, count);
      return answer.endsWith(char) && answer.length === connection.bytesRead;
    });
  }
  expect(answer).toBe(text);
  connection.close();
});

connectionTest('a peer that ends at once gets its answer, and the end', (t) => {
  const reactor = t.newReactor();
  const { connection, peer, events } = observed(reactor, { data: (self) => void self.write('answer') });
  socket.send(peer, Buffer.from('question'));
  socket.shutdown(peer, socket.SHUT_WR);
  turnUntil(reactor, () => connection.closed);
  expect({ text: recvAll(peer).toString(), events }).toEqual({ text: 'answer', events: ['close'] });
});

connectionTest('a peer that resets while it is sent to: one error of the send, and the close', (t) => {
  const reactor = t.newReactor();
  const { connection, peer, events } = observed(reactor);
  connection.write(Buffer.alloc(20_000_000));
  connection.pause();
  reactor.poll(0);
  recvAll(peer, 100_000);
  reset(peer);
  turnUntil(reactor, () => connection.closed);
  expect(events[0]).toMatch(/^(ECONNRESET|EPIPE) (send|writev|recv)$/);
  expect(events.slice(1)).toEqual(['close']);
  turnFor(reactor, 5);
  expect(connection.write('more')).toBe(false);
});

connectionTest(
  'EPIPE: what is written to a peer that is gone fails in a turn, not in the write',
  (t) => {
    const reactor = t.newReactor();
    for (const bytes of [Buffer.from('small'), Buffer.alloc(100_000)]) {
      const events: string[] = [];
      const { connection, peer } = connectionPair(reactor, {
        end: () => events.push('end'),
        error: (_, error) => events.push(`${codeOf(error)} ${(error as { syscall?: string }).syscall}`),
        close: () => events.push('close'),
      });
      socket.close(peer);
      connection.pause();
      connection.write(bytes);
      connection.write(bytes);
      expect(events).toEqual([]);
      turnUntil(reactor, () => connection.closed);
      expect(events).toEqual(['EPIPE send', 'close']);
    }
  },
  { notOnWindows: 'its socketpair() is of TCP: the close of a peer with unread bytes is a reset' },
);

connectionTest(
  'ETIMEDOUT: a peer that never reads, with TCP_USER_TIMEOUT',
  (t) => {
    const reactor = t.newReactor();
    const { connection, events } = observed(reactor);
    const { IPPROTO_TCP, TCP_USER_TIMEOUT = 0 } = socket.constants as Record<string, number>;
    socket.setsockopt(connection.fd, IPPROTO_TCP as number, TCP_USER_TIMEOUT, 100);
    connection.write(Buffer.alloc(20_000_000));
    turnUntil(reactor, () => connection.closed);
    expect(events[0]).toMatch(/^ETIMEDOUT (send|writev|recv)$/);
    expect(events.slice(1)).toEqual(['close']);
  },
  { needs: 'epoll' },
);

connectionTest('a pause() before connect() is done holds', (t) => {
  const reactor = t.newReactor();
  const { port } = new Listener(reactor, { host, port: 0 }, { open: (self) => void self.write('hello') }).address as {
    port: number;
  };
  const events: string[] = [];
  const client = connect(
    reactor,
    { host, port },
    { open: () => events.push('open'), data: (_, bytes) => events.push(bytes.toString()) },
  );
  client.pause();
  client.resume();
  client.pause();
  turnUntil(reactor, () => events.length > 0);
  turnFor(reactor);
  expect(events).toEqual(['open']);
  client.resume();
  turnUntil(reactor, () => events.length > 1);
  expect(events).toEqual(['open', 'hello']);
});

connectionTest(
  'resume() before a connection is refused: it is refused, not open',
  (t) => {
    const reactor = t.newReactor();
    const listener = socket.listenTcp({ host, port: 0 });
    const { port } = socket.getsockname(listener) as { port: number };
    socket.close(listener);
    const events: string[] = [];
    const client = connect(
      reactor,
      { host, port },
      {
        open: () => events.push('open'),
        error: (_, error) => events.push(codeOf(error)),
        close: () => events.push('close'),
      },
    );
    client.resume();
    turnUntil(reactor, () => client.closed);
    expect(events).toEqual(['ECONNREFUSED', 'close']);
  },
  { notOnLibkqueue: libkqueue.error },
);

/** Some connections whose bytes come in one turn; the first that is called does something to the others. */
function batch(reactor: Reactor, act: (other: Connection<number>) => void): { seen: string[]; peers: number[] } {
  const seen: string[] = [];
  const all: Connection<number>[] = [];
  let isFirst = true;
  const peers = [0, 1, 2, 3].map((i) => {
    const { connection, peer } = connectionPair<number>(reactor, {
      data: (self, bytes) => {
        seen.push(`${self.data} ${bytes}`);
        if (!isFirst) return;
        isFirst = false;
        for (const other of all) if (other !== self) act(other);
      },
    });
    connection.data = i;
    all.push(connection);
    return peer;
  });
  for (const [i, peer] of peers.entries()) socket.send(peer, Buffer.from(`for ${i}`));
  turnUntil(reactor, () => seen.length > 0);
  turnFor(reactor, 5);
  return { seen, peers };
}

connectionTest('pause() of another connection of the turn: what has come for it is delivered, and no more', (t) => {
  const reactor = t.newReactor();
  const { seen, peers } = batch(reactor, (other) => other.pause());
  expect(seen.sort()).toEqual(['0 for 0', '1 for 1', '2 for 2', '3 for 3']);
  for (const peer of peers) socket.send(peer, Buffer.from('more'));
  turnFor(reactor, 5);
  expect(seen).toHaveLength(5); // of the one that paused the others
});

connectionTest('close() and reset() of another connection of the turn: what has come for it goes nowhere', (t) => {
  for (const call of ['close', 'reset'] as const) {
    const reactor = t.newReactor();
    const { seen } = batch(reactor, (other) => other[call]());
    expect(seen).toHaveLength(1);
  }
});

connectionTest(
  'a new connection with the number and the slot of one that was closed in the turn gets only its own',
  (t) => {
    const reactor = t.newReactor();
    const fresh: string[] = [];
    const { seen } = batch(reactor, (other) => {
      other.close();
      const { peer } = connectionPair(reactor, { data: (_, bytes) => fresh.push(bytes.toString()) });
      socket.send(peer, Buffer.from('own'));
    });
    expect(seen).toHaveLength(1);
    turnUntil(reactor, () => fresh.length === 3);
    expect(fresh).toEqual(['own', 'own', 'own']);
  },
);

connectionTest('detach(): what has come is in `unread`, what is not sent in `unsent`', (t) => {
  const reactor = t.newReactor();
  const events: string[] = [];
  const { connection, peer } = connectionPair(
    reactor,
    { data: () => events.push('data'), close: () => events.push('close') },
    { maxQueued: 1e9 },
  );
  const taken = fill(connection.fd);
  connection.write('queued by the flush ');
  connection.write('of detach()');
  expect(connection.queued).toBe(0);
  const { fd, unread, unsent } = connection.detach();
  own(fd);
  expect({ unread: `${unread}`, unsent: `${unsent}` }).toEqual({
    unread: '',
    unsent: 'queued by the flush of detach()',
  });
  expect(recvAll(peer, taken).length).toBe(taken);
  socket.send(peer, Buffer.from('raw'));
  turnFor(reactor, 5);
  expect(events).toEqual([]);
  const buffer = Buffer.alloc(3);
  expect([socket.recv(fd, buffer), buffer.toString()]).toEqual([3, 'raw']);
  connection.pause();
  connection.resume();
  connection.end('x');
  connection.close();
  expect([connection.write('x'), connection.closed, events]).toEqual([false, true, []]);
});

connectionTest(
  'a connection that is closed while a duplicate keeps its file open does not keep the reactor awake',
  (t) => {
    const reactor = t.newReactor();
    const { connection, peer } = connectionPair(reactor);
    const { F_DUPFD_CLOEXEC } = linux.constants;
    own(linux.fcntl(connection.fd, F_DUPFD_CLOEXEC, 0));
    connection.close();
    socket.send(peer, Buffer.from('for the duplicate'));
    reactor.poll(0);
    const { turns } = reactor.metrics();
    turnFor(reactor, 20);
    expect(reactor.metrics().turns - turns).toBeLessThan(10);
  },
  { needs: 'epoll' },
);

connectionTest(
  'the end of a pipe whose reader is gone',
  (t) => {
    const reactor = t.newReactor();
    const [reader, writer] = pipePair();
    const events: string[] = [];
    const connection = new Connection(reactor, writer, {
      error: (_, error) => events.push(codeOf(error)),
      close: () => events.push('close'),
    });
    connection.write('x');
    reactor.poll(0);
    socket.close(reader);
    turnUntil(reactor, () => connection.closed);
    expect(events).toEqual(['EPIPE', 'close']);
  },
  { needs: 'pipe' },
);

connectionTest(
  'end() of the writing end of a pipe: the reader gets all, and the end',
  (t) => {
    const reactor = t.newReactor();
    const [reader, writer] = pipePair();
    const connection = new Connection(reactor, writer, {}, { maxQueued: 1e9 });
    connection.write(Buffer.alloc(200_000, 7));
    connection.end('last');
    const parts: Buffer[] = [];
    turnUntil(reactor, () => {
      const buffer = Buffer.alloc(65_536);
      const count = socket.read(reader, buffer);
      if (count > 0) parts.push(buffer.subarray(0, count));
      return count === 0;
    });
    expect(Buffer.concat(parts).length).toBe(200_004);
    expect(connection.closed).toBe(true);
  },
  { needs: 'pipe' },
);

connectionTest('what a turn sent finds no room: hasRoom turns false, and drain follows', (t) => {
  const reactor = t.newReactor();
  let drains = 0;
  const { connection, peer } = connectionPair(reactor, {
    drain: () => {
      drains++;
    },
  });
  for (let i = 0; i < 20; i++) expect(connection.write(Buffer.alloc(10_000))).toBe(true);
  fill(connection.fd); // before the end of the turn
  reactor.poll(0);
  expect(connection.hasRoom).toBe(false);
  const buffer = Buffer.alloc(1_000_000);
  turnUntil(reactor, () => {
    socket.recv(peer, buffer);
    return drains > 0;
  });
  expect(connection.hasRoom).toBe(true);
});
