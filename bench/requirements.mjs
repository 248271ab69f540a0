// @ts-check
// What the bench needs beside Node.js, how it is recognised, and the line that installs it. A missing peer leaves its
// row (or its table) out; nothing else.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {'cc' | 'make' | 'taskset' | 'wrk' | 'nginx' | 'libuv' | 'package'} Requirement */

const here = fileURLToPath(new URL('.', import.meta.url));
export const repository = path.dirname(here.replace(/\/$/, ''));
const SEARCH = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Where a program is, /usr/sbin included (nginx lives there). @param {string} name @returns {string | null} */
export function findProgram(name) {
  for (const folder of SEARCH) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/** @param {string} header */
function compilerFinds(header) {
  return (
    spawnSync('cc', ['-E', '-x', 'c', '-'], { input: `#include <${header}>\n`, stdio: ['pipe', 'ignore', 'ignore'] })
      .status === 0
  );
}

/** @type {Record<Requirement, { is: () => boolean, apt: string | null, what: string }>} */
export const requirements = {
  cc: { is: () => findProgram('cc') !== null && compilerFinds('stdio.h'), apt: 'gcc libc6-dev', what: 'a C compiler' },
  make: { is: () => findProgram('make') !== null, apt: 'make', what: 'make' },
  taskset: { is: () => findProgram('taskset') !== null, apt: 'util-linux', what: 'taskset' },
  wrk: { is: () => findProgram('wrk') !== null, apt: 'wrk', what: 'wrk (the HTTP load)' },
  nginx: { is: () => findProgram('nginx') !== null, apt: 'nginx-light', what: 'nginx' },
  libuv: { is: () => compilerFinds('uv.h'), apt: 'libuv1-dev', what: "libuv's headers" },
  package: {
    is: () =>
      ['dist/index.js', 'examples/dist/http-parser.js'].every((file) => existsSync(path.join(repository, file))),
    apt: null,
    what: 'the built package',
  },
};

/** @param {Requirement} name */
export const isMissing = memoize((/** @type {Requirement} */ name) => !requirements[name].is());

/** @template A, R @param {(argument: A) => R} compute @returns {(argument: A) => R} */
function memoize(compute) {
  /** @type {Map<A, R>} */
  const known = new Map();
  return (argument) => {
    if (!known.has(argument)) known.set(argument, compute(argument));
    return /** @type {R} */ (known.get(argument));
  };
}

/** The command that brings what is missing. @param {Requirement[]} names */
export function installLine(names) {
  const packages = names.map((name) => requirements[name].apt).filter((apt) => apt !== null);
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return packages.length === 0 ? 'npm run build' : `${sudo}apt-get install -y ${packages.join(' ')}`;
}
