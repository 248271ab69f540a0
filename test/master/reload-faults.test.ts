// Reloads that fail, that come too often, and workers that do not drain.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, patience } from '../helpers/patience.js';
import { Load } from './load.js';
import { folder, RunningMaster } from './running.js';

test.each([
  ['throws', /has exited with 1$/],
  ['exits', /has exited with 0$/],
  ['blocks', /was not ready within \d+ ms$/],
  ['throws at serve', /has exited with 1$/],
])('new workers of which one %s: the old ones go on, once and for all', async (behaviour, message) => {
  const file = `${folder()}/behaviour`;
  const readyMs = patience(behaviour === 'blocks' ? 4000 : 10_000);
  const master = await RunningMaster.start({ env: { BEHAVIOUR: file }, readyMs });
  const load = new Load(master.port, 20, ['keep-alive', 'connection']);
  writeFileSync(file, behaviour);
  master.child.kill('SIGHUP');
  expect((await master.reported('failed')).message).toMatch(message);
  const { generation, phase, workers } = await master.state();
  expect({ generation, phase }).toEqual({ generation: 1, phase: 'serving' });
  expect(workers.filter((worker) => worker.generation === 1 && worker.state === 'serving')).toHaveLength(2);
  await eventually('no new worker is left', () => master.processes().length === 3);
  rmSync(file);
  master.child.kill('SIGHUP');
  await master.reported('serving', 2);
  await master.answersFrom(3);
  await load.stop();
  expect(load.failures).toEqual([]);
  await master.stop();
});

test('a storm of SIGHUPs is at most one reload at a time, and one more', async () => {
  const master = await RunningMaster.start({ workers: 1 });
  const load = new Load(master.port, 20, ['keep-alive', 'connection']);
  for (let i = 0; i < 100; i++) {
    master.child.kill('SIGHUP');
    const { workers } = await master.state();
    expect(new Set(workers.filter(({ state }) => state !== 'draining').map((w) => w.generation)).size).toBeLessThan(3);
  }
  await eventually('they are over', () => master.count('serving') > 1);
  for (let phase = ''; phase !== 'serving'; ) ({ phase } = await master.state());
  const reloads = master.count('serving') - 1;
  expect(reloads).toBeGreaterThan(0);
  expect(reloads).toBeLessThan(100);
  await load.stop();
  expect(load.failures).toEqual([]);
  await master.stop();
});

test('generations are capped: a reload waits until the oldest has drained', async () => {
  const master = await RunningMaster.start({ workers: 1, maxGenerations: 2, drainMs: 1000 });
  const idle = connect(master.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    idle.destroy();
  });
  await once(idle, 'connect');
  idle.write('GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  await once(idle, 'data');
  let ended = false;
  idle.on('end', () => {
    ended = true;
  });
  master.child.kill('SIGHUP');
  await master.reported('serving', 2);
  expect(ended).toBe(false); // idle connections stay until the deadline
  master.child.kill('SIGHUP');
  await master.reported('serving', 3);
  expect(ended).toBe(true);
  await master.stop();
  expect(master.count('workerError'), master.output).toBe(0);
});

test('a worker that never drains is killed after the deadline', async () => {
  const file = `${folder()}/behaviour`;
  writeFileSync(file, 'never drains');
  const master = await RunningMaster.start({ workers: 1, drainMs: 100, env: { BEHAVIOUR: file } });
  rmSync(file);
  master.child.kill('SIGHUP');
  expect((await master.reported('workerError')).message).toMatch(/has not drained within 100 ms$/);
  await master.stop();
});

test('a stop amid a reload ends both generations', async () => {
  const master = await RunningMaster.start();
  const load = new Load(master.port, 20, ['keep-alive']);
  master.child.kill('SIGHUP');
  await eventually('the new workers start', () => master.processes().length > 3);
  master.child.kill('SIGTERM');
  await master.reported('stopped');
  await master.ended();
  expect(master.child.exitCode).toBe(0);
  await load.stop().catch(() => {});
});
