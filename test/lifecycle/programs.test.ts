// The programs of the contract run as they stand: type-checked and compiled by the repository's compiler, started by
// node.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { talk, withEcho } from '../helpers/echo-program.js';
import { testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';
import { underWine } from '../helpers/platform.js';
import { compile } from '../helpers/tsc.js';

const programs = fileURLToPath(new URL('../helpers/programs', import.meta.url));
const compiled = fileURLToPath(new URL('../../build/test-programs/', import.meta.url));

beforeAll(async () => {
  if (underWine) await compileWithoutTypes();
  else expect(compile(programs)).toBe('');
}, patience(60_000));

/** The repository's compiler is a native program; its types are the same everywhere, so that Wine does without. */
async function compileWithoutTypes(): Promise<void> {
  // biome-ignore lint/correctness/noUndeclaredDependencies: vitest brings it
  const { transformWithOxc } = await import('vite');
  mkdirSync(compiled, { recursive: true });
  const source = `${programs}/echo.ts`;
  writeFileSync(`${compiled}echo.js`, (await transformWithOxc(readFileSync(source, 'utf8'), source)).code);
}

test('echo: answers many connections, one that resets does no harm', async () => {
  await withEcho([process.execPath, `${compiled}echo.js`], async (port, child) => {
    const texts = Array.from({ length: 50 }, (_, i) => `hello ${i}`);
    const ends = texts.map((_, i) => (i % 3 === 0 ? 'reset' : 'close'));
    const answers = await Promise.all(texts.map((text, i) => talk(port, text, ends[i])));
    expect(answers).toEqual(texts);
    expect(await talk(port, 'hello')).toBe('hello');
    expect(child.exitCode).toBe(null);
  });
});

testWith({ needs: 'epoll' }, 'the raw layer: says that stdin is readable', async () => {
  const outcome = await runCommand([process.execPath, `${compiled}raw-layer.js`], { input: 'something' });
  expect(outcome).toMatchObject({ code: 0, stdout: '0 1\n', stderr: '' });
});
