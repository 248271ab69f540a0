// splice() where something fails: a peer, the caller, the process's fds. Each has one outcome, both sockets end, and
// nothing is left open or registered.
import type net from 'node:net';
import { SystemError } from 'fdreactor';
import { fdOf, type NodeSpliceOptions, sendFile, sharedReactor, splice, takeFd } from 'fdreactor/node';
import { PipePool } from 'fdreactor/transfer';
import { afterEach, expect, test } from 'vitest';
import { openFds } from '../../helpers/open-fds.js';
import { eventually } from '../../helpers/patience.js';
import { expectInvalidState } from '../../helpers/throws.js';
import { outcome } from '../servers.js';
import { ends, errorOf, isGone, isOver, type Joined, join, joinedEnds, LARGE, longestOf, stalled } from './ends.js';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
afterEach(() => {
  expect(unhandled).toEqual([]);
  expect(sharedReactor().size).toBe(0);
});

/** Where a tunnel is when something happens to it. */
const states: [string, (options?: NodeSpliceOptions) => Promise<Joined>][] = [
  ['one that is idle', joinedEnds],
  ['one that is full', stalled],
  [
    'one of which one direction has ended',
    async (options) => {
      const joined = await joinedEnds(options);
      joined.left.socket.end('last');
      await eventually('it has ended', () => joined.right.hasEnded);
      return joined;
    },
  ],
  [
    'one that waits for what was written before',
    async (options) => {
      const found = await ends();
      found.right.socket.pause();
      found.b.write(Buffer.alloc(LARGE));
      return join(found, options);
    },
  ],
];

/** Both sockets are gone, and both peers see that. */
async function expectGone(joined: Joined): Promise<void> {
  expect(isGone(joined)).toBe(true);
  joined.right.socket.resume();
  for (const peer of [joined.left, joined.right]) {
    await eventually('each peer is told', () => peer.hasEnded || peer.isClosed);
    peer.socket.destroy();
  }
}

test.each(states)('%s: a peer resets, and it is ECONNRESET or EPIPE', async (_name, reach) => {
  for (const which of ['left', 'right'] as const) {
    const joined = await reach();
    joined[which].socket.resetAndDestroy();
    const error = await errorOf(joined);
    expect(error).toBeInstanceOf(SystemError);
    expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
    await expectGone(joined);
  }
});

const destroyers: [string, (socket: net.Socket) => void][] = [
  ['destroy()', (socket) => socket.destroy()],
  ['destroy(error)', (socket) => socket.destroy(new Error('mine'))],
  ['resetAndDestroy()', (socket) => socket.resetAndDestroy()],
];

test.each(states)('%s: destroyed from this side, and it is ECONNABORTED with its cause', async (name, reach) => {
  for (const [how, destroy] of destroyers) {
    for (const which of ['a', 'b'] as const) {
      const joined = await reach();
      destroy(joined[which]);
      const error = await errorOf(joined);
      expect(error, `${name}: ${how} of ${which}`).toBeInstanceOf(SystemError);
      expect(error).toMatchObject({ code: 'ECONNABORTED', syscall: 'splice' });
      expect(error.cause === undefined).toBe(how !== 'destroy(error)');
      await expectGone(joined);
    }
  }
});

test.each(states)('%s: an AbortSignal ends it', async (_name, reach) => {
  const controller = new AbortController();
  const joined = await reach({ signal: controller.signal });
  controller.abort('why');
  expect(await errorOf(joined)).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'why' });
  await expectGone(joined);
});

test.each(states)('%s: timeoutMs ends it, and not before its time', async (_name, reach) => {
  const began = performance.now();
  const joined = await reach({ timeoutMs: 300 });
  expect(await errorOf(joined)).toMatchObject({ code: 'ETIMEDOUT' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(300);
  await expectGone(joined);
});

test('timeoutMs counts from the last byte in either direction; nothing ends one that is over', async () => {
  let isQuiet = false;
  for (let timeoutMs = 1000; !isQuiet; timeoutMs *= 2) {
    const controller = new AbortController();
    const joined = await joinedEnds({ timeoutMs, signal: controller.signal });
    const { left, right } = joined;
    let i = 0;
    const longest = await longestOf(20, async () => {
      (i++ % 2 === 0 ? left : right).socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, timeoutMs / 10));
    });
    isQuiet = longest < timeoutMs / 2; // else others have stopped this process, or it ended rightly
    if (isQuiet) expect(joined.result).toBe(null);
    left.socket.end();
    right.socket.end();
    const result = await isOver(joined);
    if (isQuiet) expect(result).toEqual({ value: { aToB: 10, bToA: 10, via: 'splice' } });
    controller.abort();
  }
});

/** How many bytes libuv holds for a socket. */
function queued(socket: net.Socket): number {
  return (socket as unknown as { _handle: { writeQueueSize: number } | null })._handle?.writeQueueSize ?? 0;
}

test('what was written before and still moves is no idleness', async () => {
  let isQuiet = false;
  for (let timeoutMs = 400; !isQuiet; timeoutMs *= 2) {
    const found = await ends();
    const { b, left, right } = found;
    right.socket.pause();
    b.write(Buffer.alloc(LARGE));
    const joined = join(found, { timeoutMs });
    const began = performance.now();
    let last = began;
    let longest = 0;
    while (performance.now() - began < 2.5 * timeoutMs && queued(b) > 0) {
      const before = queued(b);
      right.socket.resume();
      await eventually('it moves, or is ended', () => queued(b) !== before);
      right.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, timeoutMs / 8));
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    isQuiet = longest < timeoutMs / 2; // else others have stopped this process, or it ended rightly
    right.socket.resume();
    left.socket.end('behind it');
    right.socket.end();
    const result = await isOver(joined);
    if (isQuiet) expect(result).toMatchObject({ value: { aToB: 9 } });
  }
});

