// Reloads, with real processes under load.
import { expect, test } from 'vitest';
import { eventually, patience } from '../helpers/patience.js';
import { Load } from './load.js';
import { RunningMaster } from './running.js';

const RELOADS = 10;
const CONNECTIONS = 1000;

test('ten reloads under 1,000 connections of every kind fail no request', { timeout: patience(120_000) }, async () => {
  const master = await RunningMaster.start({ drainMs: 60_000 });
  const load = new Load(master.port, CONNECTIONS);
  for (let i = 1; i <= RELOADS; i++) {
    const { answered } = load;
    await eventually('the load goes on', () => load.answered >= answered + CONNECTIONS, 10_000);
    master.child.kill('SIGHUP');
    await master.reported('serving', i + 1);
  }
  await load.stop();
  await master.stop();
  expect(load.failures).toEqual([]);
  expect(load.reconnected).toBeGreaterThan(CONNECTIONS); // or no worker was exchanged
  expect(master.count('workerError'), master.output).toBe(0);
});
