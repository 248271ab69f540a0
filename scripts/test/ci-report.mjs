// @ts-check
// What .ci/run has to say of a step, told from its log and from vitest's JSON reports: of a failure the names and first
// lines come first, because whoever reads the output of a far machine may get no more than its beginning. A test that
// failed and passed when its file was run once more is flaky, and counts as passed. An error that no test can be
// blamed for (the death of a process, above all) is a failure whatever a second run says.
//   ci-report.mjs files REPORT                    the test files that failed, one a line
//   ci-report.mjs sum STATUS LOG REPORT SECOND    `<passed> <failed>`, then what to print; SECOND is the report of
//                                                 those files run once more, and neither report need be there
import { existsSync, readFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';

const mostFailures = 10;
const mostCharacters = 300;

/** @typedef {{ file: string, test: string, message: string }} Failure */
/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} Assertion */
/** @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} TestFile */
/** @typedef {{ numPassedTests: number, testResults: TestFile[] }} Report */

/** @param {string} path @returns {Report | undefined} */
const readReport = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

/** The message and the first place in a test, without the frames between them. @param {string} stack */
function brief(stack) {
  const lines = stack.replaceAll(`${root}/`, '').split('\n');
  const where = lines.find((line) => /^\s+at .*\btest\/.*\.ts:\d+/.test(line));
  const said = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  const text = said.join('\n    ').slice(0, mostCharacters - (where?.length ?? 0));
  return where === undefined ? text : `${text}\n  ${where}`;
}

/** Failed tests, and files that failed outside any test or came to no end. @param {Report | undefined} report @returns {Failure[]} */
function failuresOf(report) {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const file = name.replace(`${root}/`, '');
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ file, test: test.fullName, message: brief(test.failureMessages.join('\n')) }));
    if (failed.length > 0) return failed;
    if (status === 'failed') return [{ file, test: '(outside its tests)', message: brief(message) }];
    const died = assertionResults.some((test) => test.status === 'pending');
    return died ? [{ file, test: '(its process)', message: 'died before its tests were through' }] : [];
  });
}

/** Errors that vitest could blame on no test, such as the death of a process. @param {string} log @returns {Failure[]} */
function unhandledErrors(log) {
  const [, ...parts] = log.split(/^⎯+ Unhandled \w+ ⎯+$/m);
  // The headline of them all, "Unhandled Errors", is one of the parts.
  return parts
    .filter((part) => !/^\s*Vitest caught/.test(part))
    .map((message) => ({ file: 'vitest', test: 'unhandled error', message: message.trim().slice(0, mostCharacters) }));
}

/** What programs other than vitest say where something is wrong, with the lines after it. @param {string} log */
function failureLines(log) {
  const wrong = /^FAIL |^ {2}\S+:\d+ |\berror: |error TS\d|ERROR: |WARNING: \w+Sanitizer|runtime error|npm error/;
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  /** @type {string[]} */
  const blocks = [];
  for (let i = 0; i < lines.length; i++) {
    if (!wrong.test(lines[i] ?? '')) continue;
    const end = lines[i]?.startsWith('FAIL ') ? i + 5 : i + 2;
    blocks.push(lines.slice(i, end).join('\n').slice(0, mostCharacters));
    i = end - 1;
  }
  return blocks;
}

/** @param {string} word @param {Failure[]} failures */
const listed = (word, failures) => failures.map((f) => `${word} ${f.file} > ${f.test}\n    ${f.message}`);

/** @param {string[]} blocks */
function print(blocks) {
  for (const block of blocks.slice(0, mostFailures)) console.log(block);
  if (blocks.length > mostFailures) console.log(`... and ${blocks.length - mostFailures} more`);
}

/** @param {number} status @param {string} log @param {Report | undefined} report @param {Report | undefined} second */
function sum(status, log, report, second) {
  let passed = report?.numPassedTests ?? 0;
  let failed = 0;
  const sums = [...log.matchAll(/^(\d+) passed, (\d+) failed$/gm)];
  for (const [, good, bad] of sums) {
    passed += Number(good);
    failed += Number(bad);
  }
  const first = failuresOf(report);
  const lasting = second === undefined ? first : failuresOf(second);
  const flaky = first.filter((f) => !lasting.some((g) => g.file === f.file && g.test === f.test));
  const unhandled = unhandledErrors(log);
  const failures = [...lasting, ...unhandled];
  passed += flaky.length;
  failed += failures.length;
  if (failed + flaky.length === 0 && status !== 0) failed = 1;
  // A step that counts nothing is one test; one that says that it counted none is none.
  if (status === 0 && passed + failed + sums.length === 0) passed = 1;
  console.log(passed, failed);
  print([
    ...listed('FAIL', failures),
    ...listed('FLAKY', flaky),
    // Of a step that looks again by itself.
    ...(log.match(/^FLAKY .*\n.*$/gm) ?? []),
    ...(failed > lasting.length ? failureLines(log) : []),
  ]);
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'files') {
  const files = new Set(failuresOf(readReport(rest[0] ?? '')).map(({ file }) => file));
  for (const file of files) console.log(file);
} else {
  const [status, log = '', report = '', second = ''] = rest;
  sum(Number(status), readFileSync(log, 'utf8'), readReport(report), readReport(second));
}
