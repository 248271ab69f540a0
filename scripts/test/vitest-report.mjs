// @ts-check
// Reads what a run of vitest left (its JSON report, its log, the list of tests that did not run) and judges it. A test
// that fails, and passes when its file runs once more, is FLAKY and fails the run. If test/quarantine.json names its
// file, the test is QUARANTINED and counts as passed.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readQuarantine } from './quarantine.mjs';

/** In place of a test's name: the system could not start a process for the file, so none of its tests has run. */
const NOT_STARTED = '(its process did not start)';
const notStarted = /Failed to start \w+ worker for test files (.*\.test\.ts)/;
const MAX_LINES = 4;
const MAX_LINE_CHARACTERS = 200;

/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} Assertion */
/** @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} TestFile */
/** @typedef {{ numPassedTests: number, testResults: TestFile[] }} Report */
/** @typedef {{ file: string, test: string, message: string }} Failure file: empty if no test can be blamed */
/** @typedef {{ passed: number, files: number, failures: Failure[], notRun: string[] }} Outcome */
/** @typedef {{ lasting: Failure[], flaky: Failure[], quarantined: Failure[] }} Judgement */

/**
 * Keeps the first lines of a message and the place in a test, without the frames between them.
 * @param {string} message
 */
function brief(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const where = lines.find((line) => /^\s+at .*\btest[/\\].*\.ts:\d+/.test(line));
  const text = lines.filter((line) => !/^\s+at /.test(line)).slice(0, MAX_LINES);
  const all = where === undefined ? text : [...text, where.trim()];
  return all.map((line) => line.slice(0, MAX_LINE_CHARACTERS)).join('\n');
}

/**
 * Lists the failed tests, and the files that failed outside a test or ended early.
 * @param {Report} report
 * @param {string} tree the folder of the run, as the run names it
 * @returns {Failure[]}
 */
export function failuresIn(report, tree) {
  const start = `${tree.replaceAll('\\', '/')}/`;
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = name.replaceAll('\\', '/').replace(start, '');
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({
        file,
        test: test.fullName,
        message: brief(test.failureMessages.join('\n').replaceAll(start, '')),
      }));
    if (failed.length > 0) return failed;
    if (status === 'failed')
      return [{ file, test: '(outside its tests)', message: brief(message.replaceAll(start, '')) }];
    // No test is ever skipped, so a pending test was not reached. (The option -t leaves others out as "skipped".)
    const unreached = assertionResults.filter((test) => test.status === 'pending').length;
    return unreached === 0 ? [] : [{ file, test: '(its process)', message: `ended before ${unreached} of its tests` }];
  });
}

/**
 * Lists errors that vitest blames on no test, such as the death of a process.
 * @param {string} log
 * @param {string} [tree] the folder of the run, as the run names it. With it a file whose process did not start is
 *     named, so that it runs in the second run
 * @returns {Failure[]}
 */
export function unhandledErrors(log, tree) {
  const [, ...parts] = log.split(/^⎯+ Unhandled \w+ ⎯+\r?$/m);
  // The common headline, "Unhandled Errors", is one of the parts.
  return parts
    .filter((part) => !/^\s*Vitest caught/.test(part))
    .map((part) => {
      const path = tree === undefined ? undefined : notStarted.exec(part)?.[1]?.replaceAll('\\', '/');
      const file = path?.replace(`${tree?.replaceAll('\\', '/')}/`, '');
      return file === undefined
        ? { file: '', test: 'unhandled error', message: brief(part) }
        : { file, test: NOT_STARTED, message: brief(part) };
    });
}

/**
 * Compares a run with a second run of the files that failed in it.
 * @param {Failure[]} first
 * @param {Failure[] | undefined} second undefined: there was no second run
 * @param {readonly { file: string }[]} [quarantine]
 * @returns {Judgement} an unhandled error of the first run always lasts
 */
