// @ts-check
// `npm run build:prebuilds:here` builds the add-on for this machine with its own compiler, by prebuildify, into
// prebuilds/ under the name that targets.mjs has. It serves macOS and Windows, and platforms outside that list.
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { root } from '../shared/sources.mjs';

const require = createRequire(import.meta.url);

await promisify(require('prebuildify'))({
  cwd: root,
  name: 'fdreactor',
  targets: [{ runtime: 'node', target: process.versions.node }],
  napi: true,
  strip: true,
  shell: true,
  // Elsewhere there is one C library.
  tagLibc: process.platform === 'linux',
});
