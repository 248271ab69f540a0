// @ts-check
// Finds Node.js's headers: where node-gyp found them for the build, or beside the running node.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from './sources.mjs';

/** The folder that has include/node in it. */
export function nodeFolder() {
  const config = `${root}/build/config.gypi`;
  const built = existsSync(config) ? /"nodedir": "([^"]*)"/.exec(readFileSync(config, 'utf8'))?.[1] : undefined;
  const candidates = [built, dirname(dirname(process.execPath))];
  const found = candidates.find((folder) => existsSync(`${folder}/include/node/node_api.h`));
  if (found === undefined) throw new Error("Node's headers are missing: npm run build:native fetches them");
  return found;
}
