// @ts-check
// binding.gyp and cmake/sources.cmake each have the list of sources of a platform, and only one of them is compiled
// where this runs: a file that is missing in the other would be missed on the user's machine.
import { readFileSync } from 'node:fs';
import { root, sourceFiles } from './sources.mjs';

/** The native sources that a text names, sorted. @param {string} text @returns {string[]} */
const sourcesIn = (text) => [...text.matchAll(/native\/\w+\/\w+\.cc|native\/addon\.cc/g)].map(([name]) => name).sort();

/** The part of binding.gyp for one OS, and that for all. @param {string} os */
function gypSources(os) {
  const text = readFileSync(`${root}/binding.gyp`, 'utf8').replace(/#.*$/gm, '');
  const [common = '', ...conditions] = text.split(/\['(?=\w+[!=]=)/);
  const own = conditions.find((condition) => condition.startsWith(`OS=="${os}"`));
  return [...sourcesIn(common), ...sourcesIn(own ?? '')].sort();
}

/** @param {string[]} variables */
function cmakeSources(variables) {
  const text = readFileSync(`${root}/cmake/sources.cmake`, 'utf8').replace(/#.*$/gm, '');
  const sets = [...text.matchAll(/set\((\w+)([^)]*)\)/g)];
  return sets
    .filter(([, name]) => variables.includes(name ?? ''))
    .flatMap(([, , body]) => sourcesIn(body ?? ''))
    .sort();
}

/** Throws when the two differ in what they compile for Windows, or when no list has a file. */
export function checkSources() {
  const gyp = gypSources('win');
  const cmake = cmakeSources(['FDREACTOR_SOURCES', 'FDREACTOR_SOURCES_WINDOWS']);
  const listed = sourcesIn(
    readFileSync(`${root}/binding.gyp`, 'utf8') + readFileSync(`${root}/CMakeLists.txt`, 'utf8'),
  );
  const wrong = [
    ...gyp.filter((name) => !cmake.includes(name)).map((name) => `${name}: for Windows in binding.gyp only`),
    ...cmake.filter((name) => !gyp.includes(name)).map((name) => `${name}: for Windows in cmake/sources.cmake only`),
    ...sourceFiles(/^native\/(?!test\/).*\.cc$/)
      .filter((name) => !listed.includes(name))
      .map((name) => `${name}: in no list of binding.gyp`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
