// @ts-check
// A cross build of the add-on, by cmake-js and CMakeLists.txt, with a tool chain of cmake/.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { root } from './sources.mjs';

/**
 * @typedef {object} CrossBuild
 * @property {string} folder where it is built
 * @property {string} arch as Node names it
 * @property {string} toolchain a file of cmake/
 * @property {string[]} [defines] of CMake: NAME=value
 * @property {Record<string, string>} [env]
 */

/** @param {CrossBuild} build @param {string} command @param {string[]} args */
function cmakeJs({ folder, arch, env }, command, args) {
  const program = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const common = ['--log-level', 'warn', '--arch', arch, '--directory', root, '--out', folder];
  // One at a time: two builds in one folder would mix their files up.
  const locked = [`${folder}/lock`, process.execPath, program, command, ...common, ...args];
  const { status, error, stdout, stderr } = spawnSync('flock', locked, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${stdout}${stderr}cmake-js ${command} ended with ${status}`);
}

/** @param {CrossBuild} build @returns {string} the .node file that it made */
export function crossBuild(build) {
  const { folder, toolchain, defines = [] } = build;
  mkdirSync(folder, { recursive: true });
  cmakeJs(build, 'configure', [
    '--generator=Unix Makefiles',
    `--CDCMAKE_TOOLCHAIN_FILE=${root}/cmake/${toolchain}`,
    ...defines.map((define) => `--CD${define}`),
  ]);
  cmakeJs(build, 'build', ['--parallel=2']);
  return `${folder}/Release/fdreactor.node`;
}

/** Puts a file in its place at once, so that nobody loads half of it, and says where. @param {string} file @param {string} place */
export function publish(file, place) {
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(file, `${place}.new`);
  renameSync(`${place}.new`, place);
  console.log(place.replace(`${root}/`, ''));
}
