// Random operations on a piped stream against the one thing that must hold: the target's peer gets all the bytes of the
// source's, once and in order, by the engine, by copying, and by a data handler between two pipings.
import type { Connection, Piping } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { socketPair, tcpPair } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { newReactor, Reader, side, Writer, ways } from './pipings.js';

const SEEDS = 40;
const { SHUT_WR, SOL_SOCKET, SO_SNDBUF } = socket.constants;

/** Numbers from 0 to below `most`, the same for a seed (mulberry32). */
function numbers(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % most;
  };
}

function play(way: (typeof ways)[number], seed: number): void {
  const random = numbers(seed);
  const reactor = newReactor(way);
  const pairs = random(2) === 0 ? tcpPair : socketPair;
  const target = side(reactor, pairs());
  let piping: Piping | undefined;
  const forward = (_: Connection, bytes: Buffer): void => {
    target.connection.write(bytes);
  };
  const source = side(reactor, pairs(), { data: forward, end() {} });
  if (random(2) === 0) {
    for (const fd of [source.peer, target.connection.fd]) {
      socket.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, Buffer.from(new Int32Array([1 + random(20_000)]).buffer));
    }
  }
  const writer = new Writer(source.peer, 200_000 + random(1_500_000));
  const reader = new Reader(target.peer);
  const operations = [
    () => writer.write(1 + random(100_000)),
    () => writer.write(1 + random(100)),
    () => reader.read(1 + random(200_000)),
    () => reader.read(1 + random(100)),
    () => reactor.poll(0),
    () => reactor.poll(0),
    () => source.connection.pause(),
    () => source.connection.resume(),
    () => piping?.stop(),
    () => {
      if (piping?.active !== true) piping = source.connection.pipeTo(target.connection, { end: false });
    },
  ];
  for (let i = 0; i < 1500 && !writer.done; i++) operations[random(operations.length)]?.();
  if (piping?.active !== true) piping = source.connection.pipeTo(target.connection, { end: false });
  source.connection.resume();
  const end = performance.now() + patience(5000);
  while (!(writer.done && reader.bytes === writer.bytes)) {
    writer.write();
    reactor.poll(0);
    reader.read();
    if (performance.now() > end) throw new Error(`${reader.bytes} of ${writer.bytes}`);
  }
  expect(reader.digest()).toBe(writer.digest());
  socket.shutdown(source.peer, SHUT_WR);
  while (piping.active) reactor.poll(0);
  expect([source.connection.bytesRead, target.connection.bytesWritten]).toEqual([writer.bytes, writer.bytes]);
  expect(target.connection.closed).toBe(false);
  reactor.close();
  for (const fd of [source.peer, target.peer]) socket.close(fd);
}

describe.each(ways)('by %s', (way) => {
  test(`${SEEDS} seeds`, { timeout: patience(30_000) }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        play(way, seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
