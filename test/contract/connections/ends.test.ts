// The ends of connections: half-close, reset, refusal, what throws, and what is asked of a connection that is closed.
import { type ErrorHandler, Reactor } from 'fdreactor';
import { Connection, type ConnectionHandlers, type ConnectionOptions, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { testWith } from '../../helpers/needs.js';
import { dispose, own } from '../../helpers/owned.js';
import { listen as listenRaw, reset } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { expectArgumentType, expectInvalidState, expectOutOfRange } from '../../helpers/throws.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

const host = '127.0.0.1';

/** A connection of a socket pair, and the other end; what happens to it is noted. */
function observed(handlers: ConnectionHandlers = {}, onError?: ErrorHandler, options?: ConnectionOptions) {
  const reactor = dispose(new Reactor(onError === undefined ? {} : { onError }));
  const [a, b] = socket.socketpair();
  const events: string[] = [];
  const noting: ConnectionHandlers = {
    ...handlers,
    error: (self, error) => {
      events.push(`error ${(error as NodeJS.ErrnoException).code ?? error.message}`);
      handlers.error?.(self, error);
    },
    close: (self, error) => {
      events.push('close');
      handlers.close?.(self, error);
    },
  };
  const connection = new Connection(reactor, a, noting, options);
  return { reactor, connection, peer: own(b), events };
}

test('the end of the peer ends the connection, once all is sent', () => {
  const { reactor, connection, peer, events } = observed();
  connection.write('last');
  socket.shutdown(peer, socket.SHUT_WR);
  turnUntil(reactor, () => connection.closed);
  const buffer = Buffer.alloc(8);
  expect(socket.recv(peer, buffer)).toBe(4);
  expect(socket.recv(peer, buffer)).toBe(0);
  expect(events).toEqual(['close']);
});

test('end() sends what is queued and then the end; the peer may go on sending', () => {
  let text = '';
  const { reactor, connection, peer } = observed({
    data: (_, bytes) => {
      text += bytes.toString();
    },
  });
  const bytes = Buffer.alloc(2_000_000, 7);
  connection.write(bytes);
  expect(connection.queued).toBeGreaterThan(0);
  connection.end();
  expectInvalidState(() => connection.write('more'));
  let received = 0;
  const buffer = Buffer.alloc(65_536);
  let isOver = false;
  turnUntil(reactor, () => {
    for (;;) {
      const n = socket.recv(peer, buffer);
      if (n > 0) received += n;
      if (n === 0) isOver = true;
      if (n <= 0) return isOver;
    }
  });
  expect(received).toBe(bytes.length);
  socket.send(peer, Buffer.from('still here'));
  turnUntil(reactor, () => text === 'still here');
  expect(connection.closed).toBe(false);
  socket.close(peer);
  turnUntil(reactor, () => connection.closed);
});

testWith(
  { notOnLibkqueue: libkqueue.error, notUnderWine: 'it takes a reset for the end of the stream' },
  'a reset is an error of its connection, after the bytes that came before',
  () => {
    const reactor = dispose(new Reactor());
    const events: string[] = [];
    const listener = new Listener(
      reactor,
      { host, port: 0 },
      {
        data: (_, bytes) => events.push(bytes.toString()),
        error: (_, error) => events.push((error as NodeJS.ErrnoException).code as string),
        close: () => events.push('close'),
      },
    );
    const { port } = listener.address as { port: number };
    const fd = own(socket.connectTcp({ host, port }));
    turnUntil(reactor, () => listener.size === 1);
    socket.send(fd, Buffer.from('bytes'));
    turnUntil(reactor, () => events.length === 1);
    reset(fd);
    turnUntil(reactor, () => events.length === 3);
    expect(events).toEqual(['bytes', 'ECONNRESET', 'close']);
    listener.close();
  },
);

testWith({ notOnLibkqueue: libkqueue.error }, 'a connection that is refused says so', () => {
  const reactor = dispose(new Reactor());
  const { listener, port } = listenRaw();
  socket.close(listener);
  const events: string[] = [];
  const client = connect(
    reactor,
    { host, port },
    {
      open: () => events.push('open'),
      error: (_, error) =>
        events.push(`${(error as NodeJS.ErrnoException).code} ${(error as { syscall?: string }).syscall}`),
      close: () => events.push('close'),
    },
  );
  client.write('never');
  turnUntil(reactor, () => client.closed);
  expect(events).toEqual(['ECONNREFUSED connect', 'close']);
});

test('a handler that throws ends its connection; the others of the turn are served', () => {
  const reactor = dispose(new Reactor());
  const seen: string[] = [];
  const handlers: ConnectionHandlers<number> = {
    data: (connection) => {
      seen.push(`data ${connection.data}`);
      if (connection.data === 1) throw new Error('mine');
    },
    error: (connection, error) => seen.push(`error ${connection.data} ${error.message}`),
    close: (connection) => seen.push(`close ${connection.data}`),
  };
  const peers = [0, 1, 2].map((i) => {
    const [a, b] = socket.socketpair();
    new Connection<number>(reactor, a, handlers).data = i;
    return own(b);
  });
  for (const peer of peers) socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => seen.length === 5);
  expect(seen.sort()).toEqual(['close 1', 'data 0', 'data 1', 'data 2', 'error 1 mine']);
});

