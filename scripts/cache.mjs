// @ts-check
// What is fetched or prepared once for the checks, and kept in a cache folder of the user's between runs: each thing in a
// folder named after all that it was made from, made beside its place and moved there when it is whole.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';

/** @param {string} name */
export const cacheFolder = (name) => `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/${name}`;

/** @param {string} command @param {string[]} args @param {string} cwd */
export const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** @param {string} folder @param {string} what @param {(folder: string) => void | Promise<void>} make */
export async function kept(folder, what, make) {
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  console.log(`preparing ${what}`);
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  await make(unfinished);
  // Somebody else may have been quicker.
  if (existsSync(folder)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, folder);
  return folder;
}

/** A package of npm's registry, unpacked. @param {string} name with its exact version @param {string} folder where its folder `package` goes */
export function unpack(name, folder) {
  const file = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
  run('tar', ['-xzf', file], folder);
  rmSync(`${folder}/${file}`);
}
