// @ts-check
// `npm run build:native`: the add-on of this checkout, into build/. A file, because of a package whose scripts mention node-gyp
// yarn believes that it needs node-gyp, and installs that for every user.
import { run } from './gyp-flavour.mjs';
import { tool } from './run.mjs';

run(tool('node-gyp'), ['rebuild', '--silent', '--', '-Dwarnings_are_errors=true']);
