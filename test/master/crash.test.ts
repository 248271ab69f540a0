// Workers that die, block, or do not start.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, patience } from '../helpers/patience.js';
import { Load } from './load.js';
import { folder, RunningMaster } from './running.js';

const MOST_KILLS = 5;

/** A connection that a worker has answered on, and the number of the worker. */
async function connectionOf(master: RunningMaster): Promise<{ socket: Socket; pid: number }> {
  const socket = connect(master.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write('GET /pid HTTP/1.1\r\nHost: t\r\n\r\n');
  const [bytes] = await once(socket, 'data');
  return { socket, pid: Number(String(bytes).split('\r\n\r\n')[1]) };
}

test('kill -9 of a worker ends its own connections alone, and with a spare one no client waits', async () => {
  const master = await RunningMaster.start({ workers: 2, spare: 1 });
  const load = new Load(master.port, 100, ['keep-alive', 'connection']);
  const gapsMs: number[] = [];
  // On a machine with other work a gap may come of that work: then once more.
  while (gapsMs.length < MOST_KILLS && !gapsMs.some((gapMs) => gapMs < 500)) {
    for (let ready = false; !ready; ) ready = (await master.state()).workers.some(({ state }) => state === 'ready');
    const before = load.failures.length;
    const { socket, pid } = await connectionOf(master);
    const others = await Promise.all(Array.from({ length: 8 }, () => connectionOf(master)));
    load.resetGap();
    const closed = once(socket, 'close');
    process.kill(pid, 'SIGKILL');
    await closed;
    const { answered } = load;
    await eventually('the load goes on', () => load.answered > answered + 1000, 10_000);
    gapsMs.push(load.longestGapMs);
    const { message } = await master.reported('workerError', gapsMs.length);
    expect(message).toMatch(new RegExp(`^worker [01] of generation 1 \\(pid ${pid}\\) was ended by SIGKILL$`));
    for (const other of others) if (other.pid !== pid) expect(other.socket.destroyed).toBe(false);
    expect(load.failures.length - before).toBeLessThanOrEqual(100);
  }
  await load.stop();
  expect(load.failures.filter((failure) => /ECONNREFUSED/.test(failure))).toEqual([]);
  expect(Math.min(...gapsMs)).toBeLessThan(500);
  expect((await master.state()).workers.map(({ index }) => index).sort()).toEqual([0, 1, null]);
  await master.stop();
});

test.each([
  ['blocks for ever', '/block', /has made no turn within 2000 ms$/],
  ['throws in a handler', '/throw', /has exited with 1$/],
  ['exits with 0 unasked', '/exit', /has exited with 0$/],
  ['closes its control socket', '/close-control', /has closed its control socket$/],
])('a worker that %s is replaced, and the other one serves', async (_, path, message) => {
  const master = await RunningMaster.start({ heartbeatMs: path === '/block' ? 2000 : 60_000 });
  await master.get(path).catch(() => {}); // its connection ends with it
  expect((await master.reported('workerError')).message).toMatch(message);
  await eventually('both serve', () => master.processes().length === 3);
  for (let serving = 0; serving < 2; ) {
    serving = (await master.state()).workers.filter(({ state }) => state === 'serving').length;
  }
  expect(await master.get('/generation')).toBe('1');
  await master.stop();
});

test('a worker that makes turns lives, whatever the heartbeat', async () => {
  const master = await RunningMaster.start({ heartbeatMs: 5000, workers: 1 });
  const before = await master.get('/pid');
  for (let turns = 0; turns < 5; ) turns = (await master.state()).workers[0]?.turns ?? 0;
  expect(await master.get('/pid')).toBe(before);
  await master.stop();
});

describe('a worker that fails at its start', () => {
  test.each([
    ['throws', /has exited with 1$/],
    ['exits', /has exited with 0$/],
    ['blocks', /was not ready within 1000 ms$/],
    ['throws at serve', /has exited with 1$/],
  ])('%s: tried five times, then start() rejects', async (behaviour, message) => {
    const file = `${folder()}/behaviour`;
    writeFileSync(file, behaviour);
    const readyMs = behaviour === 'blocks' ? 1000 : patience(10_000);
    const options = { env: { BEHAVIOUR: file }, readyMs, workers: 1 };
    const master = await RunningMaster.start(options, { awaitStart: false });
    const failed = await master.reported('startFailed');
    expect(failed.message).toMatch(message);
    expect(failed.code).toBe('ERR_WORKER_FAILED');
    expect(master.count('workerError')).toBe(5);
    await master.ended();
    expect(master.child.exitCode).toBe(1);
  });

  test('a program that is not there is one', async () => {
    const master = await RunningMaster.start({ worker: '/there/is/no/such.js', workers: 1 }, { awaitStart: false });
    expect((await master.reported('startFailed')).message).toMatch(/has exited with 1$/);
    await master.ended();
  });
});