test('without an error handler, what is thrown goes to the reactor; without one there, out of the turn', () => {
  const errors: unknown[] = [];
  const withHandler = dispose(new Reactor({ onError: (error) => errors.push(error) }));
  const without = dispose(new Reactor());
  for (const reactor of [withHandler, without]) {
    const [a, b] = socket.socketpair();
    const connection = new Connection(reactor, a, {
      data: () => {
        throw new Error('mine');
      },
    });
    socket.send(own(b), Buffer.from('x'));
    if (reactor === without) expect(() => turnUntil(reactor, () => connection.closed)).toThrow('mine');
    else turnUntil(reactor, () => connection.closed);
    expect(connection.closed).toBe(true);
  }
  expect(errors).toHaveLength(1);
});

test('a peer that does not read ends the connection with ERR_QUEUE_FULL, before memory is eaten', () => {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  own(b);
  const events: string[] = [];
  const connection = new Connection(
    reactor,
    a,
    {
      error: (_, error) => events.push((error as NodeJS.ErrnoException).code as string),
      close: () => events.push('close'),
    },
    { maxQueued: 1_000_000, highWaterMark: 1000 },
  );
  let room = true;
  for (let i = 0; i < 1000 && !connection.closed; i++) {
    room = connection.write(Buffer.alloc(10_000));
    reactor.poll(0);
  }
  expect({ room, events }).toEqual({ room: false, events: ['ERR_QUEUE_FULL', 'close'] });
  expect(connection.write('x')).toBe(false);
});

test('a closed connection takes any call and does nothing', () => {
  const { reactor, connection, events } = observed();
  connection.close();
  connection.close();
  connection.reset();
  connection.pause();
  connection.resume();
  connection.end('x');
  expect(connection.write('x')).toBe(false);
  expect(connection.remoteAddress).toBe(null);
  expectInvalidState(() => connection.detach());
  turnFor(reactor);
  expect(events).toEqual(['close']);
});

test('close() of another connection of the same batch: its chunk goes nowhere', () => {
  const reactor = dispose(new Reactor());
  const seen: number[] = [];
  const all: Connection<number>[] = [];
  const peers = [0, 1, 2, 3].map((i) => {
    const [a, b] = socket.socketpair();
    const connection = new Connection<number>(reactor, a, {
      data: (self) => {
        seen.push(self.data);
        for (const other of all) if (other !== self) other.close();
      },
    });
    connection.data = i;
    all.push(connection);
    return own(b);
  });
  for (const peer of peers) socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => seen.length > 0);
  turnFor(reactor);
  expect(seen).toHaveLength(1);
});

