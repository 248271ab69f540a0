// pipeTo() where something goes wrong: a side that is reset, at each point; handlers that throw; sides that splice(2)
// does not take; no fds or no memory for a pipe. No byte is lost or doubled, and a stream that was cut off never looks
// like one that has ended.
import { connect as connectNode, createServer, type Socket } from 'node:net';
import { Reactor } from 'fdreactor';
import { Connection, connect, Listener } from 'fdreactor/connection';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import { type Conditions, casesThatHold, testWith } from '../../helpers/needs.js';
import { openFds } from '../../helpers/open-fds.js';
import { dispose, own } from '../../helpers/owned.js';
import { reset, socketPair, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { wineHidesResets } from '../../helpers/platform.js';
import { expectInvalidState } from '../../helpers/throws.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';
import { openPty } from '../pump/pty.js';
import { clog, moveUntil, newReactor, pair, Reader, side, Writer, warm, ways } from './pipings.js';

const { SHUT_WR } = socket.constants;

const showsError = { notOnLibkqueue: libkqueue.error };
const seesReset = { notUnderWine: wineHidesResets, ...showsError };
const POINTS = {
  idle: seesReset,
  'with bytes under way': seesReset,
  'while the target is full': seesReset,
  'after its end': showsError,
};

describe.each(ways)('by %s', (way) => {
  test.each(casesThatHold('the source is reset', POINTS))('the source is reset %s: the target is reset', (point) => {
    for (const isProxy of [false, true]) {
      const { reactor, source, target } = pair(way);
      const piping = source.connection.pipeTo(target.connection);
      if (isProxy) target.connection.pipeTo(source.connection);
      warm(reactor, piping, source.peer, target.peer);
      if (point === 'with bytes under way') new Writer(source.peer, 1_000_000).write();
      if (point === 'while the target is full') clog(reactor, source.peer);
      const isEnded = point === 'after its end';
      const reader = new Reader(target.peer);
      if (isEnded) {
        socket.shutdown(source.peer, SHUT_WR);
        turnUntil(reactor, () => reader.read().ended);
      }
      reset(source.peer);
      turnUntil(reactor, () => source.connection.closed);
      expect(source.events.at(-1)).toBe('close');
      if (isEnded) continue; // the target has had the whole stream
      turnUntil(reactor, () => target.connection.closed && (reader.read().ended || reader.error !== ''));
      expect([reader.ended, reader.error]).toEqual([false, 'ECONNRESET']);
      expect(source.events).toEqual([expect.stringMatching(/^(ECONNRESET|EPIPE)$/), 'close']);
      expect(target.events).toEqual(['close']);
    }
  });

  testWith(showsError, 'a proxy whose half is over: a reset ends both', () => {
    for (const resetsFirst of [true, false]) {
      const { reactor, source, target } = pair(way);
      const up = source.connection.pipeTo(target.connection);
      target.connection.pipeTo(source.connection);
      warm(reactor, up, source.peer, target.peer);
      const reader = new Reader(target.peer);
      socket.shutdown(source.peer, SHUT_WR);
      turnUntil(reactor, () => reader.read().ended);
      reset(resetsFirst ? source.peer : target.peer);
      turnUntil(reactor, () => source.connection.closed && target.connection.closed);
    }
  });

  const moments = { idle: showsError, 'with bytes under way': {}, full: {} };
  test.each(casesThatHold('the target is reset', moments))(
    'the target is reset while %s: the source is closed',
    (point) => {
      const { reactor, source, target } = pair(way);
      const piping = source.connection.pipeTo(target.connection);
      warm(reactor, piping, source.peer, target.peer);
      if (point === 'with bytes under way') new Writer(source.peer, 1_000_000).write();
      if (point === 'full') clog(reactor, source.peer);
      reset(target.peer);
      turnUntil(reactor, () => source.connection.closed);
      expect(target.events).toEqual([expect.stringMatching(/^(ECONNRESET|EPIPE)$/), 'close']);
      expect([source.events, piping.active]).toEqual([['close'], false]);
      const reader = new Reader(source.peer);
      expect(reader.read().ended || reader.error !== '').toBe(true);
    },
  );

  const sinks: Record<string, Conditions & { make: () => [number, number] }> = {
    'socket pair': { make: socketPair },
    pipe: { make: () => socket.pipe().reverse() as [number, number], needs: 'pipe' },
  };
  test.each(casesThatHold('the reader is gone', sinks))(
    'the reader of a %s is gone: the source is closed',
    (_, { make }) => {
      const reactor = newReactor(way);
      const target = side(reactor, make());
      const source = side(reactor);
      source.connection.pipeTo(target.connection);
      clog(reactor, source.peer);
      socket.close(target.peer);
      turnUntil(reactor, () => source.connection.closed);
      expect(target.connection.closed).toBe(true);
    },
  );

  testWith(seesReset, 'a source that is closed before its end resets the target; after it, it does not', () => {
    const { reactor, source, target } = pair(way, tcpPair, { end() {} });
    source.connection.pipeTo(target.connection);
    socket.send(source.peer, Buffer.from('cut'));
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes === 3);
    source.connection.close();
    turnUntil(reactor, () => reader.read().error !== '');
    expect(reader.error).toBe('ECONNRESET');
    const whole = pair(way, tcpPair, { end() {} });
    whole.source.connection.pipeTo(whole.target.connection);
    socket.shutdown(whole.source.peer, SHUT_WR);
    const second = new Reader(whole.target.peer);
    turnUntil(whole.reactor, () => second.read().ended);
    whole.source.connection.close();
    turnFor(whole.reactor);
    expect(whole.target.connection.closed).toBe(false);
  });

  test('a handler that throws ends both; a close handler of one does not keep the other from its own', () => {
    const errors: unknown[] = [];
    const reactor = dispose(new Reactor({ onError: (error) => errors.push(error) }));
    const throwing = {
      close: () => {
        throw new Error('mine');
      },
    };
    const source = side(reactor, tcpPair(), throwing);
    const target = side(reactor, tcpPair(), throwing);
    source.connection.pipeTo(target.connection);
    target.connection.pipeTo(source.connection);
    socket.shutdown(target.peer, SHUT_WR);
    turnFor(reactor);
    reset(source.peer);
    turnUntil(reactor, () => source.events.includes('close') && target.events.includes('close'));
    expect(errors.length).toBeGreaterThan(0);
    turnFor(reactor);
  });

  testWith(seesReset, 'an error handler may stop() the piping: the other side lives on', () => {
    const reactor = newReactor(way);
    const target = side(reactor);
    const source = side(reactor, tcpPair(), { error: () => piping.stop() });
    const piping = source.connection.pipeTo(target.connection);
    warm(reactor, piping, source.peer, target.peer);
    reset(source.peer);
    turnUntil(reactor, () => source.connection.closed);
    target.connection.end('alive');
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().ended);
    expect(reader.text).toBe('alive');
  });

  test('a listener that is closed with time leaves what is piped to its pipings', () => {
    const reactor = newReactor(way);
    const target = side(reactor);
    const listener = new Listener(
      reactor,
      { host: '127.0.0.1', port: 0 },
      {
        open: (self) => {
          self.pipeTo(target.connection);
          target.connection.pipeTo(self);
        },
      },
    );
    const { port } = listener.address as { port: number };
    const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
    turnUntil(reactor, () => listener.size === 1);
    listener.close({ graceMs: 30 });
    turnUntil(reactor, () => listener.size === 0 && target.connection.closed);
    turnFor(reactor);
    expect(new Reader(client).read().ended).toBe(true);
  });

  testWith({ notInBun: 'its sockets close later' }, 'attached to the host, between sockets of Node', async () => {
    const reactor = newReactor(way);
    const server = createServer({ allowHalfOpen: true }, (peer) => peer.pipe(peer));
    dispose({ close: () => server.close() });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const listener = new Listener(
      reactor,
      { host: '127.0.0.1', port: 0 },
      {
        open: (self) => {
          const out = connect(reactor, { host: '127.0.0.1', port }, {});
          self.pipeTo(out);
          out.pipeTo(self);
        },
      },
    );
    reactor.attach();
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    const answers = Array.from({ length: 5 }, () => exchange((listener.address as { port: number }).port, sent));
    for (const answer of await Promise.all(answers)) expect(answer.equals(sent)).toBe(true);
    await eventually('all are closed', () => listener.size === 0);
    reactor.close();
  });
});

