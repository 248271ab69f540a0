// Many tunnels at once, each with chunks of random sizes at random times, and ends, resets and pauses at random: what
// comes out is what went in, or its beginning, and nothing is left open.
import { createHash, randomBytes } from 'node:crypto';
import type net from 'node:net';
import { sharedReactor, splice } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/patience.js';
import { ends, errorOf, isGone, isOver, type Joined, join, joinedEnds, sha256 } from './ends.js';

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const source = randomBytes(1 << 20);

/** Writes pieces of random sizes and ends; returns all that was written. */
async function talk(socket: net.Socket, random: () => number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const count = Math.floor(random() * 30);
  for (let i = 0; i < count && !socket.destroyed; i++) {
    const length = Math.floor(2 ** (random() * 19));
    const from = Math.floor(random() * (source.length - length));
    const part = source.subarray(from, from + length);
    parts.push(part);
    if (!socket.write(part) && random() < 0.5 && !socket.destroyed) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(20)]);
    } else if (random() < 0.3) await pause(random() * 3);
  }
  if (random() < 0.3) await pause(random() * 10);
  if (!socket.destroyed) socket.end();
  return Buffer.concat(parts);
}

/** Reads in fits and starts. */
async function dawdle(socket: net.Socket, random: () => number): Promise<void> {
  for (let i = 0; i < 10 * random() && !socket.destroyed; i++) {
    socket.pause();
    await pause(random() * 10);
    socket.resume();
    await pause(random() * 5);
  }
}

/** Not between end() and its shutdown: Node then closes nothing, and the fd stays open. */
function reset(socket: net.Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/** Joined before, in the middle of, or after the first bytes. */
async function joinLate(random: () => number): Promise<Joined> {
  const found = await ends({ pauseOnConnect: random() < 0.5, allowHalfOpen: true });
  if (random() < 0.5) {
    for (const socket of [found.a, found.b]) socket.once('readable', () => {});
    await pause(random() * 5);
  }
  return join(found);
}

test.each([1, 2, 3, 4])('half-closes at random, seed %i: every byte comes, once and in order', async (seed) => {
  const random = randomOf(seed);
  const runs = Array.from({ length: 15 }, async () => {
    const joining = joinLate(random);
    const joined = await joining;
    const { left, right, a, b } = joined;
    const [up, down] = await Promise.all([
      talk(left.socket, random),
      talk(right.socket, random),
      dawdle(left.socket, random),
      dawdle(right.socket, random),
    ]);
    expect(await isOver(joined)).toEqual({ value: { aToB: up.length, bToA: down.length, via: 'splice' } });
    await eventually('both were told', () => left.hasEnded && right.hasEnded);
    expect([sha256(right.received), sha256(left.received)]).toEqual([sha256(up), sha256(down)]);
    expect([a.bytesRead, b.bytesRead]).toEqual([up.length, down.length]);
    expect(isGone(joined)).toBe(true);
  });
  await Promise.all(runs);
  expect(sharedReactor().size).toBe(0);
});

test.each([5, 6, 7])(
  'resets and destroy() at random, seed %i: what comes is a beginning of what went',
  async (seed) => {
    const random = randomOf(seed);
    const runs = Array.from({ length: 20 }, async () => {
      const joined = await joinLate(random);
      const { a, b, left, right } = joined;
      const acts = [
        () => reset(left.socket),
        () => reset(right.socket),
        () => a.destroy(),
        () => b.resetAndDestroy(),
        () => left.socket.destroy(),
      ];
      const act = acts[Math.floor(random() * acts.length)] as () => void;
      const acting = pause(random() * 30).then(act);
      const [up, down] = await Promise.all([
        talk(left.socket, random),
        talk(right.socket, random),
        dawdle(left.socket, random),
        dawdle(right.socket, random),
        acting,
      ]);
      const result = await isOver(joined);
      if ('error' in result) expect(result.error.code).toMatch(/^(ECONNRESET|EPIPE|ECONNABORTED)$/);
      expect(isGone(joined)).toBe(true);
      const [atRight, atLeft] = [right.received, left.received];
      expect(up.subarray(0, atRight.length).equals(atRight)).toBe(true);
      expect(down.subarray(0, atLeft.length).equals(atLeft)).toBe(true);
      for (const { socket } of [left, right]) socket.destroy();
    });
    await Promise.all(runs);
    expect(sharedReactor().size).toBe(0);
  },
);

test('an endless stream of tunnels that are made and reset leaves nothing registered', async () => {
  for (let round = 0; round < 50; round++) {
    const joined = await joinedEnds();
    joined.left.socket.write(source.subarray(0, 1000));
    joined.right.socket.resetAndDestroy();
    await errorOf(joined);
    joined.left.socket.destroy();
  }
  expect(sharedReactor().size).toBe(0);
});

test('a chain of tunnels: the hash at its end is that of its beginning', async () => {
  const links = [await ends(), await ends(), await ends()] as const;
  const [first, second, third] = links;
  // a | b is one hop; the client of b goes on as the source of the next.
  first.right.socket.removeAllListeners('data');
  second.right.socket.removeAllListeners('data');
  const hops = [
    splice(first.a, first.b),
    splice(first.right.socket, second.left.socket),
    splice(second.a, second.b),
    splice(second.right.socket, third.left.socket),
    splice(third.a, third.b),
  ];
  const hash = createHash('sha256');
  for (let i = 0; i < 20; i++) {
    const part = source.subarray(i * 1000, 1_000_000);
    hash.update(part);
    first.left.socket.write(part);
  }
  first.left.socket.end();
  third.right.socket.end();
  const results = await Promise.all(hops);
  await eventually('the end comes', () => third.right.hasEnded);
  expect(sha256(third.right.received)).toBe(hash.digest('hex'));
  expect(new Set(results.map(({ aToB }) => aToB))).toEqual(new Set([third.right.length]));
});
