// The types as a user's compiler sees them, and what the two tools say that look at a package's types and entries.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { userWithPackage } from './installed.js';
import { names, source } from './programs.js';
import { compilers, tsc } from './typescript.js';
import { requireTool, tarball, type User } from './user.js';

/** What shall compile and what shall not, of every entry. */
const typeFolder = fileURLToPath(new URL('../types', import.meta.url));
const examples = ['api', 'async', 'async-sources', 'master', 'workers'];

let user: User;

beforeAll(async () => {
  user = await userWithPackage(['@types/node']);
  for (const name of names) user.write(`${name}.mts`, source(name));
  for (const name of examples) user.write(`${name}.mts`, readFileSync(`${typeFolder}/${name}.ts`, 'utf8'));
});
afterAll(() => user.remove());

describe.each(compilers)('%s', (compiler) => {
  test.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'es2022'],
  ])('finds and accepts them by moduleResolution %s', async (resolution, module) => {
    const how = ['--noEmit', '--module', module, '--moduleResolution', resolution];
    await tsc(user, compiler, [...how, 'echo.mts', 'raw-layer.mts', ...examples.map((name) => `${name}.mts`)]);
  });
});

test('publint has nothing to say', async () => {
  const { publint } = await import(requireTool.resolve('publint'));
  const { messages } = await publint({ pack: { tarball: readFileSync(tarball).buffer }, strict: true });
  expect(messages).toEqual([]);
});

// Two things are as they should be for a package of ES modules alone that needs a Node with "exports": the resolution
// of Node 10, which knows none of the entries, and require(), for which Node since 20.19 takes the module all the same.
test('"are the types wrong?" finds them right', async () => {
  const { checkPackage, createPackageFromTarballData } = await import(requireTool.resolve('@arethetypeswrong/core'));
  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  const expected = [
    { kind: 'NoResolution', resolutionKind: 'node10' },
    { kind: 'CJSResolvesToESM', resolutionKind: 'node16-cjs' },
  ];
  type Problem = (typeof expected)[number];
  const isExpected = (problem: Problem): boolean =>
    expected.some(({ kind, resolutionKind }) => problem.kind === kind && problem.resolutionKind === resolutionKind);
  expect(problems.filter((problem: Problem) => !isExpected(problem))).toEqual([]);
});
