// @ts-check
// The steps of `npm run check` and `npm run dev` for a list of changed files: build what the tests load, check what
// changed, and run the tests that the change touches.
import { existsSync } from 'node:fs';
import { tool } from '../shared/run.mjs';
import { nativePattern, root } from '../shared/sources.mjs';
import { relatedTests } from './related-tests.mjs';

/** @typedef {import('../shared/run.mjs').Step} Step */

/** @param {string} name */
const npmScript = (name) => ({ name, command: 'npm', args: ['run', '--silent', name] });

/** @param {readonly string[]} changed @returns {Step[]} */
export function buildSteps(changed) {
  const touches = (/** @type {RegExp} */ pattern) => changed.some((file) => pattern.test(file));
  const needsLib = touches(/^(lib\/|rolldown\.config)/) || !existsSync(`${root}/dist`);
  return [
    ...(touches(/^(native\/|fdreactor\.gypi|binding\.gyp)/) ? [npmScript('build:native')] : []),
    ...(needsLib ? [npmScript('build:lib')] : []),
    ...(touches(/^(examples|lib)\//) ? [npmScript('build:examples')] : []),
  ];
}

/** @param {readonly string[]} changed @returns {Step[]} */
export function sourceSteps(changed) {
  const native = changed.filter((file) => nativePattern.test(file));
  // A change of lib/ may break every program that imports it.
  const projects = ['lib', 'examples', 'test', 'bench', 'scripts'].filter((folder) =>
    changed.some((file) => file.startsWith('lib/') || file.startsWith(`${folder}/`)),
  );
  return [
    { name: 'structure', command: process.execPath, args: ['scripts/check/structure.mjs'] },
    { name: 'generated constants', command: process.execPath, args: ['scripts/gen/gen.mjs', '--check'] },
    { name: 'biome', command: tool('biome'), args: ['check', '--error-on-warnings', '.'] },
    ...projects.map((folder) => ({
      name: `types of ${folder}`,
      command: tool('tsc'),
      args: ['-p', folder === 'lib' ? '.' : folder, '--noEmit'],
    })),
    ...(native.length > 0
      ? [
          { name: 'clang-format', command: 'clang-format', args: ['--dry-run', '-Werror', ...native] },
          { name: 'clang-tidy', command: process.execPath, args: ['scripts/check/tidy.mjs', ...native] },
        ]
      : []),
  ];
}

/** @param {readonly string[]} changed @returns {Step[]} */
export function testSteps(changed) {
  const tests = relatedTests(changed);
  if (tests.length === 0) return [];
  const name = tests.length > 4 ? `${tests.length} test files` : tests.join(' ');
  return [{ name, command: tool('vitest'), args: ['run', '--reporter=dot', ...tests] }];
}
