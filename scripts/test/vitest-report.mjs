// @ts-check
// What a run of vitest somewhere else came to (under Wine, in another runtime), told from its JSON report, its log and the
// list of tests that were not made.
import { existsSync, readFileSync, rmSync } from 'node:fs';

const mostLines = 4;
const mostFailures = 40;

/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} Assertion */
/** @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} TestFile */
/** @typedef {{ numPassedTests: number, testResults: TestFile[] }} Report */
/** @typedef {{ file: string, test: string, message: string }} Failure a failure that is no test's has no file */
/** @typedef {{ passed: number, files: number, failures: Failure[], notRun: string[] }} Outcome */

/** The first lines of a message and the place in a test, without the frames between them. @param {string} message */
function brief(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const where = lines.find((line) => /^\s+at .*[/\\]test[/\\].*\.ts:\d+/.test(line));
  const said = lines.filter((line) => !/^\s+at /.test(line)).slice(0, mostLines);
  const all = where === undefined ? said : [...said, where.trim()];
  return all.map((line) => line.slice(0, 200)).join('\n');
}

/** Failed tests, and files that failed outside of one or came to no end. @param {Report} all @param {string} tree @returns {Failure[]} */
function failuresIn(all, tree) {
  const start = `${tree.replaceAll('\\', '/')}/`;
  return all.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = name.replaceAll('\\', '/').replace(start, '');
    const wrong = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ file, test: test.fullName, message: brief(test.failureMessages.join('\n')) }));
    if (wrong.length > 0) return wrong;
    if (status === 'failed') return [{ file, test: '(outside its tests)', message: brief(message) }];
    // No test is ever skipped, so what did not pass was not reached. With -t, all that has another name is.
    const unreached = assertionResults.filter((test) => test.status === 'pending').length;
    return unreached === 0 ? [] : [{ file, test: '(its process)', message: `ended before ${unreached} of its tests` }];
  });
}

/** Errors that vitest could blame on no test, such as the death of a process. @param {string} log @returns {Failure[]} */
function unhandled(log) {
  const [, ...parts] = log.split(/^⎯+ Unhandled \w+ ⎯+\r?$/m);
  return parts
    .filter((part) => !/^\s*Vitest caught/.test(part))
    .map((part) => ({ file: '', test: 'unhandled error', message: brief(part) }));
}

/** @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/**
 * @param {string} results the folder that a run left: log, report.json, not-run
 * @param {string} tree where it ran, as it calls that folder
 * @param {number | string} code
 * @returns {Outcome}
 */
export function outcomeOf(results, tree, code) {
  const log = textOf(`${results}/log`);
  /** @type {Report} */
  const all = JSON.parse(textOf(`${results}/report.json`) || '{ "numPassedTests": 0, "testResults": [] }');
  const failures = [...failuresIn(all, tree), ...unhandled(log)];
  if (failures.length === 0 && (code !== 0 || all.numPassedTests === 0)) {
    const end = log.split('\n').slice(-30).join('\n');
    failures.push({ file: '', test: `ended with ${code}, and ${all.numPassedTests} tests passed`, message: end });
  }
  const notRun = [...new Set(textOf(`${results}/not-run`).split(/\r?\n/))].filter((line) => line !== '').sort();
  return { passed: all.numPassedTests, files: all.testResults.length, failures, notRun };
}

/** @param {string} word @param {Failure[]} failures */
function printFailures(word, failures) {
  for (const { file, test, message } of failures.slice(0, mostFailures)) {
    console.log(`${word} ${file || 'vitest'} > ${test}\n    ${message.replaceAll('\n', '\n    ')}`);
  }
  if (failures.length > mostFailures) console.log(`${word} ... and ${failures.length - mostFailures} more`);
}

/**
 * Runs the tests; where that is wished, the files that failed once more, one at a time: what passes then is FLAKY, and counts
 * as passed. Prints what there is to say.
 * @param {{ name: string, again: boolean, run: (name: string, again?: string[]) => Promise<Outcome> }} options
 *     run gets the name of a folder for the results and, the second time, vitest's arguments
 */
export async function runTests({ name, again, run }) {
  const started = performance.now();
  const { passed, files, failures, notRun } = await run(name);
  let lasting = failures;
  const failedFiles = [...new Set(failures.map(({ file }) => file))].filter((file) => file !== '');
  if (again && failedFiles.length > 0) {
    const second = await run(`${name}-again`, ['--maxWorkers=1', ...failedFiles]);
    lasting = [...failures.filter(({ file }) => file === ''), ...second.failures];
  }
  const flaky = failures.filter((one) => !lasting.some(({ file, test }) => file === one.file && test === one.test));
  printFailures('FAIL', lasting);
  printFailures('FLAKY', flaky);
  const sum = { passed: passed + flaky.length, failed: lasting.length };
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${name}: ${sum.passed} of ${sum.passed + sum.failed} tests passed (${files} files, ${seconds} s)`);
  return { ...sum, notRun };
}

/**
 * The end of a script that ran tests elsewhere: what was not run, the sum, the exit code. The folder has the logs, and goes
 * if nobody needs them.
 * @param {{ passed: number, failed: number, notRun: string[] }[]} results @param {string} folder
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
