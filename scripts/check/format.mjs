// @ts-check
// `npm run format` formats every source file and makes the linter's safe repairs.
import { runAll, tool } from '../shared/run.mjs';
import { nativePattern, sourceFiles } from '../shared/sources.mjs';

runAll([
  { name: 'TypeScript and JavaScript (biome)', command: tool('biome'), args: ['check', '--write', '.'] },
  { name: 'C and C++ (clang-format)', command: 'clang-format', args: ['-i', ...sourceFiles(nativePattern)] },
]);