function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const peer: Socket = connectNode({ host: '127.0.0.1', port });
    peer.on('data', (chunk) => chunks.push(chunk));
    peer.on('end', () => resolve(Buffer.concat(chunks)));
    peer.on('error', reject);
    peer.end(bytes);
  });
}

testWith({ needs: 'splice' }, 'an idle piping holds no pipe; those that are in use are few', () => {
  const reactor = newReactor('splice');
  const all = Array.from({ length: 100 }, () => {
    const source = side(reactor, socketPair());
    const target = side(reactor, socketPair());
    const piping = source.connection.pipeTo(target.connection);
    return { source, piping, reader: new Reader(target.peer) };
  });
  turnFor(reactor);
  const before = openFds().size;
  for (const { source } of all) socket.send(source.peer, Buffer.from('x'));
  turnUntil(reactor, () => all.every(({ reader }) => reader.read().bytes === 1));
  expect(all.every(({ piping }) => piping.via === 'splice')).toBe(true);
  expect(openFds().size - before).toBeLessThanOrEqual(2);
  reactor.close();
  expect(openFds().size).toBeLessThan(before);
});

testWith({ needs: 'splice' }, 'a side that is neither a socket nor a pipe is copied, as via says', () => {
  const reactor = newReactor('splice');
  const counter = linux.eventfd();
  const target = new Connection(reactor, counter, {});
  const source = side(reactor);
  const into = source.connection.pipeTo(target);
  for (let i = 1; i <= 3; i++) {
    socket.send(source.peer, Buffer.from(new BigUint64Array([BigInt(i)]).buffer));
    turnUntil(reactor, () => into.bytes === 8 * i);
  }
  expect(into.via).toBe('copy');
  turnUntil(reactor, () => into.bytes === 24);
  expect(source.connection.closed).toBe(false);
  into.stop();
  const sink = side(reactor);
  const reader = new Reader(sink.peer);
  const from = target.pipeTo(sink.connection); // the connection reads its own counter
  linux.eventfd_write(counter, 4);
  turnUntil(reactor, () => reader.read().bytes >= 8);
  expect(from.via).toBe('copy');
  expectInvalidState(() => target.detach());
});

