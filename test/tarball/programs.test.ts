// The programs of the contract in every form that users write them: TypeScript compiled by their own compiler or by
// Node itself, JavaScript with import, and with require().
import { afterAll, beforeAll, expect, test } from 'vitest';
import { userWithPackage } from './installed.js';
import { expectPrograms, names, source, writeJavaScript } from './programs.js';
import { compilers, tsc } from './typescript.js';
import { node22, type User } from './user.js';

let user: User;

beforeAll(async () => {
  user = await userWithPackage(['@types/node']);
});
afterAll(() => user.remove());

test.each(['esm', 'cjs'] as const)('JavaScript, %s', async (format) => {
  await expectPrograms(user, [process.execPath], writeJavaScript(user, format));
});

test.each(compilers)('%s compiles them to modules', async (compiler) => {
  for (const name of names) user.write(`${name}.mts`, source(name));
  await tsc(user, compiler, ['--module', 'nodenext', 'echo.mts', 'raw-layer.mts']);
  await expectPrograms(user, [process.execPath], 'mjs');
});

// Before 5.8 the compiler did not know that Node can require() an ES module.
test.each(compilers.slice(1))('%s compiles them to require()', async (compiler) => {
  for (const name of names) user.write(`${name}.cts`, source(name));
  await tsc(user, compiler, ['--module', 'nodenext', 'echo.cts', 'raw-layer.cts']);
  await expectPrograms(user, [process.execPath], 'cjs');
});

test('Node.js 22 runs the TypeScript as it is', async () => {
  for (const name of names) user.write(`${name}.mts`, source(name));
  await expectPrograms(user, [node22], 'mts');
});

test('every entry can be imported, and required: the same module', async () => {
  const check = `
    const entries = Object.keys(require('fdreactor/package.json').exports).filter((name) => !name.endsWith('.json'));
    const names = entries.map((name) => name.replace('.', 'fdreactor'));
    Promise.all(names.map(async (name) => require(name) === (await import(name)))).then((same) => console.log(...same));`;
  user.write('entries.cjs', check);
  expect(await user.node('entries.cjs')).toMatch(/^true( true)+\n$/);
});

test('the import', async () => {
  user.write(
    'time.mjs',
    "const at = performance.now(); await import('fdreactor'); console.log(performance.now() - at);",
  );
  const times: number[] = [];
  for (let i = 0; i < 7; i++) times.push(Number(await user.node('time.mjs')));
  const median = times.sort((a, b) => a - b)[3] as number;
  console.log(`imported in ${median.toFixed(1)} ms, the median of 7 processes`);
});
