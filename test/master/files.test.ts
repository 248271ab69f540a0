// What a master has in the file system: its number, its state, the files of Unix sockets.
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { close, listenUnix } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { folder, RunningMaster } from './running.js';

const oneWorker = { workers: 1 };

test('the pid file names the master, and is gone after it', async () => {
  const pidFile = `${folder()}/pid`;
  const master = await RunningMaster.start({ ...oneWorker, pidFile });
  expect(readFileSync(pidFile, 'utf8').split('\n')[0]).toBe(`${master.child.pid}`);
  await master.stop();
  expect(existsSync(pidFile)).toBe(false);
});

test('a second master on the same pid file does not start, and the first one goes on', async () => {
  const pidFile = `${folder()}/pid`;
  const first = await RunningMaster.start({ ...oneWorker, pidFile });
  const second = await RunningMaster.start({ ...oneWorker, pidFile }, { awaitStart: false });
  const { code, message } = await second.reported('startFailed');
  expect(code).toBe('ERR_MASTER_RUNS');
  expect(message).toBe(`the pid file ${pidFile} is of process ${first.child.pid}, which runs`);
  await second.ended();
  expect(await first.get('/generation')).toBe('1');
  expect(readFileSync(pidFile, 'utf8').split('\n')[0]).toBe(`${first.child.pid}`);
  await first.stop();
});

test('of several masters that find a stale pid file at once, one starts', async () => {
  const pidFile = `${folder()}/pid`;
  writeFileSync(pidFile, '2147483646\n');
  const all = Array.from({ length: 4 }, () => RunningMaster.start({ ...oneWorker, pidFile }, { awaitStart: false }));
  const masters = await Promise.all(all);
  const count = (event: string): number => masters.filter((master) => master.count(event) > 0).length;
  await eventually('each has come to an end', () => count('started') + count('startFailed') === 4, 10_000);
  expect(count('started')).toBe(1);
  await masters.find((master) => master.count('started') > 0)?.stop();
  for (const master of masters) await master.ended();
});

test.each([
  ['of a process that has ended', () => '2147483646\n'],
  ['of another process, which got the number', () => `${process.pid}\n1\n`],
  ['that is empty', () => ''],
  ['with other text', () => 'not a number\n'],
])('a pid file %s is stale', async (_, content) => {
  const pidFile = `${folder()}/pid`;
  writeFileSync(pidFile, content());
  const master = await RunningMaster.start({ ...oneWorker, pidFile });
  expect(readFileSync(pidFile, 'utf8').split('\n')[0]).toBe(`${master.child.pid}`);
  await master.stop();
});

test('a pid file of a master that was killed is stale', async () => {
  const pidFile = `${folder()}/pid`;
  const first = await RunningMaster.start({ ...oneWorker, pidFile });
  first.child.kill('SIGKILL');
  await first.ended();
  const second = await RunningMaster.start({ ...oneWorker, pidFile });
  await second.stop();
});

test('the state file follows each change, and is gone at the end', async () => {
  const stateFile = `${folder()}/state`;
  const master = await RunningMaster.start({ ...oneWorker, stateFile });
  const read = () => JSON.parse(readFileSync(stateFile, 'utf8'));
  await eventually('it serves', () => existsSync(stateFile) && read().phase === 'serving');
  expect(read()).toMatchObject({ pid: master.child.pid, generation: 1, workerErrors: 0 });
  master.child.kill('SIGHUP');
  await eventually('the next generation', () => read().generation === 2 && read().workers.length === 1);
  await master.stop();
});

test('a Unix socket: a path that was left over is taken, and removed by the master alone', async () => {
  const path = `${folder()}/socket`;
  close(listenUnix({ path })); // leaves the file, as a server that was killed
  expect(statSync(path).isSocket()).toBe(true);
  const master = await RunningMaster.start({ ...oneWorker, listeners: { http: { path } } });
  const answered = async (): Promise<string> => {
    const socket = connect(path);
    socket.write('GET /generation HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    await once(socket, 'close');
    return text.split('\r\n\r\n')[1] as string;
  };
  expect(await answered()).toBe('1');
  master.child.kill('SIGHUP');
  await master.reported('serving', 2);
  await eventually('the old one has ended', () => master.processes().length === 2);
  expect(await answered()).toBe('2');
  await master.stop();
  expect(existsSync(path)).toBe(false);
});

test('the path of a server that listens, and a file of another kind, stay, and are errors', async () => {
  const path = `${folder()}/socket`;
  const server = createServer().listen(path);
  await once(server, 'listening');
  const master = await RunningMaster.start({ ...oneWorker, listeners: { http: { path } } }, { awaitStart: false });
  expect((await master.reported('startFailed')).code).toBe('EADDRINUSE');
  await master.ended();
  const client = connect(path);
  await once(client, 'connect');
  client.destroy();
  server.close();
  await once(server, 'close');
  const file = `${folder()}/behaviour`;
  writeFileSync(file, 'text');
  const other = await RunningMaster.start({ ...oneWorker, listeners: { http: { path: file } } }, { awaitStart: false });
  expect((await other.reported('startFailed')).code).toBe('EADDRINUSE');
  await other.ended();
  expect(readFileSync(file, 'utf8')).toBe('text');
});

test('a port that is taken is an error, and leaves nothing', async () => {
  const path = folder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const listeners = { local: { path: `${path}/socket` }, http: { host: '127.0.0.1', port } };
  const master = await RunningMaster.start({ ...oneWorker, listeners, pidFile: `${path}/pid` }, { awaitStart: false });
  expect((await master.reported('startFailed')).code).toBe('EADDRINUSE');
  await master.ended();
  server.close();
  await once(server, 'close');
});
