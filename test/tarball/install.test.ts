// Installed by each package manager into an empty folder, as users do, where nothing else can be fetched and nothing
// can be compiled. Times are printed, not judged: they are the machine's too.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { managers } from './managers.js';
import { expectPrograms, writeJavaScript } from './programs.js';
import { type Registry, startRegistry } from './registry.js';
import { tarball, User } from './user.js';

let registry: Registry;
let user: User;

/** What users should not have to read. */
const surprise = /warn|fail|error|build script|node-gyp/i;
/** What a yarn remarks about itself and the world. */
const ofTheirOwn = /You don't appear to have an internet connection|ESM support for PnP|Done with warnings/;

const npmInstall = managers.get('npm')!.install;

async function timed<T>(what: string, body: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await body();
  console.log(`${what} in ${((performance.now() - started) / 1000).toFixed(2)} s`);
  return result;
}

beforeAll(async () => {
  registry = await startRegistry();
});
afterEach(() => user.remove());
afterAll(() => registry.close());

test.each([...managers])('%s installs it in silence, and the programs run', async (name, { install, execArgv }) => {
  user = new User({ 'package.json': '{ "name": "project", "private": true, "license": "MIT" }' });
  registry.asked.clear();
  const said = await timed(`installed by ${name}`, () => install(user, registry.url, ['fdreactor']));
  expect(said.split('\n').filter((line) => surprise.test(line) && !ofTheirOwn.test(line))).toEqual([]);
  // pnpm looks for news of itself; npm reads about an optional peer, which it does not fetch.
  const asked = [...registry.asked].filter((name) => name !== 'pnpm' && name !== 'send');
  expect(asked).toEqual(['fdreactor']);
  await expectPrograms(user, [process.execPath, ...execArgv], writeJavaScript(user, 'esm'));
});

test('npm installs the tarball', async () => {
  user = new User({ 'package.json': '{}' });
  await timed('npm install ./fdreactor-*.tgz', () => npmInstall(user, registry.url, [tarball]));
  await expectPrograms(user, [process.execPath], writeJavaScript(user, 'esm'));
});

test('no compiler is found on the PATH of these users', async () => {
  user = new User();
  const found = 'for name in cc gcc g++ c++ clang make python3 python; do command -v $name; done; true';
  expect(await user.run(['sh', '-c', found])).toBe('');
});
