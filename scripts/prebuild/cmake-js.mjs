// @ts-check
// Builds the add-on for another machine, by cmake-js and CMakeLists.txt with the tool chain of cmake/zig.cmake.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { nodeFolder } from '../shared/node-headers.mjs';

/**
 * @typedef {object} CrossBuild
 * @property {string} project the folder with CMakeLists.txt
 * @property {string} folder where it is built
 * @property {import('./targets.mjs').Target} target
 * @property {import('../shared/zig.mjs').Zig} zig
 * @property {boolean} [ubsan] undefined behaviour ends the process
 */

/** @param {CrossBuild} build @param {string} command @param {string[]} args */
function cmakeJs({ project, folder, target, zig }, command, args) {
  const program = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const common = ['--log-level', 'warn', '--arch', target.arch, '--directory', project, '--out', folder];
  // One at a time: two builds in one folder would mix their files up.
  const locked = [`${folder}/lock`, process.execPath, program, command, ...common, ...args];
  const env = {
    ...process.env,
    ...zig.env,
    FDREACTOR_ZIG: zig.program,
    FDREACTOR_ZIG_TARGET: target.zig,
    FDREACTOR_SYSTEM: target.system,
    FDREACTOR_PROCESSOR: target.processor,
  };
  const { status, error, stdout, stderr } = spawnSync('flock', locked, { cwd: project, encoding: 'utf8', env });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${stdout}${stderr}${target.name}: cmake-js ${command} ended with ${status}`);
}

/** @param {CrossBuild} build @returns {string} the .node file that it made */
export function crossBuild(build) {
  const { project, folder, ubsan = false } = build;
  mkdirSync(folder, { recursive: true });
  cmakeJs(build, 'configure', [
    '--generator=Unix Makefiles',
    `--CDCMAKE_TOOLCHAIN_FILE=${project}/cmake/zig.cmake`,
    `--CDFDREACTOR_NODE_HEADERS=${nodeFolder()}/include/node`,
    `--CDFDREACTOR_UBSAN=${ubsan ? 'ON' : 'OFF'}`,
  ]);
  cmakeJs(build, 'build', ['--parallel=2']);
  return `${folder}/Release/fdreactor.node`;
}
