// For tests of the sources in lib/ rather than of dist/: names the add-on, which lib/native/load.ts looks for beside
// dist/. Import it before anything of lib/. It is the file that fixtures/native.mjs loads.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { path } = createRequire(import.meta.url)('node-gyp-build') as { path(root: string): string };

process.env.FDREACTOR_BINARY ||= path(fileURLToPath(new URL('../../', import.meta.url)));
