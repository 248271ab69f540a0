// @ts-check
// clang-tidy over the native sources, with the flags of the add-on's own build: what it looks for is in .clang-tidy.
// Headers are looked at through the sources that include them. The C programs of the
// benchmark are held to the same.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root, sourceFiles } from './sources.mjs';

// Node's headers: where node-gyp found them for the build, or beside the node that runs.
function nodeHeaders() {
  const config = `${root}/build/config.gypi`;
  const nodedir = existsSync(config) ? /"nodedir": "([^"]*)"/.exec(readFileSync(config, 'utf8'))?.[1] : undefined;
  const candidates = [`${nodedir}/include/node`, `${dirname(dirname(process.execPath))}/include/node`];
  const found = candidates.find((folder) => existsSync(`${folder}/node_api.h`));
  if (found === undefined) throw new Error("Node's headers are missing: npm run build fetches them");
  return found;
}

/** @returns {import('./run.mjs').Step[]} */
export function tidySteps() {
  const steps = [
    {
      name: 'native sources (clang-tidy)',
      files: sourceFiles(/^native\/.*\.cc$/),
      standard: 'c++17',
    },
    {
      name: "the benchmark's C programs (clang-tidy)",
      files: sourceFiles(/^bench\/.*\.c$/),
      standard: 'gnu11',
    },
  ];
  return steps
    .filter(({ files }) => files.length > 0)
    .map(({ name, files, standard }) => ({
      name,
      command: 'clang-tidy',
      args: ['--quiet', ...files, '--', `-std=${standard}`, '-Wall', '-Wextra', '-isystem', nodeHeaders()],
    }));
}
