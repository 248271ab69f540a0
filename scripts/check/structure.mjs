// @ts-check
// scripts/check/ judges the source without running it: structure, prose, format, types, and what a change touches.
//
// `npm run lint:structure [-- FILES]` checks the structural rules and prints `file:line rule` for every breach. The
// rules keep one platform's knowledge in one folder, and files, functions and folders short. (clang-tidy measures the
// length of C++ functions, see .clang-tidy.) With names it reads only those files.
import { readFileSync } from 'node:fs';
import { nativePattern, root, scriptPattern, sourceFiles } from '../shared/sources.mjs';
import { QUARANTINE, quarantineFaults, readQuarantine } from '../test/quarantine.mjs';
import { checkFolders } from './folder-rules.mjs';
import { checkLines, codeRules, textRules } from './line-rules.mjs';
import { checkProse } from './prose-rules.mjs';
import { parseScript } from './syntax-rules.mjs';

/** @typedef {import('./line-rules.mjs').Breach} Breach */

const MAX_FILE_LINES = 500;
const checked =
  /^(?!package-lock\.json$|docs\/api\/).*(\.(ts|mts|mjs|js|cjs|cc|c|h|sh|json|yml|gypi?|md|go|java|lua)|Makefile|\/run|\/init)$/;

/** @param {string} file @param {string} text @returns {Breach[]} */
function checkShape(file, text) {
  const lines = text.split('\n');
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  /** @type {Breach[]} */
  const breaches = [];
  // A .cc file that begins with the include of its own header has its head there.
  if (!/^\s*(\/\/|\/\*|#include ")/.test(first ?? '')) {
    breaches.push({ file, line: 1, rule: 'a file says its purpose at its head' });
  }
  if (lines.length - 1 > MAX_FILE_LINES) {
    breaches.push({ file, line: MAX_FILE_LINES + 1, rule: `a file has at most ${MAX_FILE_LINES} lines` });
  }
  return breaches;
}

/** @param {string} file @returns {Breach[]} */
function check(file) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const breaches = [...checkLines(textRules, file, text), ...checkProse(file, text)];
  if (nativePattern.test(file)) breaches.push(...checkShape(file, text));
  if (scriptPattern.test(file)) {
    const script = parseScript(file, text);
    breaches.push(...checkShape(file, text), ...checkLines(codeRules, file, script.code), ...script.breaches);
  }
  return breaches;
}

const named = process.argv.slice(2);
const all = sourceFiles(/./);
const files = all.filter((file) => checked.test(file) && (named.length === 0 || named.includes(file)));
const faults = quarantineFaults(readQuarantine()).map((rule) => ({ file: QUARANTINE, line: 1, rule }));
const breaches = [...files.flatMap(check), ...checkFolders(all), ...faults];
for (const { file, line, rule } of breaches) console.error(`${file}:${line} ${rule}`);
console.log(`structure: ${files.length} files, ${breaches.length} breaches`);
process.exitCode = breaches.length > 0 ? 1 : 0;
