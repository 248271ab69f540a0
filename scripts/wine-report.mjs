// @ts-check
// What a run of vitest under Wine came to, told from its JSON report, its log and the list of tests that were not made.
import { existsSync, readFileSync } from 'node:fs';
import { windowsPath } from './wine.mjs';

const mostLines = 4;

/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} Assertion */
/** @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} TestFile */
/** @typedef {{ numPassedTests: number, testResults: TestFile[] }} Report */

/** The first lines of a message, without the frames. @param {string} message */
function brief(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const where = lines.find((line) => /^\s+at .*[/\\]test[/\\].*\.ts:\d+/.test(line));
  const said = lines.filter((line) => !/^\s+at /.test(line)).slice(0, mostLines);
  return [...said, ...(where === undefined ? [] : [where.trim()])]
    .map((line) => `\n    ${line.slice(0, 200)}`)
    .join('');
}

/** Failed tests, and files that failed outside of one or came to no end. @param {Report} all @param {string} tree */
function failures(all, tree) {
  return all.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = name.replaceAll('\\', '/').replace(`${windowsPath(tree).replaceAll('\\', '/')}/`, '');
    const wrong = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${file} > ${test.fullName}${brief(test.failureMessages.join('\n'))}`);
    if (wrong.length > 0) return wrong;
    if (status === 'failed') return [`${file} > (outside its tests)${brief(message)}`];
    // Nothing is ever skipped, so what is pending was not reached.
    const unreached = assertionResults.filter((test) => test.status !== 'passed').length;
    return unreached === 0 ? [] : [`${file} > (its process)\n    ended before ${unreached} of its tests`];
  });
}

/** Errors that vitest could blame on no test, such as the death of a process. @param {string} log */
function unhandled(log) {
  const [, ...parts] = log.split(/^⎯+ Unhandled \w+ ⎯+\r?$/m);
  return parts
    .filter((part) => !/^\s*Vitest caught/.test(part))
    .map((part) => `vitest > unhandled error${brief(part)}`);
}

/** @param {string} file */
const linesOf = (file) =>
  (existsSync(file) ? readFileSync(file, 'utf8').split(/\r?\n/) : []).filter((line) => line !== '');

/**
 * Prints it, and gives the counts.
 * @param {{ results: string, tree: string, name: string, code: number | 'out of time', seconds: number }} options
 */
export function report({ results, tree, name, code, seconds }) {
  const log = existsSync(`${results}/log`) ? readFileSync(`${results}/log`, 'utf8') : '';
  const file = `${results}/report.json`;
  /** @type {Report} */
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { numPassedTests: 0, testResults: [] };
  const wrong = [...failures(all, tree), ...unhandled(log)];
  if (wrong.length === 0 && code !== 0) {
    wrong.push(`vitest > (all of it)\n    ended with ${code}\n${log.split('\n').slice(-30).join('\n')}`);
  }
  if (wrong.length === 0 && all.numPassedTests === 0) wrong.push('vitest > (all of it)\n    ran no test');
  for (const line of [...new Set(linesOf(`${results}/not-run`))].sort()) console.log(line);
  for (const failure of wrong) console.log(`FAIL ${failure}`);
  const files = `${all.testResults.length} files, ${seconds.toFixed(0)} s`;
  console.log(`${name}: ${all.numPassedTests} tests passed, ${wrong.length} failed (${files})`);
  return { passed: all.numPassedTests, failed: wrong.length };
}
