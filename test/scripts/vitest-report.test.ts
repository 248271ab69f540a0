// How a run of the tests is judged: what lasts, what is flaky, and what the quarantine excuses.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { quarantineFaults } from '../../scripts/test/quarantine.mjs';
import { countsOf, failuresIn, judge, unhandledErrors } from '../../scripts/test/vitest-report.mjs';

const failure = (file: string, name = 'fails') => ({ file, test: name, message: 'expected 1 to be 2' });
const died = { file: '', test: 'unhandled error', message: 'a process died' };

describe('judge', () => {
  test('without a second run every failure lasts', () => {
    expect(judge([failure('a')], undefined)).toEqual({ lasting: [failure('a')], flaky: [], quarantined: [] });
  });

  test('a test that passes the second time is flaky, and only that test', () => {
    const judgement = judge([failure('a', 'one'), failure('a', 'two')], [failure('a', 'two')], []);
    expect(judgement.lasting).toEqual([failure('a', 'two')]);
    expect(judgement.flaky).toEqual([failure('a', 'one')]);
  });

  test('a flaky file in quarantine is named apart', () => {
    const judgement = judge([failure('a'), failure('b')], [], [{ file: 'b' }]);
    expect(judgement.flaky).toEqual([failure('a')]);
    expect(judgement.quarantined).toEqual([failure('b')]);
  });

  test('quarantine excuses no failure that lasts', () => {
    expect(judge([failure('b')], [failure('b')], [{ file: 'b' }]).lasting).toEqual([failure('b')]);
  });

  test('an error that no test can be blamed for lasts whatever the second run says', () => {
    expect(judge([died, failure('a')], [], []).lasting).toEqual([died]);
  });
});

test('a flaky test counts as failed, a quarantined test as passed', () => {
  const judgement = judge([failure('a'), failure('b'), failure('c')], [failure('c')], [{ file: 'b' }]);
  expect(countsOf(10, judgement)).toEqual({ passed: 11, failed: 2 });
});

describe('the summary of a step of .ci/run', () => {
  const folder = mkdtempSync(`${tmpdir()}/fdreactor-ci-step-`);
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const log = write('log', '');
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    writeFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  }

  /** Writes a report of vitest about one test that passed and one that did as said. */
  function report(name: string, status: 'passed' | 'failed', numPassedTests: number): string {
    const assertionResults = [{ status, fullName: 'one', failureMessages: ['wrong'] }];
    const testResults = [{ name: `${root}/test/a.test.ts`, status, message: '', assertionResults }];
    return write(name, JSON.stringify({ numPassedTests, testResults }));
  }

  const sum = (...args: string[]): string[] =>
    execFileSync(process.execPath, [`${root}/scripts/test/ci-step.mjs`, 'sum', ...args], { encoding: 'utf8' }).split(
      '\n',
    );

  test('counts a flaky test as failed', () => {
    const lines = sum('1', log, report('first', 'failed', 1), report('second', 'passed', 1));
    expect(lines.slice(0, 2)).toEqual(['1 1', 'FLAKY test/a.test.ts > one']);
  });

  test('counts a test that fails twice once', () => {
    const lines = sum('1', log, report('first', 'failed', 1), report('second', 'failed', 0));
    expect(lines.slice(0, 2)).toEqual(['1 1', 'FAIL test/a.test.ts > one']);
  });
});

describe('failuresIn', () => {
  const report = (status: string, tests: string[], message = '') => ({
    numPassedTests: 0,
    testResults: [
      {
        name: '/tree/test/a.test.ts',
        status,
        message,
        assertionResults: tests.map((status) => ({ status, fullName: 'one', failureMessages: ['wrong'] })),
      },
    ],
  });

  test('names a failed test, with its file relative to the tree', () => {
    expect(failuresIn(report('failed', ['failed', 'passed']), '/tree')).toEqual([
      { file: 'test/a.test.ts', test: 'one', message: 'wrong' },
    ]);
  });

  test('names a file that fails outside its tests', () => {
    expect(failuresIn(report('failed', [], 'no such module'), '/tree')[0]?.test).toBe('(outside its tests)');
  });

  test('names a file whose process ended early', () => {
    expect(failuresIn(report('passed', ['passed', 'pending']), '/tree')[0]?.message).toBe(
      'ended before 1 of its tests',
    );
  });
});

test('unhandled errors are read from the log, without their common headline', () => {
  const bar = '⎯'.repeat(6);
  const log = `${bar} Unhandled Errors ${bar}\n\nVitest caught 1 error\n\n${bar} Unhandled Error ${bar}\nWorker exited\n`;
  expect(unhandledErrors(log)).toEqual([{ file: '', test: 'unhandled error', message: 'Worker exited' }]);
});

test('a file whose process the system could not start runs once more, and is not flaky', () => {
  const log = [
    '⎯⎯⎯⎯ Unhandled Error ⎯⎯⎯⎯',
    'Error: [vitest-pool]: Failed to start forks worker for test files Z:/tree/test/raw/a.test.ts.',
    'Caused by: Error: spawn UNKNOWN',
  ].join('\n');
  const [failure] = unhandledErrors(log, 'Z:\\tree');
  expect(failure).toMatchObject({ file: 'test/raw/a.test.ts', test: '(its process did not start)' });
  expect(unhandledErrors(log)[0]).toMatchObject({ file: '', test: 'unhandled error' });
  const failures = failure === undefined ? [] : [failure];
  expect(judge(failures, undefined, []).lasting).toEqual(failures);
  expect(judge(failures, [], [])).toEqual({ lasting: [], flaky: [], quarantined: [] });
  expect(judge(failures, failures, []).lasting).toEqual(failures);
});

describe('the quarantine', () => {
  const entry = { file: 'test/scripts/vitest-report.test.ts', reason: 'an example', since: '2026-11-28' };

  test('takes three entries and no fourth', () => {
    expect(quarantineFaults([entry, entry, entry])).toEqual([]);
    expect(quarantineFaults([entry, entry, entry, entry])).toEqual(['at most 3 entries (4 here)']);
  });

  test.each([
    [{ ...entry, file: 'test/gone.test.ts' }, 'not a test file: test/gone.test.ts'],
    [{ ...entry, reason: ' ' }, `${entry.file} has no reason`],
    [{ ...entry, since: '28.11.2026' }, `${entry.file} has no date "since": YYYY-MM-DD`],
    [{ ...entry, since: '2026-13-40' }, `${entry.file} has no date "since": YYYY-MM-DD`],
  ])('rejects %o', (wrong, fault) => {
    expect(quarantineFaults([wrong])).toEqual([fault]);
  });
});
