// `for await` over a connection: every byte, in order; and what happens when the loop is left before the end.
import { randomBytes } from 'node:crypto';
import type { AsyncConnection } from 'fdreactor/async';
import { adopt } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reset, sendAll, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { wineHidesResets } from '../../helpers/platform.js';
import { asyncTest, bothEnds, codeOf, pair, readAll } from './pairs.js';

asyncTest('every byte comes, in order, and chunks that are kept stay what they were', async (reactor) => {
  const [left, right] = bothEnds(reactor);
  const bytes = randomBytes(2_000_000);
  const read = readAll(right);
  for (let at = 0; at < bytes.length; at += 7777) await left.write(bytes.subarray(at, at + 7777));
  left.end();
  expect((await read).equals(bytes)).toBe(true);
  expect(right.closed).toBe(false); // it may still write
  right.end();
  await eventually('both are closed', () => left.closed && right.closed);
});

/** Leaves a loop after its first chunk. */
const leaves: Record<string, (chunks: AsyncIterable<Buffer>) => Promise<unknown>> = {
  async break(chunks) {
    for await (const _ of chunks) break;
  },
  async return(chunks) {
    for await (const chunk of chunks) return chunk;
    return null;
  },
  async throw(chunks) {
    try {
      for await (const _ of chunks) throw new Error('out');
    } catch (error) {
      expect(error).toMatchObject({ message: 'out' });
    }
  },
};

for (const [name, leave] of Object.entries(leaves)) {
  asyncTest(`a loop that is left by ${name} closes the connection`, async (reactor) => {
    const { connection, peer } = pair(reactor);
    sendAll(peer, Buffer.from('chunk'));
    await leave(connection);
    expect(connection.closed).toBe(true);
    expect(await codeOf(() => connection.write('x'))).toBe('ERR_INVALID_STATE');
  });

  asyncTest(`with keepOpen a loop that is left by ${name} loses nothing`, async (reactor) => {
    const { connection, peer } = pair(reactor);
    sendAll(peer, Buffer.from('first'));
    await leave(connection.chunks({ keepOpen: true }));
    sendAll(peer, Buffer.from('second'));
    expect((await connection.readExactly(6))?.toString()).toBe('second');
    connection.write('still open');
    expect(connection.closed).toBe(false);
  });
}

asyncTest('an iterator that is returned while it waits is over, and its wait with it', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const chunks = connection.chunks({ keepOpen: true });
  const wait = chunks.next();
  await chunks.return?.();
  expect(await wait).toEqual({ value: undefined, done: true });
  expect(await chunks.next()).toEqual({ value: undefined, done: true });
  sendAll(peer, Buffer.from('later'));
  expect((await connection.readExactly(5))?.toString()).toBe('later');
});

asyncTest(
  'a loop throws what the connection fails with, behind the bytes that came before',
  async (reactor) => {
    const [fd, peer] = tcpPair();
    const connection = adopt(reactor, fd);
    const seen: string[] = [];
    sendAll(peer, Buffer.from('last'));
    const loop = async (of: AsyncConnection): Promise<void> => {
      for await (const chunk of of) {
        seen.push(chunk.toString());
        reset(peer);
      }
    };
    expect(await codeOf(() => loop(connection))).toBe('ECONNRESET');
    expect(seen).toEqual(['last']);
  },
  { notUnderWine: wineHidesResets },
);

asyncTest('two loops at once: the second is refused', async (reactor) => {
  const { connection, peer } = pair(reactor);
  const first = readAll(connection);
  expect(await codeOf(() => connection.chunks().next())).toBe('ERR_INVALID_STATE');
  sendAll(peer, Buffer.from('all'));
  socket.close(peer);
  expect((await first).toString()).toBe('all');
  expect(await codeOf(() => connection.chunks({ keepOpen: 1 as never }))).toBe('ERR_INVALID_ARG_TYPE');
});