export function judge(first, second, quarantine = readQuarantine()) {
  if (second === undefined) return { lasting: first, flaky: [], quarantined: [] };
  const lasting = [...first.filter(({ file }) => file === ''), ...second];
  // What did not start has not failed: the second run is its first.
  const passedLater = first
    .filter(({ test }) => test !== NOT_STARTED)
    .filter((one) => !lasting.some(({ file, test }) => file === one.file && test === one.test));
  const named = new Set(quarantine.map(({ file }) => file));
  return {
    lasting,
    flaky: passedLater.filter(({ file }) => !named.has(file)),
    quarantined: passedLater.filter(({ file }) => named.has(file)),
  };
}

/**
 * Counts the tests of a run: a flaky test failed, a quarantined test passed.
 * @param {number} passed in the first run
 * @param {Judgement} judgement
 */
export function countsOf(passed, { lasting, flaky, quarantined }) {
  return { passed: passed + quarantined.length, failed: lasting.length + flaky.length };
}

/** @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** @param {string} file @returns {Report} an empty one if the file is missing */
export const readReport = (file) => JSON.parse(textOf(file) || '{ "numPassedTests": 0, "testResults": [] }');

/**
 * @param {string} results the folder that a run left: log, report.json, not-run
 * @param {string} tree the folder of the run, as the run names it
 * @param {number | string} code
 * @returns {Outcome}
 */
export function outcomeOf(results, tree, code) {
  const log = textOf(`${results}/log`);
  const report = readReport(`${results}/report.json`);
  const failures = [...failuresIn(report, tree), ...unhandledErrors(log, tree)];
  if (failures.length === 0 && (code !== 0 || report.numPassedTests === 0)) {
    const end = log.split('\n').slice(-30).join('\n');
    failures.push({ file: '', test: `ended with ${code}, and ${report.numPassedTests} tests passed`, message: end });
  }
  const notRun = [...new Set(textOf(`${results}/not-run`).split(/\r?\n/))].filter((line) => line !== '').sort();
  return { passed: report.numPassedTests, files: report.testResults.length, failures, notRun };
}

/** Prints every failure of a judgement. @param {Judgement} judgement @param {number} [max] failures a kind */
export function printJudgement({ lasting, flaky, quarantined }, max = 40) {
  /** @type {[string, Failure[]][]} */
  const kinds = [
    ['FAIL', lasting],
    ['FLAKY', flaky],
    ['QUARANTINED', quarantined],
  ];
  for (const [word, failures] of kinds) {
    for (const { file, test, message } of failures.slice(0, max)) {
      console.log(`${word} ${file || 'vitest'} > ${test}\n    ${message.replaceAll('\n', '\n    ')}`);
    }
    if (failures.length > max) console.log(`${word} ... and ${failures.length - max} more`);
  }
}

/**
 * Runs the tests and prints the failures. With `again`, runs the files that failed once more, one at a time.
 * @param {{ name: string, again: boolean, run: (name: string, again?: string[]) => Promise<Outcome> }} options
 *     run gets the name of a folder for the results and, the second time, vitest's arguments
 */
export async function runTests({ name, again, run }) {
  const started = performance.now();
  const { passed, files, failures, notRun } = await run(name);
  const failedFiles = [...new Set(failures.map(({ file }) => file))].filter((file) => file !== '');
  const isRepeated = again && failedFiles.length > 0;
  const second = isRepeated ? await run(`${name}-again`, ['--maxWorkers=1', ...failedFiles]) : undefined;
  const judgement = judge(failures, second?.failures);
  printJudgement(judgement);
  const sum = countsOf(passed, judgement);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${name}: ${sum.passed} of ${sum.passed + sum.failed} tests passed (${files} files, ${seconds} s)`);
  return { ...sum, notRun };
}

/**
 * Prints the tests that did not run and the sum, and sets the exit code. Removes the folder of the logs if all passed.
 * @param {{ passed: number, failed: number, notRun: string[] }[]} results
 * @param {string} folder
 */
export function printSummary(results, folder) {
  for (const line of new Set(results.flatMap(({ notRun }) => notRun))) console.log(line);
  const passed = results.reduce((sum, one) => sum + one.passed, 0);
  const failed = results.reduce((sum, one) => sum + one.failed, 0);
  if (failed === 0) rmSync(folder, { recursive: true });
  else console.log(`the logs are in ${folder}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
