// pipeTo(): what arrives at one connection leaves by another, in order and whole, by splice(2) and by copying.
import { Reactor } from 'fdreactor';
import { Connection, configureConnections, connect, Listener, type Piping } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { testWith } from '../../helpers/needs.js';
import { dispose } from '../../helpers/owned.js';
import { pipePair, socketPair, tcpPair } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { caught, expectArgumentType, expectInvalidState } from '../../helpers/throws.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';
import { clog, moveUntil, newReactor, pair, Reader, side, Writer, warm, ways } from './pipings.js';

const { SHUT_WR, SOL_SOCKET, SO_SNDBUF } = socket.constants;

describe.each(ways)('by %s', (way) => {
  test('in order behind what the target has queued; nothing goes to data', () => {
    const { reactor, source, target } = pair(way);
    target.connection.write('first ');
    const piping = source.connection.pipeTo(target.connection);
    const reader = new Reader(target.peer);
    let text = 'first ';
    for (let i = 0; i < 50; i++) {
      socket.send(source.peer, Buffer.from(`${i} `));
      text += `${i} `;
      if (i % 3 === 0) turnUntil(reactor, () => reader.read().bytes === text.length);
    }
    turnUntil(reactor, () => reader.read().bytes === text.length);
    expect(reader.text).toBe(text);
    expect(source.events).toEqual([]);
    expect(piping).toMatchObject({ via: way, bytes: text.length - 6, active: true });
    expect(source.connection.bytesRead).toBe(text.length - 6);
    expect(target.connection.bytesWritten).toBe(text.length);
  });

  test('what a target has queued for long goes before it', () => {
    const { reactor, source, target } = pair(way);
    const queued = Buffer.alloc(6_000_000, 'q');
    expect(target.connection.write(queued)).toBe(false);
    const piping = source.connection.pipeTo(target.connection);
    socket.send(source.peer, Buffer.from('piped'));
    turnFor(reactor);
    expect(piping).toMatchObject({ via: 'copy' });
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes === queued.length + 5);
    socket.send(source.peer, Buffer.from('more'));
    turnUntil(reactor, () => reader.read().bytes === queued.length + 9);
    expect(piping.via).toBe(way);
  });

  test('chunks that are in the batch already go the same way', () => {
    const reactor = newReactor(way);
    const target = side(reactor);
    const pipings: Piping[] = [];
    const seen: string[] = [];
    const sources = [0, 1, 2].map(() =>
      side(reactor, tcpPair(), {
        data: (self) => {
          seen.push('data');
          for (const other of sources) if (other.connection !== self) pipings.push(pipe(other.connection));
          for (const other of sources) other.connection.data = undefined;
        },
      }),
    );
    const targets = sources.map(() => side(reactor));
    const pipe = (from: Connection): Piping => {
      const to = targets[sources.findIndex((one) => one.connection === from)]?.connection as Connection;
      return from.pipeTo(to);
    };
    for (const { peer } of sources) socket.send(peer, Buffer.from('chunk'));
    const readers = targets.map(({ peer }) => new Reader(peer));
    turnUntil(reactor, () => readers.reduce((sum, reader) => sum + reader.read().bytes, 0) === 10);
    expect(seen).toEqual(['data']);
    expect(readers.map(({ text }) => text).sort()).toEqual(['', 'chunk', 'chunk']);
    expect(pipings.map(({ bytes }) => bytes)).toEqual([5, 5]);
    expect(target.events).toEqual([]);
  });

  test.each(['TCP', 'a Unix socket', 'small buffers'])(
    '100 MB through %s arrive unchanged',
    (kind) => {
      const { reactor, source, target } = pair(way, kind === 'a Unix socket' ? socketPair : tcpPair);
      if (kind === 'small buffers') {
        for (const fd of [source.peer, target.connection.fd]) {
          socket.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, Buffer.from(new Int32Array([4096]).buffer));
        }
      }
      const piping = source.connection.pipeTo(target.connection);
      const total = kind === 'small buffers' ? 3_000_000 : 100_000_000;
      const writer = new Writer(source.peer, total);
      const reader = new Reader(target.peer);
      moveUntil(
        reactor,
        () => {
          if (!writer.done && writer.write().done) socket.shutdown(source.peer, SHUT_WR);
          return reader.read(1 << 20).ended;
        },
        10_000,
      );
      expect({ bytes: reader.bytes, via: piping.via, moved: piping.bytes }).toEqual({
        bytes: total,
        via: way,
        moved: total,
      });
      expect(reader.digest()).toBe(writer.digest());
      expect(piping.active).toBe(false);
    },
    patience(20_000),
  );

  test('half-close both ways, from either side', () => {
    for (const first of [0, 1]) {
      const { reactor, source, target } = pair(way);
      const sides = [source, target];
      const up = source.connection.pipeTo(target.connection);
      const down = target.connection.pipeTo(source.connection);
      const [a, b] = [sides[first] as typeof source, sides[1 - first] as typeof source];
      const [atA, atB] = [new Reader(a.peer), new Reader(b.peer)];
      socket.send(a.peer, Buffer.from('question'));
      socket.shutdown(a.peer, SHUT_WR);
      turnUntil(reactor, () => atB.read().ended);
      turnFor(reactor);
      expect([a.connection.closed, b.connection.closed]).toEqual([false, false]);
      for (let i = 0; i < 3; i++) {
        socket.send(b.peer, Buffer.from('answer '));
        turnUntil(reactor, () => atA.read().bytes === 7 * (i + 1));
      }
      socket.shutdown(b.peer, SHUT_WR);
      turnUntil(reactor, () => atA.read().ended);
      turnUntil(reactor, () => a.connection.closed && b.connection.closed);
      expect([atB.text, atA.text]).toEqual(['question', 'answer answer answer ']);
      expect([...source.events, ...target.events]).toEqual(['close', 'close']);
      expect([up.active, down.active]).toEqual([false, false]);
    }
  });

  test('both ways at once, with all the bytes of each', () => {
    const { reactor, source, target } = pair(way);
    source.connection.pipeTo(target.connection);
    target.connection.pipeTo(source.connection);
    const total = 8_000_000;
    const writers = [new Writer(source.peer, total), new Writer(target.peer, total)];
    const readers = [new Reader(target.peer), new Reader(source.peer)];
    moveUntil(reactor, () => {
      for (const [i, writer] of writers.entries()) {
        if (!writer.done && writer.write().done) socket.shutdown([source.peer, target.peer][i] as number, SHUT_WR);
      }
      return readers.every((reader) => reader.read(300_000).ended);
    });
    expect(readers.map((reader) => reader.digest())).toEqual(writers.map((writer) => writer.digest()));
    turnUntil(reactor, () => source.connection.closed && target.connection.closed);
  });

  test('the end of the source: the target ends behind its bytes; with end: false it stays', () => {
    const { reactor, source, target } = pair(way);
    source.connection.pipeTo(target.connection, { end: false });
    socket.send(source.peer, Buffer.from('one '));
    socket.shutdown(source.peer, SHUT_WR);
    turnUntil(reactor, () => source.connection.closed);
    const next = side(reactor);
    next.connection.pipeTo(target.connection);
    socket.send(next.peer, Buffer.from('two'));
    socket.shutdown(next.peer, SHUT_WR);
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().ended);
    expect(reader.text).toBe('one two');
    expect([source.events, next.events, target.events]).toEqual([['close'], ['close'], []]);
  });

  test('the end handler of the source is called, and says when the source ends', () => {
    const ends: Connection[] = [];
    const { reactor, source, target } = pair(way, tcpPair, { end: (self) => ends.push(self) });
    source.connection.pipeTo(target.connection);
    socket.send(source.peer, Buffer.from('all'));
    socket.shutdown(source.peer, SHUT_WR);
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().ended);
    expect(ends).toEqual([source.connection]);
    expect(source.connection.closed).toBe(false);
    source.connection.end('answer');
    const answer = new Reader(source.peer);
    turnUntil(reactor, () => answer.read().ended);
    expect([answer.text, source.connection.closed]).toEqual(['answer', true]);
    expect(target.connection.closed).toBe(false);
  });

  test('pause() of the source holds the piping, resume() lets it go on, also where the target was full', () => {
    const { reactor, source, target } = pair(way);
    const piping = source.connection.pipeTo(target.connection);
    warm(reactor, piping, source.peer, target.peer);
    const writer = clog(reactor, source.peer);
    source.connection.pause();
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes >= piping.bytes - 2 && turnFor(reactor, 10) === 0);
    const held = reader.read().bytes;
    turnFor(reactor, 30);
    expect(reader.read().bytes).toBe(held);
    source.connection.resume();
    turnUntil(reactor, () => reader.read().bytes === writer.bytes);
    expect(reader.digest()).toBe(writer.digest());
  });

  test('stop() and pipeTo() in turn, to one target and the other, at any moment', () => {
    const reactor = newReactor(way);
    const source = side(reactor, tcpPair(), {}, { highWaterMark: 1 });
    const targets = [side(reactor), side(reactor)] as const;
    const readers = targets.map(({ peer }) => new Reader(peer));
    const writer = new Writer(source.peer, 5_000_000);
    let moved = 0;
    let piping: Piping | undefined;
    for (let i = 0; !(writer.write().done && moved === writer.bytes); i++) {
      if (i % 7 === 0) {
        piping?.stop();
        piping = source.connection.pipeTo(targets[(i / 7) % 2]?.connection as Connection);
      }
      reactor.poll(i % 3);
      if (i % 5 === 0) for (const reader of readers) reader.read(100_000);
      moved = readers.reduce((sum, { bytes }) => sum + bytes, 0);
      if (i > 200_000) throw new Error(`${moved} of ${writer.bytes}`);
    }
    expect(source.events).toEqual([]);
  });

  test('the target is closed by a handler of the same batch', () => {
    for (const op of ['close', 'reset', 'end'] as const) {
      const reactor = newReactor(way);
      const target = side(reactor);
      const breaker = side(reactor, tcpPair(), {
        data: () => {
          if (op === 'end') expectInvalidState(() => target.connection.end());
          target.connection[op === 'end' ? 'close' : op]();
        },
      });
      const source = side(reactor);
      const piping = source.connection.pipeTo(target.connection);
      warm(reactor, piping, source.peer, target.peer);
      socket.send(breaker.peer, Buffer.from('x'));
      socket.send(source.peer, Buffer.from('y'));
      turnUntil(reactor, () => source.connection.closed);
      expect([source.events, target.events, piping.active]).toEqual([['close'], ['close'], false]);
      turnFor(reactor);
    }
  });

  test('reactor.close() in the middle', () => {
    const { reactor, source, target } = pair(way);
    const piping = source.connection.pipeTo(target.connection);
    target.connection.pipeTo(source.connection);
    warm(reactor, piping, source.peer, target.peer);
    clog(reactor, source.peer);
    reactor.close();
    piping.stop();
    expect([piping.active, source.connection.closed, target.connection.closed]).toEqual([false, true, true]);
    expect([...source.events, ...target.events]).toEqual([]);
  });

  test('detach() of a side is refused; after stop() it has what was under way', () => {
    const { reactor, source, target } = pair(way);
    const piping = source.connection.pipeTo(target.connection);
    warm(reactor, piping, source.peer, target.peer);
    const writer = clog(reactor, source.peer);
    for (const { connection } of [source, target]) expectInvalidState(() => connection.detach());
    piping.stop();
    const { fd, unread } = source.connection.detach();
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes + target.connection.queued >= piping.bytes - 2);
    turnUntil(reactor, () => target.connection.queued === 0);
    target.connection.write(unread);
    const rest = new Reader(fd);
    const between = unread.length;
    const total = (): number => reader.read().bytes + rest.read().bytes;
    turnUntil(reactor, () => total() === writer.bytes);
    expect(reader.bytes - between + 2).toBe(piping.bytes);
    socket.close(fd);
  });

  test('into a target nothing else is written, until the piping is over', () => {
    const { reactor, source, target } = pair(way);
    const piping = source.connection.pipeTo(target.connection);
    const other = side(reactor);
    for (const call of [
      () => target.connection.write('x'),
      () => target.connection.write(Buffer.alloc(0)),
      () => target.connection.end(),
      () => target.connection.end('x'),
      () => other.connection.pipeTo(target.connection),
      () => source.connection.pipeTo(other.connection),
    ]) {
      expectInvalidState(call);
    }
    piping.stop();
    target.connection.write('free ');
    other.connection.pipeTo(target.connection);
    socket.send(other.peer, Buffer.from('again'));
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes === 10);
    expect(reader.text).toBe('free again');
  });

  test('a connection that is still being made is a target, and a source', () => {
    const reactor = newReactor(way);
    const got: string[] = [];
    const listener = new Listener(
      reactor,
      { host: '127.0.0.1', port: 0 },
      {
        open: (self) => {
          self.write('hello ');
        },
        data: (self, bytes) => {
          got.push(bytes.toString());
          self.write('bye');
        },
      },
    );
    const { port } = listener.address as { port: number };
    const client = side(reactor);
    socket.send(client.peer, Buffer.from('request'));
    const server = connect(reactor, { host: '127.0.0.1', port }, {});
    client.connection.pipeTo(server);
    server.pipeTo(client.connection);
    const reader = new Reader(client.peer);
    turnUntil(reactor, () => reader.read().bytes === 9);
    expect([got.join(''), reader.text]).toEqual(['request', 'hello bye']);
    socket.close(client.peer);
    turnUntil(reactor, () => listener.size === 0 && server.closed);
    listener.close();
  });

  test('one that moves much leaves room for the others', () => {
    const { reactor, source, target } = pair(way);
    source.connection.pipeTo(target.connection);
    const echo = side(reactor, tcpPair(), {
      data: (self, bytes) => {
        self.write(bytes);
      },
    });
    const writer = new Writer(source.peer, 50_000_000);
    const reader = new Reader(target.peer);
    const echoed = new Reader(echo.peer);
    let most = 0;
    let [sent, since] = [0, 0];
    moveUntil(reactor, () => {
      writer.write();
      reader.read();
      if (echoed.read().bytes === sent) {
        most = Math.max(most, since);
        since = 0;
        socket.send(echo.peer, Buffer.from('e'));
        sent++;
      }
      since++;
      return reader.bytes === 50_000_000;
    });
    expect(sent).toBeGreaterThan(20);
    expect(most).toBeLessThan(10); // looks between two turns
  });

  test('many pipings at once, each with its own bytes', () => {
    const reactor = newReactor(way);
    const all = Array.from({ length: 200 }, (_, i) => {
      const source = side(reactor, socketPair());
      const target = side(reactor, socketPair());
      source.connection.pipeTo(target.connection);
      return { i, source, reader: new Reader(target.peer) };
    });
    for (let round = 0; round < 5; round++) {
      for (const { i, source } of all) socket.send(source.peer, Buffer.from(`bytes of ${i}.${round};`));
      turnUntil(reactor, () => all.every(({ reader }) => reader.read().text.endsWith(`.${round};`)));
    }
    for (const { i, reader } of all) {
      expect(reader.text).toBe([0, 1, 2, 3, 4].map((round) => `bytes of ${i}.${round};`).join(''));
    }
  });
});

