// @ts-check
// Builds the add-on a second time, with variables of fdreactor.gypi set, in a folder of its own: build/ stays as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { nodeFolder } from '../shared/node-headers.mjs';
import { tool } from '../shared/run.mjs';
import { root } from '../shared/sources.mjs';

/** Runs a command that must end well; this process ends with it. @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
export function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} name of the folder @param {string[]} variables such as 'sanitize=address' @returns {string} the .node file */
export function buildFlavour(name, variables) {
  const folder = `${root}/${name}`;
  // node-gyp always builds into build/ of the folder it is in, so it gets a folder that looks like the project.
  mkdirSync(folder, { recursive: true });
  for (const part of ['binding.gyp', 'fdreactor.gypi', 'native']) {
    if (!existsSync(`${folder}/${part}`)) symlinkSync(`../${part}`, `${folder}/${part}`);
  }
  const here = ['--loglevel=error', '-C', folder, `--nodedir=${nodeFolder()}`];
  run(tool('node-gyp'), ['configure', ...here, '--', ...variables.map((variable) => `-D${variable}`)]);
  run(tool('node-gyp'), ['build', ...here]);
  return `${folder}/build/Release/fdreactor.node`;
}
