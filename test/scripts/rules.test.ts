// The rules of the structure check find what they are for, and leave the rest alone.
import { describe, expect, test } from 'vitest';
import { checkFolders } from '../../scripts/check/folder-rules.mjs';
import { checkLines, codeRules, textRules } from '../../scripts/check/line-rules.mjs';
import { checkProse } from '../../scripts/check/prose-rules.mjs';

const rulesOf = (breaches: { rule: string }[]) => breaches.map(({ rule }) => rule);

describe('prose', () => {
  test.each([
    '// a lock of o~urs',
    '// n~obody is left',
    '// w~hoever waits for it',
    '// where it is n~one, that is all',
    '// this i~s no library',
    '// a number that i~s no socket',
    '// closed behind the registry b~ack',
  ])('%s', (line) => {
    expect(checkProse('scripts/a.mjs', line.replace('~', ''))).toHaveLength(1);
  });

  test('plain words pass', () => {
    expect(checkProse('scripts/a.mjs', '// The first hours, and a noun: none of the files is a library.')).toEqual([]);
  });

  test('comments and documents are at most 120 columns wide, but not code and tables', () => {
    const words = 'word '.repeat(30);
    expect(checkProse('scripts/a.mjs', `// ${words}`)).toHaveLength(1);
    expect(checkProse('bench/README.md', words)).toHaveLength(1);
    expect(checkProse('scripts/a.mjs', `const a = '${words}';`)).toEqual([]);
    expect(checkProse('bench/README.md', `| ${words} |`)).toEqual([]);
    expect(checkProse('docs/linux.md', words)).toHaveLength(1);
    expect(checkProse('docs/c10k.md', words)).toEqual([]);
  });
});

test('a folder has at most 20 files, its folders not counted', () => {
  const files = Array.from({ length: 20 }, (_, i) => `scripts/a/${i}.mjs`);
  expect(checkFolders([...files, 'scripts/a/b/1.mjs'])).toEqual([]);
  expect(checkFolders([...files, 'scripts/a/20.mjs'])).toHaveLength(1);
});

describe('lines of code', () => {
  test.each([
    'test.to~do("later")',
    'it.fa~ils("x", f)',
    'describe.each([1]).on~ly("x", f)',
    'test.skip~If(true)("x", f)',
  ])('%s is no test that runs', (line) => {
    const breaches = checkLines(codeRules, 'test/a.test.ts', line.replace('~', ''));
    expect(rulesOf(breaches)).toEqual(['no test is skipped, singled out or left to do']);
  });

  test('a platform condition outside native/sys/', () => {
    expect(checkLines(textRules, 'native/core/a.h', '#ifdef __linux__')).toHaveLength(1);
    expect(checkLines(textRules, 'native/sys/a.h', '#ifdef __linux__')).toEqual([]);
  });
});