const raw = { needs: 'splice', notUnderQemu: 'qemu does not know TCGETS2, which makes its terminals raw' } as const;
testWith(raw, 'a terminal: much, with back-pressure, by copying', () => {
  const reactor = newReactor('splice');
  const { master, slave } = openPty();
  const target = new Connection(reactor, slave, {});
  const source = side(reactor);
  const piping = source.connection.pipeTo(target);
  const writer = new Writer(source.peer, 3_000_000);
  const reader = new Reader(master);
  moveUntil(reactor, () => {
    writer.write();
    expect(target.queued).toBeLessThanOrEqual(256 * 1024);
    return reader.read().bytes === 3_000_000;
  });
  expect([reader.digest(), piping.via]).toEqual([writer.digest(), 'copy']);
});

/** Proxies 3 MiB one way under the faults in `args`; says what arrived. */
const proxy = ({ socket, connection, Reactor, injectFaults, report, args }: Toolbox): void => {
  const { Connection } = connection;
  const reactor = new Reactor();
  const [client, front] = socket.socketpair();
  const [back, server] = socket.socketpair();
  const source = new Connection(reactor, front, {});
  const target = new Connection(reactor, back, {});
  const piping = source.pipeTo(target);
  const stop = injectFaults(...args);
  const block = Buffer.alloc(60_000);
  const received = Buffer.alloc(20_000);
  const total = 3 * 2 ** 20;
  let [sent, got, wrong] = [0, 0, 0];
  const ways = new Set();
  while (got < total) {
    for (let i = 0; i < block.length; i++) block[i] = (sent + i) % 251;
    sent += sent < total ? Math.max(0, socket.write(client, block, 0, Math.min(block.length, total - sent))) : 0;
    reactor.poll(sent < total ? 0 : 1);
    ways.add(piping.via);
    const n = socket.read(server, received);
    for (let i = 0; i < n; i++) if (received[i] !== (got + i) % 251) wrong++;
    got += Math.max(0, n);
  }
  stop();
  reactor.close();
  report({ got, wrong, bytes: piping.bytes, ways: [...ways].sort(), last: piping.via });
  process.exit(0);
};
const whole = { got: 3 * 2 ** 20, wrong: 0, bytes: 3 * 2 ** 20 };
const faults = { needs: ['splice', 'strace'] } as const;

testWith(faults, 'no fds for a pipe (EMFILE): it copies, and asks again later', async () => {
  const result = await reportOf(proxy, { args: [['pipe2', 'error=EMFILE', '1..2']] });
  expect(result).toEqual({ ...whole, ways: ['copy', 'splice'], last: 'splice' });
  const never = await reportOf(proxy, { args: [['pipe2', 'error=EMFILE']] });
  expect(never).toMatchObject({ ...whole, last: 'copy' });
});

for (const [code, when, last] of [
  ['EINVAL', '2', 'copy'],
  ['EINVAL', '5', 'copy'],
  ['ENOMEM', '6', 'splice'],
  ['ENOBUFS', '7+40', 'splice'],
  ['EAGAIN', '1+3', 'splice'],
  ['EINTR', '1+2', 'splice'],
]) {
  testWith(faults, `splice(2) says ${code} at call ${when}: nothing is lost`, async () => {
    const result = await reportOf(proxy, { args: [['splice', `error=${code}`, when]] });
    expect(result).toMatchObject(code === 'ENOBUFS' ? whole : { ...whole, last });
  });
}
