// @ts-check
// Keeps what the checks fetch or prepare once, in a cache folder of the user. Each thing has a folder with a name
// made from all of its inputs. It is made beside that folder and moved there when it is complete.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { root } from './sources.mjs';

/** @param {string} name */
export const cacheFolder = (name) => `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/${name}`;

/** @param {string} command @param {string[]} args @param {string} cwd */
export const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** @param {string} folder @param {string} what @param {(folder: string) => void | Promise<void>} make */
export async function cached(folder, what, make) {
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  console.log(`preparing ${what}`);
  const unfinished = `${folder}.unfinished-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  await make(unfinished);
  // Another process may have been quicker.
  if (existsSync(folder)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, folder);
  return folder;
}

/** @param {string[]} parts */
export const digest = (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);

/**
 * What was not used for a month is removed; folders of runs that failed, and what was not finished, after a day.
 * @param {string} cache
 */
export function removeUnused(cache) {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const days = /^run-|\.unfinished-\d+$/.test(name) ? 1 : 30;
    const age = Date.now() - statSync(`${cache}/${name}`).mtimeMs;
    if (age > days * 24 * 3600 * 1000) rmSync(`${cache}/${name}`, { recursive: true, force: true });
  }
}

/**
 * A package of npm's registry, unpacked.
 * @param {string} name with its exact version
 * @param {string} folder where its folder `package` goes
 * @param {string[]} paths in the package: only those, or all of it
 */
export function unpack(name, folder, ...paths) {
  const file = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
  run('tar', ['-xzf', file, ...paths.map((path) => `package/${path}`)], folder);
  rmSync(`${folder}/${file}`);
}

/**
 * What `npm ci` installs on another platform.
 * @param {string} cache
 * @param {string[]} platform npm's options for it, such as --os=win32
 * @returns {Promise<string>} the folder that is its node_modules
 */
export async function packagesFor(cache, ...platform) {
  const lock = readFileSync(`${root}/package-lock.json`, 'utf8');
  const key = digest(lock, ...platform);
  const what = `the packages of package-lock.json for ${platform.join(' ')}`;
  const folder = await cached(`${cache}/packages-${key}`, what, (folder) => {
    for (const name of ['package.json', 'package-lock.json']) cpSync(`${root}/${name}`, `${folder}/${name}`);
    run('npm', ['ci', ...platform, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  });
  return `${folder}/node_modules`;
}