describe.each(ways)('by %s, not everywhere', (way) => {
  testWith({ needs: 'pipe' }, 'pipes as source and as target', () => {
    const reactor = newReactor(way);
    const [readEnd, writeEnd] = pipePair();
    const [readEnd2, writeEnd2] = pipePair();
    const source = new Connection(reactor, readEnd, {});
    const target = new Connection(reactor, writeEnd2, {});
    const piping = source.pipeTo(target);
    const writer = new Writer(writeEnd, 2_000_000);
    const reader = new Reader(readEnd2);
    moveUntil(reactor, () => {
      writer.write();
      return reader.read().bytes === 2_000_000;
    });
    expect(reader.digest()).toBe(writer.digest());
    expect(piping.via).toBe(way);
    socket.close(writeEnd);
    turnUntil(reactor, () => source.closed && reader.read().ended);
    expect(target.closed).toBe(true);
  });

  testWith(
    { notOnLibkqueue: libkqueue.lowat },
    'a target that takes no more stops the source: memory is bounded, and no turn is wasted',
    () => {
      const { reactor, source, target } = pair(way);
      const piping = source.connection.pipeTo(target.connection);
      warm(reactor, piping, source.peer, target.peer);
      const memory = process.memoryUsage().arrayBuffers;
      const writer = clog(reactor, source.peer);
      expect(target.connection.queued).toBeLessThanOrEqual(256 * 1024);
      const ofTheTest = 1 << 20;
      expect(process.memoryUsage().arrayBuffers - memory - ofTheTest).toBeLessThan(1 << 20);
      const { turns } = reactor.metrics();
      turnFor(reactor, 100);
      expect(reactor.metrics().turns - turns).toBeLessThan(10);
      const reader = new Reader(target.peer);
      turnUntil(reactor, () => reader.read().bytes === writer.bytes);
      expect(reader.digest()).toBe(writer.digest());
    },
  );

  testWith(
    { notOnLibkqueue: libkqueue.lowat },
    'stop() in the middle loses no byte: what the target has not got goes to data',
    () => {
      const chunks: Buffer[] = [];
      const { reactor, source, target } = pair(way, tcpPair, {
        data: (_, bytes) => {
          chunks.push(Buffer.from(bytes));
        },
      });
      const piping = source.connection.pipeTo(target.connection);
      warm(reactor, piping, source.peer, target.peer);
      const writer = clog(reactor, source.peer);
      piping.stop();
      piping.stop();
      expect(piping.active).toBe(false);
      const reader = new Reader(target.peer);
      const rest = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      turnUntil(reactor, () => reader.read().bytes + rest() === writer.bytes);
      expect(piping.bytes).toBe(reader.bytes + 2);
      expect(source.connection.bytesRead).toBe(writer.bytes + 2);
      target.connection.write(Buffer.concat(chunks));
      turnUntil(reactor, () => reader.read().bytes === writer.bytes);
      expect(reader.digest()).toBe(writer.digest());
    },
  );
});

