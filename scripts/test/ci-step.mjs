// @ts-check
// Counts the tests of one step of .ci/run and prints its failures, from the log of the step and vitest's JSON reports.
// The names and first lines of failures come first, because a far machine may show only the beginning of its output.
//   ci-step.mjs files REPORT                    the test files that failed, one a line
//   ci-step.mjs sum STATUS LOG REPORT SECOND    `<passed> <failed>`, then what to print. SECOND is the report of those
//                                               files, run once more. Both reports may be missing
import { existsSync, readFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';
import { countsOf, failuresIn, judge, printJudgement, readReport, unhandledErrors } from './vitest-report.mjs';

const MAX_FAILURES = 10;
const MAX_CHARACTERS = 300;

/** Lists the failures that programs other than vitest print, with the lines after each. @param {string} log */
function failureLines(log) {
  const wrong = /^FAIL |^ {2}\S+:\d+ |\berror: |error TS\d|ERROR: |WARNING: \w+Sanitizer|runtime error|npm error/;
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  /** @type {string[]} */
  const blocks = [];
  for (let i = 0; i < lines.length; i++) {
    if (!wrong.test(lines[i] ?? '')) continue;
    const end = lines[i]?.startsWith('FAIL ') ? i + 5 : i + 2;
    blocks.push(lines.slice(i, end).join('\n').slice(0, MAX_CHARACTERS));
    i = end - 1;
  }
  return blocks;
}

/** @param {string[]} blocks */
function print(blocks) {
  for (const block of blocks.slice(0, MAX_FAILURES)) console.log(block);
  if (blocks.length > MAX_FAILURES) console.log(`... and ${blocks.length - MAX_FAILURES} more`);
}

/** @param {number} status @param {string} log @param {string} report @param {string} second */
function sum(status, log, report, second) {
  const first = readReport(report);
  const again = existsSync(second) ? failuresIn(readReport(second), root) : undefined;
  const judgement = judge([...failuresIn(first, root), ...unhandledErrors(log)], again);
  let { passed, failed } = countsOf(first.numPassedTests, judgement);
  const failedInVitest = failed;
  const sums = [...log.matchAll(/^(\d+) passed, (\d+) failed$/gm)];
  for (const [, good, bad] of sums) {
    passed += Number(good);
    failed += Number(bad);
  }
  if (failed + judgement.quarantined.length === 0 && status !== 0) failed = 1;
  // A step that counts nothing is one test. A step that says that it counted none is not a test.
  if (status === 0 && passed + failed + sums.length === 0) passed = 1;
  console.log(passed, failed);
  printJudgement(judgement, MAX_FAILURES);
  // Steps that run files again themselves print these.
  print(log.match(/^(FLAKY|QUARANTINED) .*\n.*$/gm) ?? []);
  if (failed > failedInVitest) print(failureLines(log));
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'files') {
  for (const file of new Set(failuresIn(readReport(rest[0] ?? ''), root).map(({ file }) => file))) console.log(file);
} else {
  const [status, log = '', report = '', second = ''] = rest;
  sum(Number(status), readFileSync(log, 'utf8'), report, second);
}
