// @ts-check
// bench/peers/ starts the servers of the comparison: a folder a suite, a file a peer, and the programs in servers/.
//
// Fetches peers that come from npm and are too large to be dependencies. `npm run bench:setup` keeps exact versions
// in the user's cache folder.
import { readdirSync, rmSync } from 'node:fs';
import { cached, cacheFolder, unpack } from '../../scripts/shared/cache.mjs';

/** @param {string} name with its version */
const fetched = (name) => ({ name, folder: cacheFolder(`fdreactor-peer-${name.replace(/[@/]+/g, '-')}`) });

/** Bun's own packages hold the program itself, one for each kind of processor. */
export const bun = fetched(`@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : 'x64'}@1.4.5`);
export const bunProgram = `${bun.folder}/package/bin/bun`;

/** uWebSockets.js is not in the registry under its own name; this package repeats its binaries. */
export const uws = fetched('uwebsockets@3.0.6');
export const uwsModule = `${uws.folder}/package/uws.js`;

export async function fetchPeers() {
  for (const { name, folder } of [bun, uws]) await cached(folder, name, (unfinished) => fetchOne(name, unfinished));
}

/** The binaries of other platforms, 250 MB, are not kept. @param {string} name @param {string} folder */
function fetchOne(name, folder) {
  unpack(name, folder);
  const own = `_${process.platform}_${process.arch}_`;
  const binaries = readdirSync(`${folder}/package`).filter((file) => file.endsWith('.node') && !file.includes(own));
  for (const file of binaries) rmSync(`${folder}/package/${file}`);
}
