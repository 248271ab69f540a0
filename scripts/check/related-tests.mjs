// @ts-check
// Chooses the tests that a change touches. vitest cannot: the tests import dist/ and build/, not the source. A change
// of lib/ or native/ gets the tests of its layer below, and all tests with a name in common, such as waker_linux.cc and
// wakers.test.ts. That is a choice for the next half minute; `npm test` runs everything.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root, sourceFiles } from '../shared/sources.mjs';

// Words of file names that say where a file runs, not what it is about.
const common = new Set(['bind', 'binders', 'linux', 'posix', 'windows', 'bsd', 'index', 'native', 'test', 'calls']);

/** The tests of a layer: of the raw calls, and of what is built on them. @type {{ of: RegExp, tests: RegExp }[]} */
const layers = [
  { of: /^native\/|^lib\/(raw|native|queue|socket|transfer)\//, tests: /^test\/raw\// },
  { of: /^native\/|^lib\/(?!raw\/|native\/|queue\/|socket\/|transfer\/|cli\/)/, tests: /^test\/(contract|backends)\// },
  { of: /^lib\/cli\//, tests: /^test\/loader\// },
];

/** The words of a file's name, in the singular. @param {string} file */
function wordsOf(file) {
  const stem = path.posix.basename(file).replace(/\..*$/, '').toLowerCase();
  return stem
    .split(/[-_]/)
    .filter((word) => !common.has(word))
    .map((word) => word.replace(/s$/, ''));
}

/**
 * Adds the files of test/ that import one of these, directly or not.
 * @param {Set<string>} files
 * @param {readonly string[]} all
 */
function addImporters(files, all) {
  for (let before = -1; before < files.size; ) {
    before = files.size;
    const names = [...files].map((file) => path.posix.basename(file).replace(/\.\w+$/, ''));
    for (const file of all) {
      const imports = [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/['"`/]([\w.-]+)\.(?:m?js|ts)['"`]/g)];
      if (imports.some(([, name = '']) => names.includes(name))) files.add(file);
    }
  }
}

/** @param {readonly string[]} changed files @returns {string[]} test files */
export function relatedTests(changed) {
  const all = sourceFiles(/^test\/(?!tarball\/).*\.(ts|mjs)$/);
  const tests = all.filter((file) => file.endsWith('.test.ts'));
  const chosen = new Set(changed.filter((file) => all.includes(file)));
  if (chosen.size > 0) addImporters(chosen, all);
  for (const file of changed.filter((file) => /^(lib|native|examples)\//.test(file))) {
    const words = wordsOf(file);
    const ofLayer = layers.filter((layer) => layer.of.test(file));
    for (const test of tests) {
      const isNear = ofLayer.some((layer) => layer.tests.test(test));
      if (isNear || wordsOf(test).some((word) => words.includes(word))) chosen.add(test);
    }
  }
  const folders = [
    changed.some((file) => file.startsWith('scripts/')) ? 'test/scripts/' : '',
    changed.some((file) => file.endsWith('.md') && !file.startsWith('docs/api/')) ? 'test/docs/' : '',
  ];
  for (const test of tests) if (folders.some((folder) => folder !== '' && test.startsWith(folder))) chosen.add(test);
  return tests.filter((test) => chosen.has(test));
}
