// @ts-check
// `npm run build:native`: the add-on of this checkout, into build/. A file, because of a package whose scripts mention node-gyp
// yarn believes that it needs node-gyp, and installs that for every user.
import { createRequire } from 'node:module';
import { run } from './flavour.mjs';

// By its path: on Windows, what npm puts into node_modules/.bin is no program.
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
run(process.execPath, [nodeGyp, 'rebuild', '--silent', '--', '-Dwarnings_are_errors=true']);
