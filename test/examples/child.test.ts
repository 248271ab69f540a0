// examples/child: a child's end by its pidfd, within a time limit.
import { expect } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { start } from './running.js';

const takes = 'it takes the ends of its children itself, before waitid(2) can look';
const conditions = { needs: 'epoll', notInBun: takes, notInDeno: takes } as const;
const LONG = 600_000;
const started = { ready: /: started$/m };

testWith(conditions, 'an exit code', async () => {
  const child = await start('child', [LONG, 'sh', '-c', 'exit 3'], started);
  await child.printed(/^sh: exit code 3$/m);
  expect(await child.exitCode()).toBe(0);
  expect(child.stderr).toBe('');
});

testWith(conditions, 'what the program prints is its own', async () => {
  const child = await start('child', [LONG, 'echo', 'hello'], started);
  await child.printed(/^hello$/m);
  expect(await child.exitCode()).toBe(0);
});

testWith(conditions, 'a child that takes too long is ended', async () => {
  const child = await start('child', [50, 'sleep', '1000'], started);
  expect(await child.exitCode()).toBe(0);
  expect(child.stdout).toMatch(/^sleep: 50 ms are over\nsleep: ended by signal 9$/m);
});

testWith(conditions, 'a signal ends it, and the child with it', async () => {
  const child = await start('child', [LONG, 'sh', '-c', 'echo "pid $$"; exec sleep 1000'], started);
  await child.printed(/^pid \d+$/m);
  const pid = Number(/^pid (\d+)$/m.exec(child.stdout)?.[1]);
  expect(await child.stop()).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

testWith(conditions, 'a program that is not there', async () => {
  const child = await start('child', [LONG, '/nowhere/program'], { ready: /ENOENT/ });
  expect(await child.exitCode()).toBe(0);
});
