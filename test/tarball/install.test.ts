// Installed by each package manager into an empty folder, as users do, where only node-gyp-build can be fetched and nothing
// can be compiled. Times are printed, not judged: they are the machine's too.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { managers } from './managers.js';
import { expectPrograms, writeJavaScript } from './programs.js';
import { type Registry, startRegistry } from './registry.js';
import { User } from './user.js';

let registry: Registry;
let user: User;

beforeAll(async () => {
  registry = await startRegistry();
});
afterEach(() => user.remove());
afterAll(() => registry.close());

test.each([...managers])('%s installs it, and the programs run', async (name, { install, execArgv }) => {
  user = new User({ 'package.json': '{ "name": "project", "private": true }' });
  registry.asked.clear();
  const started = performance.now();
  await install(user, registry.url);
  console.log(`installed by ${name} in ${((performance.now() - started) / 1000).toFixed(2)} s`);
  // pnpm looks for news of itself.
  expect([...registry.asked].filter((asked) => asked !== 'pnpm')).toEqual(['node-gyp-build']);
  await expectPrograms(user, [process.execPath, ...execArgv], writeJavaScript(user, 'esm'));
});

test('no compiler is found on the PATH of these users', async () => {
  user = new User();
  const found = 'for name in cc gcc g++ c++ clang make python3 python; do command -v $name; done; true';
  expect(await user.run(['sh', '-c', found])).toBe('');
});
