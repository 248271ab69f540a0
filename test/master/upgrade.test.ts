// SIGUSR2: a new master inherits the sockets, and the old one gives way.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually, patience } from '../helpers/patience.js';
import { Load } from './load.js';
import { folder, RunningMaster } from './running.js';

test('an upgrade, and one of the new master, fail no request; the files follow', async () => {
  const path = folder();
  const [pidFile, stateFile, unix] = ['pid', 'state', 'socket'].map((name) => `${path}/${name}`) as [
    string,
    ...string[],
  ];
  const listeners = {
    http: { host: '127.0.0.1', port: 0, backlog: 4096 },
    spread: { host: '127.0.0.1', port: 0, reusePort: true },
    local: { path: unix as string },
  };
  const options = { listeners, pidFile, stateFile: stateFile as string, drainMs: 60_000 };
  const master = await RunningMaster.start(options);
  const load = new Load(master.port, 200, ['keep-alive', 'thinking', 'connection', 'pipelined', 'slow-body']);
  let pid = master.child.pid as number;
  for (let upgrades = 1; upgrades <= 2; upgrades++) {
    const { answered } = load;
    await eventually('the load goes on', () => load.answered > answered + 1000, 10_000);
    process.kill(pid, 'SIGUSR2');
    const { by } = await master.reported('upgraded', upgrades);
    await master.reported('stopped', upgrades);
    expect((await master.reported('started', upgrades + 1)).pid).toBe(by);
    pid = by as number;
    await eventually('its number is in the file', () => readFileSync(pidFile, 'utf8').startsWith(`${pid}\n`));
    await eventually('its state is', () => JSON.parse(readFileSync(stateFile as string, 'utf8')).pid === pid);
    expect(existsSync(unix as string)).toBe(true);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  const { generation, listeners: now } = await master.state(pid);
  expect(generation).toBe(3);
  expect(now).toEqual(master.reports.find(({ event }) => event === 'started')?.listeners);
  await master.stop();
  expect(existsSync(unix as string)).toBe(false);
  expect(master.count('workerError'), master.output).toBe(0);
});

test.each(['throws', 'exits', 'blocks', 'throws at serve'])(
  'a new master of which a worker %s is none: the old one goes on, and can upgrade afterwards',
  async (behaviour) => {
    const file = `${folder()}/behaviour`;
    const readyMs = patience(behaviour === 'blocks' ? 4000 : 10_000);
    const master = await RunningMaster.start({ env: { BEHAVIOUR: file }, readyMs, workers: 1 });
    const load = new Load(master.port, 20, ['keep-alive', 'connection']);
    writeFileSync(file, behaviour);
    master.child.kill('SIGUSR2');
    const { action, message } = (await master.reported('failed')) as unknown as { action: string; message: string };
    expect({ action, message }).toEqual({
      action: 'upgrade',
      message: 'the new master has exited with 1 before it served',
    });
    await eventually('no process of it is left', () => master.processes().length === 2);
    rmSync(file);
    master.child.kill('SIGUSR2');
    await master.reported('upgraded');
    await master.reported('stopped');
    await load.stop();
    expect(load.failures).toEqual([]);
    await master.stop();
  },
);

test('a new master that is killed is none; a stop amid an upgrade ends both', async () => {
  const master = await RunningMaster.start({ workers: 1 });
  const known = master.processes();
  const newOne = async (): Promise<number> => {
    const found = (): number | undefined => master.processes().find((pid) => !known.includes(pid));
    await eventually('a new master', () => found() !== undefined);
    return found() as number;
  };
  master.child.kill('SIGUSR2');
  process.kill(await newOne(), 'SIGKILL');
  expect((await master.reported('failed')).message).toBe('the new master was ended by SIGKILL before it served');
  expect(await master.get('/generation')).toBe('1');
  master.child.kill('SIGUSR2');
  await newOne();
  master.child.kill('SIGTERM');
  await master.ended();
  expect(master.count('upgraded')).toBe(0);
  expect(master.child.exitCode).toBe(0);
});
