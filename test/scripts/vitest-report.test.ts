// How a run of the tests is judged: what lasts, what is flaky, and what the quarantine excuses.
import { describe, expect, test } from 'vitest';
import { quarantineFaults } from '../../scripts/test/quarantine.mjs';
import { failuresIn, judge, unhandledErrors } from '../../scripts/test/vitest-report.mjs';

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