test('a signal that is aborted before: nothing is changed', async () => {
  const found = await ends();
  const { a, b, left, right } = found;
  const result = await outcome(splice(a, b, { signal: AbortSignal.abort('why') }));
  expect(result).toMatchObject({ error: { name: 'AbortError', cause: 'why' } });
  a.pipe(b);
  left.socket.write('still whole');
  await eventually('it comes', () => right.text === 'still whole');
});

test('both are destroyed at once; from a listener of the other; again and again: once over, nothing follows', async () => {
  const one = await joinedEnds();
  one.a.destroy();
  one.b.destroy(new Error('late'));
  expect(await errorOf(one)).toMatchObject({ code: 'ECONNABORTED' });
  const two = await stalled();
  two.a.once('close', () => two.b.destroy());
  two.b.once('close', () => two.a.destroy());
  two.right.socket.resetAndDestroy();
  await errorOf(two);
  two.a.destroy();
  expect(isGone(two)).toBe(true);
});

test('destroyed when it is over for it, and not for the other: no byte is lost', async () => {
  const found = await ends({ allowHalfOpen: true, pauseOnConnect: true });
  const { a, left, right } = found;
  const unread = Buffer.alloc(10_000, 'u');
  left.socket.end(unread);
  a.once('readable', () => {});
  await eventually('all was read', () => a.readableLength === unread.length);
  await new Promise((resolve) => setTimeout(resolve, 20));
  right.socket.pause();
  found.b.write(Buffer.alloc(LARGE, 'w'));
  const joined = join(found);
  right.socket.end();
  await eventually('the left one is told, and closes', () => a.destroyed);
  expect(joined.result).toBe(null);
  right.socket.resume();
  expect(await isOver(joined)).toEqual({ value: { aToB: unread.length, bToA: 0, via: 'splice' } });
  await eventually('all has come', () => right.hasEnded);
  expect(right.length).toBe(LARGE + unread.length);
});

test("write(), end() and destroySoon() by others: ERR_INVALID_STATE, and it goes on; after it, Node's own words", async () => {
  const joined = await joinedEnds();
  const { a, b, left, right } = joined;
  for (const socket of [a, b]) {
    expectInvalidState(() => socket.write('mine'));
    expectInvalidState(() => socket.end());
    expectInvalidState(() => socket.end('mine'));
    expectInvalidState(() => socket.destroySoon());
    expectInvalidState(() => takeFd(socket));
    expect(await outcome(sendFile(socket, process.execPath))).toMatchObject({ error: { code: 'ERR_INVALID_STATE' } });
    expect(await outcome(sendFile(socket, 0, { fallback: true }))).toMatchObject({
      error: { code: 'ERR_INVALID_STATE' },
    });
  }
  left.socket.end('spliced');
  right.socket.end();
  await isOver(joined);
  await eventually('all has come', () => right.hasEnded);
  expect(right.text).toBe('spliced');
  const error = await new Promise<unknown>((resolve) => a.write('late', resolve));
  expect(error).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
});

test('a second splice() of either is refused, and the first goes on', async () => {
  const joined = await joinedEnds();
  const { a, b, left, right } = joined;
  const other = await ends();
  for (const [one, two] of [
    [a, b],
    [a, other.a],
    [other.b, b],
  ] as const) {
    expect(await outcome(splice(one, two))).toMatchObject({ error: { code: 'ERR_INVALID_STATE' } });
  }
  left.socket.end('whole');
  right.socket.end();
  expect(await isOver(joined)).toMatchObject({ value: { aToB: 5 } });
  const again = await outcome(splice(other.a, a));
  expect(again).toMatchObject({ error: { code: 'ERR_INVALID_STATE' } });
  const third = join(other);
  other.left.socket.end();
  other.right.socket.end();
  expect(await isOver(third)).toHaveProperty('value');
});

test('a registration of the program while it waits to begin: EEXIST, and both end', async () => {
  const found = await ends();
  const { a, b, left, right } = found;
  for (const { socket } of [left, right]) socket.pause();
  a.write(Buffer.alloc(LARGE));
  b.write(Buffer.alloc(LARGE));
  const joined = join(found);
  const mine = sharedReactor().register(fdOf(a), 0, () => {});
  left.socket.resume();
  expect(await errorOf(joined)).toMatchObject({ code: 'EEXIST' });
  mine.deregister();
  expect(isGone(joined)).toBe(true);
});

test('resetAndDestroy() in the turn in which the other direction ended', async () => {
  const joined = await joinedEnds();
  const { a, b, left } = joined;
  a.once('end', () => b.resetAndDestroy());
  left.socket.end('x');
  expect(await errorOf(joined)).toMatchObject({ code: 'ECONNABORTED' });
  expect(isGone(joined)).toBe(true);
});

test('no fd is left of what failed', async () => {
  const before = openFds().size;
  for (let round = 0; round < 20; round++) {
    const joined = await (round % 2 === 0 ? joinedEnds() : stalled());
    if (round % 3 === 0) joined.left.socket.resetAndDestroy();
    else if (round % 3 === 1) joined.b.destroy();
    else joined.right.socket.resetAndDestroy();
    await isOver(joined);
    joined.left.socket.destroy();
    joined.right.socket.destroy();
  }
  PipePool.shared.close();
  await eventually('as many as before, and a server a round', () => openFds().size <= before + 20);
});