test('wrong arguments are refused by name', () => {
  const { reactor, source, target } = pair('copy');
  const { connection } = source;
  for (const bad of [undefined, null, 5, {}, { fd: 1 }]) {
    expectArgumentType(() => connection.pipeTo(bad as unknown as Connection));
  }
  expectArgumentType(() => connection.pipeTo(target.connection, { end: 1 as unknown as boolean }));
  expectArgumentType(() => connection.pipeTo(target.connection, null as unknown as object));
  expect(caught(() => connection.pipeTo(connection))).toHaveProperty('code', 'ERR_INVALID_ARG_VALUE');
  const stranger = side(dispose(new Reactor()));
  expect(caught(() => connection.pipeTo(stranger.connection))).toHaveProperty('code', 'ERR_INVALID_ARG_VALUE');
  const ended = side(reactor);
  ended.connection.end();
  expectInvalidState(() => connection.pipeTo(ended.connection));
  ended.connection.close();
  expectInvalidState(() => connection.pipeTo(ended.connection));
  expectInvalidState(() => ended.connection.pipeTo(connection));
});

test('a turn that tells one thing still moves bytes, and their end', () => {
  const reactor = dispose(new Reactor());
  configureConnections(reactor, { maxReports: 1 });
  const source = side(reactor);
  const target = side(reactor);
  const piping = source.connection.pipeTo(target.connection);
  warm(reactor, piping, source.peer, target.peer);
  socket.send(source.peer, Buffer.from('all'));
  socket.shutdown(source.peer, SHUT_WR);
  const reader = new Reader(target.peer);
  turnUntil(reactor, () => reader.read().ended);
  expect(reader.text).toBe('all');
  expect(piping.bytes).toBe(5);
  expect(piping.active).toBe(false);
});
