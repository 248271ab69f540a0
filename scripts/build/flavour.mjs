// @ts-check
// Builds the add-on with other variables of fdreactor.gypi, in a folder of its own. build/ stays as it is.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { nodeFolder } from '../shared/node-headers.mjs';
import { root } from '../shared/sources.mjs';
import { buildAddOn } from './node-gyp.mjs';

/**
 * @param {string} name of the folder
 * @param {string[]} variables such as 'sanitize=address'
 * @returns {string} the .node file
 */
export function buildFlavour(name, variables) {
  const folder = `${root}/${name}`;
  // node-gyp builds into build/ of the folder that it runs in, so the folder gets links to the sources.
  mkdirSync(folder, { recursive: true });
  for (const part of ['binding.gyp', 'fdreactor.gypi', 'native']) {
    if (!existsSync(`${folder}/${part}`)) symlinkSync(`../${part}`, `${folder}/${part}`);
  }
  return buildAddOn(folder, { variables, nodedir: nodeFolder() });
}
