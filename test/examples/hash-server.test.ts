// examples/hash-server: hashes are made beside the loop. Other lines are answered meanwhile; on the loop they are not.
import { scryptSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { connect, readToEnd, roundTrip } from './clients.js';
import { type Running, start } from './running.js';

const ANSWER = /^([0-9a-f]{64}), (\d+) other lines meanwhile\n$/;
const hashOf = (text: string): string =>
  scryptSync(text, 'salt', 32, { N: 2 ** 14, r: 8, p: 1, maxmem: 2 ** 25 }).toString('hex');

/** The answer to one hash, while another connection sends line after line. */
async function hashBesideLines(server: Running): Promise<{ hash: string; meanwhile: number; lines: number }> {
  const [asks, talks] = [await connect(server.port()), await connect(server.port())];
  let lines = 0;
  await roundTrip(talks, 'before\n');
  const answer = readToEnd(asks.end('hash secret\n'));
  let isOpen = true;
  answer.finally(() => {
    isOpen = false;
  });
  for (; isOpen; lines++) await roundTrip(talks, 'meanwhile\n');
  const [, hash = '', meanwhile] = ANSWER.exec((await answer).toString()) ?? [];
  return { hash, meanwhile: Number(meanwhile), lines };
}

test('threads: other connections are answered while a hash is made', async () => {
  const server = await start('hash-server');
  const { hash, meanwhile, lines } = await hashBesideLines(server);
  expect(hash).toBe(hashOf('secret'));
  expect(meanwhile).toBeGreaterThan(5);
  expect(lines).toBeGreaterThanOrEqual(meanwhile - 1); // all of them were this client's
  expect(await server.stop()).toBe(0);
  expect(server.stderr).toBe('');
});

test('on the loop: no other line is answered while a hash is made', async () => {
  const server = await start('hash-server', ['--on-the-loop']);
  const { hash, meanwhile } = await hashBesideLines(server);
  expect([hash, meanwhile]).toEqual([hashOf('secret'), 0]);
  expect(await server.stop()).toBe(0);
});

test('more than 64 at a time are refused; the others come, to clients that have ended and in any order', async () => {
  const server = await start('hash-server');
  const texts = Array.from({ length: 70 }, (_, i) => `${i}`);
  const asks = await connect(server.port());
  const answers = (await readToEnd(asks.end(texts.map((text) => `hash ${text}\n`).join('')))).toString();
  const lines = answers.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('too many at a time'))).toHaveLength(6);
  const hashes = lines.map((line) => line.split(',')[0]);
  expect(new Set(hashes).size).toBe(64 + 1);
  expect(hashes).toContain(hashOf('0'));
});

test('a client that goes away before its hash is there leaves nothing; those that were asked for are made', async () => {
  const server = await start('hash-server');
  const stays = await connect(server.port());
  await roundTrip(stays, 'here\n');
  const before = server.openFds();
  const gone: Socket = await connect(server.port());
  gone.write('hash one\nhash two\n');
  await roundTrip(gone, 'three\n');
  gone.resetAndDestroy();
  await eventually('the connection is closed', () => server.openFds() <= before + 20); // those of the threads beside
  stays.write('hash four\n');
  await roundTrip(stays, 'five\n');
  const answer = readToEnd(stays);
  const code = server.stop();
  expect((await answer).toString()).toContain(hashOf('four'));
  expect([await code, server.stderr]).toEqual([0, '']);
});
