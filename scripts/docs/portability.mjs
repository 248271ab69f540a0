// @ts-check
// Writes the tables of docs/portability.md: the results of the tests in each runtime. A test run with `--write` makes
// them. The text around them is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';

const file = `${root}/docs/portability.md`;

/**
 * @typedef {object} Result
 * @property {string} runtime with its version
 * @property {string} platform
 * @property {string} attach in which way the host's event loop drives a reactor
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} notRun lines: not run on PLATFORM: TEST: REASON
 */

/** @param {string} line */
const withoutPlatform = (line) => line.replace(/^not run on [^:]*: /, '');

/** @param {Result[]} results @param {boolean} ofOnePlatform */
function table(results, ofOnePlatform) {
  const head = ['Runtime', 'Platform', '`attach()`', 'Tests passed', 'failed', 'not run'];
  const perRuntime = results.map(({ notRun }) => new Set(notRun.map(withoutPlatform)));
  // What none of several runtimes runs is of another platform, which says nothing of a runtime.
  const elsewhere = new Set([...(perRuntime[0] ?? [])].filter((line) => perRuntime.every((lines) => lines.has(line))));
  const own = perRuntime.map((lines) => [...lines].filter((line) => ofOnePlatform || !elsewhere.has(line)));
  const rows = results.map((result, i) => {
    const { runtime, platform, attach, passed, failed } = result;
    return [runtime, platform, attach, passed, failed, own[i]?.length];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  /** @type {Map<string, string[]>} */
  const reasons = new Map();
  own.forEach((names, i) => {
    const { runtime, platform } = /** @type {Result} */ (results[i]);
    for (const line of names) reasons.set(line, [...(reasons.get(line) ?? []), `${runtime}, ${platform}`]);
  });
  const list = [...reasons].sort().map(([line, runtimes]) => {
    const marked = line.replace(/^test\/[^ :]*/, (file) => `\`${file}\``);
    return runtimes.length === results.length ? `- ${marked}` : `- ${marked} (${runtimes.join('; ')})`;
  });
  return [...lines, '', ...(list.length > 0 ? ['Not run:', '', ...list, ''] : [])].join('\n');
}

/** @param {'runtimes' | 'wine'} name of the table @param {Result[]} results */
export function writeTable(name, results) {
  const [start, end] = [`<!-- made by npm run test:${name} -- --write -->`, `<!-- end of test:${name} -->`];
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table of test:${name}`);
  writeFileSync(file, `${text.slice(0, from + start.length)}\n\n${table(results, name === 'wine')}\n${text.slice(to)}`);
}
