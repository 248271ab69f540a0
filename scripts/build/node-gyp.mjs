// @ts-check
// scripts/build/ makes build/, dist/ and the add-ons of the tests from this checkout, with the tools of this machine.
//
// Runs node-gyp. It configures only when something has changed that a Makefile depends on, so that a build after an
// edit compiles what the edit touches and takes two seconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { root } from '../shared/sources.mjs';

// Named by its path: on Windows, npm puts no program into node_modules/.bin.
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
/** Included by the Makefile's inputs: where it is newer, gyp makes the Makefile anew by itself, of the wrong folder. */
const addonGypi = createRequire(nodeGyp).resolve('../addon.gypi');
const toolVariables = ['npm_config_nodedir', 'CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS', 'GYP_DEFINES', 'MAKE'];

/**
 * Runs a command and ends this process if the command fails.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Identifies a configuration: the gyp files, the names of the sources, Node.js, the compiler, the options.
 * @param {string[]} options
 */
function configurationOf(options) {
  const hash = createHash('sha256');
  for (const file of ['binding.gyp', 'fdreactor.gypi']) hash.update(readFileSync(`${root}/${file}`));
  // Not by git: a source archive has none.
  const sources = readdirSync(`${root}/native`, { recursive: true, encoding: 'utf8' }).sort();
  hash.update(JSON.stringify([sources, process.versions, process.arch, nodeGyp, statSync(addonGypi).mtimeMs, options]));
  hash.update(JSON.stringify(toolVariables.map((name) => process.env[name])));
  return hash.digest('hex');
}

/**
 * Builds the add-on into build/ of a folder.
 * @param {string} folder that has binding.gyp
 * @param {{ variables: string[], nodedir?: string }} options variables: of fdreactor.gypi, such as 'sanitize=address'
 * @returns {string} the .node file
 */
export function buildAddOn(folder, { variables, nodedir }) {
  const options = ['--loglevel=error', '-C', folder, ...(nodedir === undefined ? [] : [`--nodedir=${nodedir}`])];
  const configuration = configurationOf([...options, ...variables]);
  const record = `${folder}/build/configuration`;
  const isConfigured = existsSync(record) && readFileSync(record, 'utf8') === configuration;
  if (!isConfigured) {
    const defines = variables.map((variable) => `-D${variable}`);
    run(process.execPath, [nodeGyp, 'configure', ...options, '--', ...defines]);
    writeFileSync(record, configuration);
  }
  run(process.execPath, [nodeGyp, 'build', '--jobs=max', ...options]);
  return `${folder}/build/Release/fdreactor.node`;
}
