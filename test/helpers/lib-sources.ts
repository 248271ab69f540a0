// For tests of the sources in lib/ rather than of dist/: names the add-on, which lib/native/load.ts looks for beside dist/.
// Import it before anything of lib/.
import { fileURLToPath } from 'node:url';

process.env.FDREACTOR_BINARY ??= fileURLToPath(new URL('../../build/Release/fdreactor.node', import.meta.url));
