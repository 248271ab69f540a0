// A pool serves: in both modes, however its reactors are driven, wherever it listens, by every policy.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reactor } from 'fdreactor';
import { listenTcp } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { describeWith, testWith } from '../helpers/needs.js';
import { dispose } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { ask, clientOf, echo, loopback, poolOf, readAll } from './pools.js';

const spreadOf = (answers: string[]): [number, number] => [
  answers.filter((answer) => answer === '0\nhello').length,
  answers.filter((answer) => answer === '1\nhello').length,
];

const many = (count: number, call: () => Promise<string>): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, call));

describe.each(['attach', 'run'] as const)('driven by %s', (drive) => {
  test('hand-off: every connection is answered, and each worker gets as many', async () => {
    const pool = poolOf(echo, { listen: loopback, drive });
    await pool.ready;
    const answers = await many(1000, () => ask(pool));
    expect(spreadOf(answers)).toEqual([500, 500]);
    expect(pool.metrics()).toMatchObject({ accepted: 1000, waiting: 0, restarts: 0 });
    expect(pool.metrics().workers).toMatchObject([{ taken: 500, ready: true }, { taken: 500 }]);
    expect(await pool.close()).toBe(0);
  });

  describeWith({ needs: 'reusePort' }, 'sharded', () => {
    test('every connection is answered, by the worker whose listener the kernel chose', async () => {
      const pool = poolOf(echo, { listen: loopback, drive, mode: 'sharded' });
      await pool.ready;
      const answers = await many(400, () => ask(pool));
      const [zero, one] = spreadOf(answers);
      expect(zero + one).toBe(400);
      expect(Math.min(zero, one)).toBeGreaterThan(0);
      const { workers, accepted } = pool.metrics();
      expect(accepted).toBe(0);
      expect(workers.map((worker) => worker.accepted)).toEqual([zero, one]);
      expect(await pool.close()).toBe(0);
    });
  });
});

test('workers are ready when an async module is; connections from before are not lost', async () => {
  const pool = poolOf(
    async ({ connection: { Connection }, reactor }) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { connection: (fd) => void new Connection(reactor, fd, {}).end('late') };
    },
    { listen: loopback },
  );
  expect(await Promise.all([readAll(clientOf(pool)), readAll(clientOf(pool))])).toEqual(['late', 'late']);
});

testWith({ notUnderWine: 'Wine has no AF_UNIX' }, 'a Unix socket, whose file is removed at the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-'));
  dispose({ close: () => rmSync(folder, { recursive: true }) });
  const path = join(folder, 'pool');
  const pool = poolOf(echo, { listen: path });
  expect(pool.address).toMatchObject({ path });
  await pool.ready;
  expect(spreadOf(await many(10, () => ask(pool)))).toEqual([5, 5]);
  await pool.close();
  expect(existsSync(path)).toBe(false);
});

test('the fd of a socket that listens already, which the pool closes', async () => {
  const pool = poolOf(echo, { listen: listenTcp(loopback) });
  await pool.ready;
  expect(spreadOf(await many(10, () => ask(pool)))).toEqual([5, 5]);
});

test("another reactor of the thread accepts, and stays open after the pool's end", async () => {
  const reactor = dispose(new Reactor());
  reactor.attach();
  const pool = poolOf(echo, { listen: loopback, reactor });
  await pool.ready;
  expect(spreadOf(await many(10, () => ask(pool)))).toEqual([5, 5]);
  await pool.close();
  expect(reactor.closed).toBe(false);
  expect(reactor.size).toBe(0);
});

test('least connections: those that end make room where they were', async () => {
  const pool = poolOf(echo, { listen: loopback, policy: 'least-connections' });
  await pool.ready;
  let open: { worker: number; close: () => Promise<void> }[] = [];
  const connect = async (): Promise<number> => {
    const client = clientOf(pool).setEncoding('utf8');
    const [line] = (await once(client, 'data')) as [string];
    const close = async (): Promise<void> => void (await readAll(client.end()));
    open.push({ worker: Number(line), close });
    return Number(line);
  };
  for (let i = 0; i < 20; i++) await connect();
  expect(open.filter(({ worker }) => worker === 0).length).toBe(10);
  const ofOne = open.filter(({ worker }) => worker === 1);
  open = open.filter(({ worker }) => worker === 0);
  for (const { close } of ofOne) await close();
  await eventually('worker 1 is empty', () => pool.metrics().workers[1]?.load === 0);
  for (let i = 0; i < 10; i++) expect(await connect()).toBe(1);
  for (const { close } of open) await close();
});

test('a policy of the program chooses, and is told of the workers', async () => {
  const seen: unknown[] = [];
  const pool = poolOf(echo, {
    listen: loopback,
    policy: (fd, workers) => {
      seen.push([fd >= 0, workers.map(({ ready, queued, load }) => ready && queued >= 0 && load >= 0)]);
      return 1;
    },
  });
  await pool.ready;
  expect(spreadOf(await many(10, () => ask(pool)))).toEqual([0, 10]);
  expect(seen).toEqual(Array.from({ length: 10 }, () => [true, [true, true]]));
});

testWith({ needs: 'epoll' }, 'each worker is pinned to its CPU', async () => {
  const pool = poolOf(
    ({ linux, connection: { Connection }, reactor }) => ({
      connection: (fd) => void new Connection(reactor, fd, {}).end(JSON.stringify(linux.sched_getaffinity())),
    }),
    { listen: loopback, cpus: [0] },
  );
  expect(await ask(pool)).toBe('[0]');
});

testWith({ needs: 'proc' }, 'no thread is left', async () => {
  const threads = (): number => readdirSync('/proc/self/task').length;
  const before = threads();
  const pool = poolOf(echo, { listen: loopback, workers: 4 });
  await pool.ready;
  expect(threads()).toBeGreaterThanOrEqual(before + 4);
  await pool.close();
  await eventually('the threads have ended', () => threads() <= before);
});
