// What stop() gives back while another piping begins at once: what was under way goes before what follows.
import { createHash } from 'node:crypto';
import { WOULD_BLOCK } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { fill, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { turnUntil } from '../../helpers/wait.js';
import { clog, newReactor, side, warm, ways } from './pipings.js';

test.each(ways)('to a target that takes only a part of them, by %s', (way) => {
  const reactor = newReactor(way);
  const source = side(reactor);
  const first = side(reactor);
  const second = side(reactor);
  const piping = source.connection.pipeTo(first.connection);
  warm(reactor, piping, source.peer, first.peer);
  const writer = clog(reactor, source.peer);
  const filled = fill(second.connection.fd); // nothing is queued there, and there is no room
  const [fd, peer] = tcpPair();
  new Connection(reactor, fd, {
    data: () => {
      piping.stop();
      source.connection.pipeTo(second.connection);
    },
  });
  socket.send(peer, Buffer.from('x'));
  turnUntil(reactor, () => !piping.active);

  const hash = createHash('sha1');
  const buffer = Buffer.alloc(1 << 20);
  let skip = 0;
  let bytes = 0;
  const read = (from: number): boolean => {
    const count = socket.read(from, buffer);
    if (count === WOULD_BLOCK) return false;
    const skipped = Math.min(skip, count);
    skip -= skipped;
    hash.update(buffer.subarray(skipped, count));
    bytes += count - skipped;
    return true;
  };
  const ofFirst = piping.bytes - 2; // those of warm() are read
  turnUntil(reactor, () => {
    while (read(first.peer));
    return bytes === ofFirst;
  });
  skip = filled;
  turnUntil(reactor, () => {
    while (read(second.peer));
    return bytes === writer.bytes;
  });
  expect(hash.digest('hex')).toBe(writer.digest());
});

test.each(ways)(
  'attached: a target that has room again gets what is under way, without any other event, by %s',
  async (way) => {
    const reactor = newReactor(way);
    const source = side(reactor);
    const target = side(reactor);
    const piping = source.connection.pipeTo(target.connection);
    warm(reactor, piping, source.peer, target.peer);
    reactor.attach();
    const filled = fill(target.connection.fd);
    const length = socket.send(source.peer, Buffer.alloc(1000, 'x'));
    const buffer = Buffer.alloc(1 << 20);
    const { MSG_PEEK } = socket.constants;
    await eventually(
      'the source is read',
      () => socket.recv(source.connection.fd, buffer, 0, 1, MSG_PEEK) === WOULD_BLOCK,
    );
    let bytes = 0;
    await eventually('all has arrived', () => {
      bytes += Math.max(0, socket.recv(target.peer, buffer));
      return bytes === filled + length;
    });
  },
);
