// How a master ends: told to, and killed.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { RunningMaster } from './running.js';

const REQUEST = 'GET /health HTTP/1.1\r\nHost: t\r\n\r\n';

function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error('the connection closed without an answer'));
    socket.once('close', closed).once('data', (answer) => {
      socket.off('close', closed);
      resolve(String(answer));
    });
    socket.write(REQUEST);
  });
}

async function connected(master: RunningMaster): Promise<Socket> {
  const socket = connect(master.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

test('a master that is killed: its workers answer the requests under way, and end', async () => {
  const master = await RunningMaster.start({ drainMs: 60_000 });
  const socket = await connected(master);
  expect(await answerOf(socket)).toContain('serving');
  const ended = once(socket, 'end');
  master.child.kill('SIGKILL');
  await eventually('only the worker with the connection is left', () => master.processes().length === 1);
  const answer = await answerOf(socket);
  expect(answer).toContain('draining');
  expect(answer).toContain('Connection: close');
  await ended;
  await master.ended();
});

test('stopDelayMs: the workers go on to accept, and say that they stop', async () => {
  const master = await RunningMaster.start({ stopDelayMs: 3000 });
  const before = await connected(master);
  expect(await answerOf(before)).toContain('serving');
  master.child.kill('SIGTERM');
  for (let phase = ''; phase !== 'stopping'; ) ({ phase } = await master.state());
  expect(await answerOf(before)).toContain('stopping');
  const late = await connected(master);
  expect(await answerOf(late)).toContain('stopping');
  late.destroy(); // it may be the other worker's, which then ends
  await eventually('the port is closed', () => master.processes().length < 3);
  expect(await answerOf(before)).toContain('Connection: close');
  await master.ended();
  expect(master.child.exitCode).toBe(0);
  expect(master.count('workerError'), master.output).toBe(0);
});

test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s to all processes at once stops as well', async (signal) => {
  const master = await RunningMaster.start();
  const socket = await connected(master);
  await answerOf(socket);
  for (const pid of master.processes()) process.kill(pid, signal);
  for (let answer = ''; !answer.includes('Connection: close'); ) answer = await answerOf(socket);
  await master.ended();
  expect(master.child.exitCode).toBe(0);
});

test('a request at the deadline is the last one; idle connections are then ended, not reset', async () => {
  const master = await RunningMaster.start({ drainMs: 500, workers: 1 });
  const socket = await connected(master);
  await answerOf(socket);
  let error: Error | null = null;
  socket.on('error', (found) => {
    error = found;
  });
  const ended = once(socket, 'end');
  master.child.kill('SIGTERM');
  await ended;
  expect(error).toBe(null);
  await master.ended();
  expect(master.count('workerError'), master.output).toBe(0);
});