test('detach() gives the fd, and what was not handed on', () => {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  const [c, d] = socket.socketpair();
  own(b);
  own(d);
  const taken: { fd: number; unread: Buffer }[] = [];
  const connections = [a, c].map(
    (fd): Connection =>
      new Connection(reactor, fd, {
        data: (self) => {
          for (const other of connections) if (other !== self && !other.closed) taken.push(other.detach());
        },
      }),
  );
  socket.send(b, Buffer.from('for b'));
  socket.send(d, Buffer.from('for d'));
  turnUntil(reactor, () => taken.length > 0);
  const [{ fd, unread }] = taken as [{ fd: number; unread: Buffer }];
  expect(unread.toString()).toMatch(/^for [bd]$/);
  socket.send(own(fd), Buffer.from('raw'));
  expect([socket.recv(b, Buffer.alloc(8)), socket.recv(d, Buffer.alloc(8))]).toContain(3);
});

test('reactor.close() closes its connections; their handlers are not called', () => {
  const { reactor, connection, peer, events } = observed();
  connection.write('on its way');
  reactor.close();
  expect({ closed: connection.closed, events }).toEqual({ closed: true, events: [] });
  const buffer = Buffer.alloc(16);
  expect(socket.recv(peer, buffer)).toBe(10);
  expect(socket.recv(peer, buffer)).toBe(0);
});

test('end() in `open`, behind a write for which there is room again: all is sent, and then the end', () => {
  const reactor = dispose(new Reactor());
  const { listener, port } = listenRaw();
  const buffer = Buffer.alloc(1_000_000);
  let received = 0;
  let peer = -1;
  let isOver = false;
  /** Until there is no more, or the end. */
  const receive = () => {
    for (;;) {
      const count = socket.recv(peer, buffer);
      isOver ||= count === 0;
      if (count <= 0) return;
      received += count;
    }
  };
  const open = (self: Connection) => {
    while (self.queued === 0) self.write(buffer.subarray(0, 20_000));
    const endMs = performance.now() + patience(5000);
    while (received < self.bytesWritten - self.queued && performance.now() < endMs) {
      if (peer >= 0) receive();
      else {
        peer = socket.accept(listener);
        if (peer >= 0) own(peer);
      }
    }
    self.end();
  };
  const connection = connect(reactor, { host, port }, { open });
  turnUntil(reactor, () => {
    if (peer >= 0) receive();
    return isOver;
  });
  expect(received).toBe(connection.bytesWritten);
  connection.close();
});

test('a listener that is closed gives its connections time', () => {
  const reactor = dispose(new Reactor());
  const listener = new Listener(reactor, { host, port: 0 }, {});
  const { port } = listener.address as { port: number };
  const slow = own(socket.connectTcp({ host, port }));
  turnUntil(reactor, () => listener.size === 1);
  listener.close({ graceMs: 30 });
  turnUntil(reactor, () => listener.size === 0);
  expect(socket.recv(slow, Buffer.alloc(1))).toBe(0);
  expect([...listener.connections()]).toEqual([]);
});

test.each([100, 20_000])('a connection that sends %i bytes now and then is not idle', (size) => {
  const { reactor, connection, peer, events } = observed({}, undefined, { idleTimeoutMs: 200 });
  const buffer = Buffer.alloc(65_536);
  let rounds = 0;
  reactor.setTimer(
    20,
    () => {
      rounds++;
      connection.write(buffer.subarray(0, size));
      while (socket.recv(peer, buffer) > 0);
    },
    { repeatMs: 20 },
  );
  turnUntil(reactor, () => rounds === 20);
  expect({ closed: connection.closed, events }).toEqual({ closed: false, events: [] });
  connection.close();
});

test('wrong arguments are named', () => {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  own(a);
  own(b);
  expectArgumentType(() => new Connection({} as Reactor, a, {}));
  expectArgumentType(() => new Connection(reactor, a, null as unknown as object));
  expectOutOfRange(() => new Connection(reactor, -1, {}));
  expectOutOfRange(() => new Connection(reactor, a, {}, { maxQueued: 0 }));
  expectArgumentType(() => new Listener(reactor, undefined as unknown as object, {}));
  const connection = new Connection(reactor, a, {});
  for (const bad of [undefined, null, 5, {}, [1]]) expectArgumentType(() => connection.write(bad as unknown as string));
  connection.close();
});
