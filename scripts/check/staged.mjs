// @ts-check
// The pre-commit hook (.simple-git-hooks.json): checks format and structure of the staged files, in about a second.
// `git commit --no-verify` skips it.
import { stagedFiles } from '../shared/changes.mjs';
import { runAll, tool } from '../shared/run.mjs';
import { nativePattern } from '../shared/sources.mjs';

const staged = stagedFiles();
const native = staged.filter((file) => nativePattern.test(file));
const biome = ['check', '--staged', '--error-on-warnings', '--no-errors-on-unmatched'];
if (staged.length > 0) {
  runAll([
    { name: 'structure', command: process.execPath, args: ['scripts/check/structure.mjs', ...staged] },
    { name: 'biome', command: tool('biome'), args: biome },
    ...(native.length > 0
      ? [{ name: 'clang-format', command: 'clang-format', args: ['--dry-run', '-Werror', ...native] }]
      : []),
  ]);
}
