// @ts-check
// `npm run lint`: every check of the source, quick ones first; all are run, whichever fails. `npm run format` repairs
// what can be repaired by a machine.
import { runAll, tool } from './run.mjs';
import { nativePattern, sourceFiles } from './sources.mjs';

runAll([
  { name: 'structure', command: process.execPath, args: ['scripts/structure.mjs'] },
  {
    name: 'format and lint of TypeScript and JavaScript (biome)',
    command: tool('biome'),
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'types of lib, examples, bench, scripts', command: tool('tsc'), args: ['-p', 'tsconfig.check.json'] },
  { name: 'types of the tests', command: tool('tsc'), args: ['-p', 'test', '--noEmit'] },
  {
    name: 'format of C and C++ (clang-format)',
    command: 'clang-format',
    args: ['--dry-run', '-Werror', ...sourceFiles(nativePattern)],
  },
  { name: 'C and C++ (clang-tidy)', command: process.execPath, args: ['scripts/tidy.mjs'] },
]);
