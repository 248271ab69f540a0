// examples/watch-folder: what happens in a folder, until the folder is gone.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { makeFolder } from './folder.js';
import { type Running, start } from './running.js';

const root = makeFolder({});
let folders = 0;

async function watch(): Promise<{ folder: string; running: Running }> {
  const folder = join(root, `watched-${++folders}`);
  fs.mkdirSync(folder);
  return { folder, running: await start('watch-folder', [folder], { ready: /: watching$/m }) };
}

testWith({ needs: 'epoll' }, 'files that come, change, move and go', async () => {
  const { folder, running } = await watch();
  fs.writeFileSync(join(folder, 'a'), 'x');
  await running.printed(/^a: created\n(.*\n)*a: written$/m);
  fs.chmodSync(join(folder, 'a'), 0o600);
  await running.printed(/^a: attributes changed$/m);
  fs.renameSync(join(folder, 'a'), join(folder, 'b'));
  await running.printed(/^a: renamed from here \(rename (\d+)\)\nb: renamed to here \(rename \1\)$/m);
  fs.mkdirSync(join(folder, 'inner'));
  await running.printed(/^inner\/: created$/m);
  fs.unlinkSync(join(folder, 'b'));
  await running.printed(/^b: deleted$/m);
  expect(await running.stop()).toBe(0);
  expect(running.stderr).toBe('');
});

testWith({ needs: 'epoll' }, 'many files at once, none lost', async () => {
  const { folder, running } = await watch();
  for (let i = 0; i < 2000; i++) fs.mkdirSync(join(folder, String(i)));
  await running.printed(/^1999\/: created$/m);
  expect(running.stdout.match(/: created$/gm)).toHaveLength(2000);
  expect(await running.stop()).toBe(0);
});

testWith({ needs: 'epoll' }, 'it ends when the folder is removed', async () => {
  const { folder, running } = await watch();
  fs.rmdirSync(folder);
  expect(await running.exitCode()).toBe(0);
  expect(running.stdout).toMatch(/: gone$/m);
});
