// @ts-check
// `npm run build:prebuilds:here`: the add-on for the machine at hand, by prebuildify and its own compiler, into prebuilds/ under the
// name that targets.mjs has for it. For real macOS and Windows, and for platforms that are not in that list.
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
