// On a system that no binary is for: what the user is told, and that what he is told works. It has a compiler, but no
// network.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { userWithPackage } from './installed.js';
import { expectPrograms, writeJavaScript } from './programs.js';
import type { User } from './user.js';

let user: User;
const fdreactor = [process.execPath, 'node_modules/fdreactor/dist/cli/main.js'];

beforeAll(async () => {
  user = await userWithPackage();
  rmSync(user.path('node_modules/fdreactor/prebuilds'), { recursive: true });
  writeJavaScript(user, 'esm');
});
afterAll(() => user.remove());

test('the import names the command that builds', async () => {
  await expect(user.node('echo.mjs')).rejects.toThrow('npx fdreactor build');
});

test('without a compiler the command says what to install', async () => {
  await expect(user.run([...fdreactor, 'build'])).rejects.toThrow(/make/);
});

test('it builds, and the programs run', async () => {
  const PATH = process.env.PATH as string;
  expect(await user.run([...fdreactor, 'build'], { PATH })).toContain('it loads');
  await expectPrograms(user, [process.execPath], 'mjs');
});
