// @ts-check
// Compares the source lists of fdreactor.gypi and cmake/sources.cmake, platform by platform. This machine compiles
// one of them only, so a file missing from the other would fail on a user's machine.
import { readFileSync } from 'node:fs';
import { root, sourceFiles } from '../shared/sources.mjs';

/** The native sources that a text names, sorted. @param {string} text @returns {string[]} */
const sourcesIn = (text) => [...text.matchAll(/native\/\w+\/\w+\.cc|native\/addon\.cc/g)].map(([name]) => name).sort();

/**
 * Whether a condition of fdreactor.gypi holds, where no variable is set.
 * @param {string} condition
 * @param {string} os
 * @returns {boolean}
 */
function holds(condition, os) {
  return condition.split(' or ').some((part) =>
    part.split(' and ').every((term) => {
      const [, name, operator, value = ''] = /^(\w+) ?(==|!=|in) ?"([^"]*)"$/.exec(term) ?? [];
      const actual = name === 'OS' ? os : '';
      if (operator === 'in') return value.split(' ').includes(actual);
      if (operator === undefined)
        throw new Error(`fdreactor.gypi: a condition that this script does not know: ${term}`);
      return (actual === value) === (operator === '==');
    }),
  );
}

/** What fdreactor.gypi compiles on one OS. @param {string} os */
function gypSources(os) {
  const text = readFileSync(`${root}/fdreactor.gypi`, 'utf8').replace(/#.*$/gm, '');
  const [common = '', ...conditions] = text.split(/\['(?=\w+ ?(?:[!=]=|in) ?")/);
  const own = conditions.filter((text) => holds(text.slice(0, text.indexOf("'")), os));
  return [common, ...own].flatMap(sourcesIn).sort();
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

/** @param {string} os of fdreactor.gypi @param {string} list of cmake/sources.cmake @returns {string[]} */
function differences(os, list) {
  const gyp = gypSources(os);
  const cmake = cmakeSources(['FDREACTOR_SOURCES', list]);
  return [
    ...gyp.filter((name) => !cmake.includes(name)).map((name) => `${name}: for ${os} in fdreactor.gypi only`),
    ...cmake.filter((name) => !gyp.includes(name)).map((name) => `${name}: for ${os} in cmake/sources.cmake only`),
  ];
}

/** Throws when the two differ in what they compile for a system, or when no list has a file. */
export function checkSources() {
  const listed = sourcesIn(
    readFileSync(`${root}/fdreactor.gypi`, 'utf8') + readFileSync(`${root}/CMakeLists.txt`, 'utf8'),
  );
  const wrong = [
    ...differences('linux', 'FDREACTOR_SOURCES_LINUX'),
    ...differences('win', 'FDREACTOR_SOURCES_WINDOWS'),
    ...differences('mac', 'FDREACTOR_SOURCES_MAC'),
    ...sourceFiles(/^native\/(?!test\/).*\.cc$/)
      .filter((name) => !listed.includes(name))
      .map((name) => `${name}: in no list of fdreactor.gypi`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
