// @ts-check
// `npm run format`: writes every source file in the project's own form, and makes the safe repairs of the linter.
import { runAll, tool } from '../shared/run.mjs';
import { nativePattern, sourceFiles } from '../shared/sources.mjs';

runAll([
  { name: 'TypeScript and JavaScript (biome)', command: tool('biome'), args: ['check', '--write', '.'] },
  { name: 'C and C++ (clang-format)', command: 'clang-format', args: ['-i', ...sourceFiles(nativePattern)] },
]);
